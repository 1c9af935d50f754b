//! The limits that a container is made with.

use oci::runtime::{LinuxDeviceCgroup, LinuxDeviceCgroupBuilder, LinuxDeviceType, LinuxResources, Spec};

/// Devices that every container may use, whatever its configuration says (runtime specification, "Default Devices"; the rules are runc's).
const DEVICES: [(LinuxDeviceType, i64, i64, &str); 10] = [
    (LinuxDeviceType::C, -1, -1, "m"),
    (LinuxDeviceType::B, -1, -1, "m"),
    (LinuxDeviceType::C, 1, 3, "rwm"),
    (LinuxDeviceType::C, 1, 5, "rwm"),
    (LinuxDeviceType::C, 1, 7, "rwm"),
    (LinuxDeviceType::C, 1, 8, "rwm"),
    (LinuxDeviceType::C, 1, 9, "rwm"),
    (LinuxDeviceType::C, 5, 0, "rwm"),
    (LinuxDeviceType::C, 5, 2, "rwm"),
    (LinuxDeviceType::C, 136, -1, "rwm"),
];

/// The configuration's limits, with device rules that begin with a denial and end with what every container needs.
pub(crate) fn of(spec: &Spec) -> LinuxResources {
    let linux = spec.linux().as_ref();
    let mut resources = linux.and_then(|linux| linux.resources().clone()).unwrap_or_default();
    let rule = |allow, kind, major: i64, minor: i64, access: &str| {
        LinuxDeviceCgroupBuilder::default()
            .allow(allow)
            .typ(kind)
            .major(major)
            .minor(minor)
            .access(access)
            .build()
            .expect("all fields are given")
    };
    let mut rules: Vec<LinuxDeviceCgroup> = vec![rule(false, LinuxDeviceType::A, -1, -1, "rwm")];
    let asked = resources.devices().clone().unwrap_or_default();
    // a denial of everything has just been said
    let denies_all = |r: &LinuxDeviceCgroup| !r.allow() && is_all(r);
    rules.extend(asked.into_iter().filter(|asked| !denies_all(asked)));
    if !rules.iter().any(|rule| rule.allow() && is_all(rule)) {
        rules.extend(DEVICES.map(|(kind, major, minor, access)| rule(true, kind, major, minor, access)));
    }
    resources.set_devices(Some(rules));
    resources
}

fn is_all(rule: &LinuxDeviceCgroup) -> bool {
    let any = |n: Option<i64>| n.is_none_or(|n| n < 0);
    let kind = rule.typ().is_none_or(|kind| kind == LinuxDeviceType::A);
    kind && any(rule.major()) && any(rule.minor())
}
