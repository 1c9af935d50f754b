//! Limits as properties of a unit. The manager writes a group's files anew whenever it likes (a reload of its configuration does), so that what it knows must be
//! told to it; what it does not know stays in the files as it was written.

use crate::value::{Property, Value};

/// What the manager and the kernel mean by no limit.
const INFINITY: u64 = u64::MAX;
const SECOND: u64 = 1_000_000;
/// Period of a quota that names none, in microseconds.
const PERIOD: u64 = 100_000;
/// The manager counts a quota in whole hundredths of a processor.
const QUOTA_UNIT: u64 = 10_000;

/// Properties for files of a control group and what is to be written to them, of either version (systemd.resource-control(5)). Files that no property stands for
/// are passed over.
#[must_use]
pub fn of<'a>(settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<Property> {
    let mut properties = Vec::new();
    let mut quota = Quota::default();
    let mut devices = Devices::default();
    for (file, value) in settings {
        match file {
            "cpu.max" => {
                let (most, period) = value.split_once(' ').unwrap_or((value, ""));
                quota = Quota { most: most.parse().ok(), period: period.parse().ok(), said: true };
            }
            "cpu.cfs_quota_us" => (quota.most, quota.said) = (value.parse().ok(), true),
            "cpu.cfs_period_us" => (quota.period, quota.said) = (value.parse().ok(), true),
            "devices.allow" => devices.allow(value),
            "devices.deny" => devices.deny(value),
            _ => properties.extend(plain(file, value)),
        }
    }
    properties.extend(quota.properties());
    properties.extend(devices.properties());
    properties
}

/// A file that is one property.
fn plain(file: &str, value: &str) -> Option<Property> {
    let number = |name: &str| {
        let number = if matches!(value, "max" | "-1") { INFINITY } else { value.parse().ok()? };
        Some((name.to_owned(), Value::Unsigned(number)))
    };
    let list = |name: &str| Some((name.to_owned(), Value::Bytes(bitmap(value)?)));
    match file {
        "memory.max" => number("MemoryMax"),
        "memory.high" => number("MemoryHigh"),
        "memory.low" => number("MemoryLow"),
        "memory.min" => number("MemoryMin"),
        "memory.swap.max" => number("MemorySwapMax"),
        "memory.limit_in_bytes" => number("MemoryLimit"),
        "cpu.weight" => number("CPUWeight"),
        "cpu.shares" => number("CPUShares"),
        "pids.max" => number("TasksMax"),
        "io.weight" => number("IOWeight"),
        "blkio.weight" => number("BlockIOWeight"),
        "cpuset.cpus" => list("AllowedCPUs"),
        "cpuset.mems" => list("AllowedMemoryNodes"),
        _ => None,
    }
}

/// Processor time in a period, in microseconds; none for any amount.
#[derive(Default)]
struct Quota {
    most: Option<u64>,
    period: Option<u64>,
    said: bool,
}

impl Quota {
    fn properties(&self) -> Vec<Property> {
        if !self.said {
            return Vec::new();
        }
        let period = self.period.filter(|period| *period > 0);
        let each_second = self.most.map_or(INFINITY, |most| {
            let exact = u128::from(most) * u128::from(SECOND) / u128::from(period.unwrap_or(PERIOD));
            let exact = u64::try_from(exact).unwrap_or(INFINITY);
            // rounded up, so that never less is given than was asked for
            exact.checked_next_multiple_of(QUOTA_UNIT).unwrap_or(INFINITY)
        });
        let mut properties = vec![("CPUQuotaPerSecUSec".to_owned(), Value::Unsigned(each_second))];
        if let Some(period) = period {
            properties.push(("CPUQuotaPeriodUSec".to_owned(), Value::Unsigned(period)));
        }
        properties
    }
}

/// Rules of version 1, which has a controller for devices. The manager can say "these and no others", and nothing else.
#[derive(Default)]
struct Devices {
    allowed: Vec<(String, String)>,
    restricted: bool,
    /// Something was said that the manager cannot: then the files alone say it.
    beyond: bool,
}

impl Devices {
    fn deny(&mut self, rule: &str) {
        if rule == "a" {
            *self = Self { restricted: true, ..Self::default() };
        }
        // a single denial after an allowance is in the files
    }

    fn allow(&mut self, rule: &str) {
        match device(rule) {
            Some(device) => self.allowed.push(device),
            None => self.beyond = true,
        }
    }

