//! Limits and devices as they are typed.

use crate::failure::{Failure, Outcome};
use engine::containers::HostSettings;
use engine::containers::record::{Device, Ulimit};

/// Docker's smallest memory limit: less than this no program starts.
const LEAST_MEMORY: i64 = 6 << 20;

/// A decimal number of processors, in billionths.
pub(super) fn cpus(text: &str) -> Result<i64, String> {
    let invalid = || format!("failed to parse {text:?} as a number of processors, such as 1.5");
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return Err(invalid());
    }
    let whole: i64 = whole.parse().map_err(|_| invalid())?;
    let nano: i64 = format!("{fraction:0<9}").parse().map_err(|_| invalid())?;
    match whole.checked_mul(1_000_000_000).and_then(|n| n.checked_add(nano)) {
        Some(number) if number > 0 => Ok(number),
        _ => Err(invalid()),
    }
}

pub(super) fn check_memory(host: &HostSettings) -> Outcome<()> {
    let Some(limit) = host.memory else {
        if host.memory_swap.is_some_and(|swap| swap > 0) {
            return Err(Failure::usage(
                "You should always set the Memory limit when using Memoryswap limit, see usage",
            ));
        }
        return Ok(());
    };
    if limit < LEAST_MEMORY {
        return Err(Failure::usage("Minimum memory limit allowed is 6MB"));
    }
    if host.memory_swap.is_some_and(|swap| swap >= 0 && swap < limit) {
        return Err(Failure::usage("Minimum memoryswap limit should be larger than memory limit, see usage"));
    }
    if host.memory_reservation.is_some_and(|reservation| reservation > limit) {
        return Err(Failure::usage(
            "Minimum memory limit can not be less than memory reservation limit, see usage",
        ));
    }
    Ok(())
}

/// `nofile=1024:2048`, `core=-1`.
pub(super) fn ulimits(texts: &[String]) -> Outcome<Vec<Ulimit>> {
    texts.iter().map(|text| ulimit(text)).collect()
}

fn ulimit(text: &str) -> Outcome<Ulimit> {
    let invalid = || Failure::usage(format!("invalid ulimit argument: {text}"));
    let number = |text: &str| match text {
        "-1" | "unlimited" => Some(u64::MAX),
        number => number.parse().ok(),
    };
    let (name, limits) = text.split_once('=').ok_or_else(invalid)?;
    let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
    let limit = Ulimit {
        name: name.to_owned(),
        soft: number(soft).ok_or_else(invalid)?,
        hard: number(hard).ok_or_else(invalid)?,
    };
    if limit.soft > limit.hard {
        return Err(Failure::usage("ulimit soft limit must be less than or equal to hard limit"));
    }
    Ok(limit)
}

/// `/dev/fuse`, `/dev/sda:/dev/xvda:r`.
pub(super) fn devices(texts: &[String]) -> Outcome<Vec<Device>> {
    texts.iter().map(|text| device(text)).collect()
}

fn device(text: &str) -> Outcome<Device> {
    let is_access = |text: &str| !text.is_empty() && text.chars().all(|c| "rwm".contains(c));
    let parts: Vec<&str> = text.split(':').collect();
    let (host, container, access) = match parts.as_slice() {
        [host] => (*host, *host, "rwm"),
        [host, access] if is_access(access) => (*host, *host, *access),
        [host, container] => (*host, *container, "rwm"),
        [host, container, access] if is_access(access) => (*host, *container, *access),
        _ => return Err(Failure::usage(format!("invalid device specification: {text}"))),
    };
    if !host.starts_with('/') || !container.starts_with('/') {
        let reason = if host.contains('=') {
            "devices of the container device interface (CDI) are not supported yet"
        } else {
            "paths must be absolute"
        };
        return Err(Failure::usage(format!("invalid device specification: {text}: {reason}")));
    }
    Ok(Device { host: host.into(), container: container.into(), access: access.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_decimal() {
        assert_eq!(cpus("1.5"), Ok(1_500_000_000));
        assert_eq!(cpus("0.01"), Ok(10_000_000));
        assert_eq!(cpus("2"), Ok(2_000_000_000));
        for bad in ["", "0", "-1", "a", "1.2.3", "1e3", "99999999999999"] {
            assert!(cpus(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn limits_have_two_ends() {
        let limit = ulimit("nofile=1024:2048").unwrap();
        assert_eq!((limit.soft, limit.hard), (1024, 2048));
        assert_eq!(ulimit("core=-1").unwrap().hard, u64::MAX);
        for bad in ["nofile", "nofile=", "nofile=5:4", "nofile=x"] {
            assert!(ulimit(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn devices_in_every_form() {
        let parts = |text| {
            device(text).map(|d| (d.host.display().to_string(), d.container.display().to_string(), d.access))
        };
        assert_eq!(parts("/dev/fuse").unwrap(), ("/dev/fuse".into(), "/dev/fuse".into(), "rwm".into()));
        assert_eq!(parts("/dev/a:r").unwrap().2, "r");
        assert_eq!(parts("/dev/a:/dev/b:rw").unwrap().1, "/dev/b");
        assert!(parts("fuse").is_err() && parts("/dev/a:/dev/b:x").is_err());
    }
}