    fn properties(self) -> Vec<Property> {
        if self.beyond || !self.restricted {
            return Vec::new();
        }
        vec![
            ("DevicePolicy".to_owned(), Value::Text("strict".into())),
            ("DeviceAllow".to_owned(), Value::Pairs(self.allowed)),
        ]
    }
}

/// A rule in the words of `devices.allow` (`c 1:3 rwm`) as a device of the manager's: by its numbers, by its major number, or all of a kind.
fn device(rule: &str) -> Option<(String, String)> {
    let mut words = rule.split(' ');
    let kind = match words.next()? {
        "c" => "char",
        "b" => "block",
        _ => return None,
    };
    let (major, minor) = words.next()?.split_once(':')?;
    let device = match (major, minor) {
        ("*", "*") => format!("{kind}-*"),
        ("*", _) => return None,
        (major, "*") => format!("{kind}-{major}"),
        (major, minor) => format!("/dev/{kind}/{major}:{minor}"),
    };
    Some((device, words.next()?.to_owned()))
}

/// A list of numbers (`0-2,4`) as bits, the lowest first.
fn bitmap(list: &str) -> Option<Vec<u8>> {
    let mut bits = Vec::new();
    for part in list.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (u16, u16) = (first.parse().ok()?, last.parse().ok()?);
        for number in first..=last {
            let place = usize::from(number / 8);
            if bits.len() <= place {
                bits.resize(place + 1, 0);
            }
            bits[place] |= 1 << (number % 8);
        }
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsigned(name: &str, number: u64) -> Property {
        (name.to_owned(), Value::Unsigned(number))
    }

    #[test]
    fn files_become_properties() {
        let settings = [
            ("memory.max", "67108864"),
            ("memory.swap.max", "max"),
            ("pids.max", "10"),
            ("cpu.weight", "50"),
            ("rdma.max", "x"),
        ];
        let expected = [
            unsigned("MemoryMax", 64 << 20),
            unsigned("MemorySwapMax", u64::MAX),
            unsigned("TasksMax", 10),
            unsigned("CPUWeight", 50),
        ];
        assert_eq!(of(settings), expected);
        assert_eq!(of([("memory.limit_in_bytes", "-1")]), [unsigned("MemoryLimit", u64::MAX)]);
    }

    #[test]
    fn quotas_are_rounded_up() {
        let both = [unsigned("CPUQuotaPerSecUSec", 510_000), unsigned("CPUQuotaPeriodUSec", 100_000)];
        assert_eq!(of([("cpu.max", "50001 100000")]), both);
        assert_eq!(of([("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", "50001")]), both);
        assert_eq!(of([("cpu.cfs_quota_us", "-1")]), [unsigned("CPUQuotaPerSecUSec", u64::MAX)]);
        assert_eq!(of([("cpu.max", "max 100000")])[0], unsigned("CPUQuotaPerSecUSec", u64::MAX));
        assert_eq!(of([("cpu.cfs_quota_us", "20000")]), [unsigned("CPUQuotaPerSecUSec", 200_000)]);
    }

    #[test]
    fn lists_become_bits() {
        assert_eq!(of([("cpuset.cpus", "0-2,9")]), [("AllowedCPUs".to_owned(), Value::Bytes(vec![7, 2]))]);
        assert_eq!(of([("cpuset.cpus", "x")]), []);
    }

    #[test]
    fn devices_are_listed_if_they_can_be() {
        let all = ("devices.deny", "a");
        let rules = [
            all,
            ("devices.allow", "c 1:3 rwm"),
            ("devices.allow", "c 136:* rwm"),
            ("devices.allow", "b *:* m"),
        ];
        let pair = |device: &str, access: &str| (device.to_owned(), access.to_owned());
        let expected = [
            ("DevicePolicy".to_owned(), Value::Text("strict".into())),
            (
                "DeviceAllow".to_owned(),
                Value::Pairs(vec![
                    pair("/dev/char/1:3", "rwm"),
                    pair("char-136", "rwm"),
                    pair("block-*", "m"),
                ]),
            ),
        ];
        assert_eq!(of(rules), expected);
        assert_eq!(of([all, ("devices.allow", "c *:3 rwm")]), []);
        assert_eq!(of([all, ("devices.allow", "a")]), []);
    }
}
