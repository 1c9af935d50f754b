//! What Docker's command line has and this version does not: such words get an answer of their own, so that nobody looks for a mistake in the spelling.

/// Commands, and families of commands.
const COMMANDS: [&str; 22] = [
    "buildx",
    "checkpoint",
    "compose",
    "config",
    "container port",
    "container stats",
    "container update",
    "context",
    "events",
    "network",
    "node",
    "plugin",
    "port",
    "secret",
    "service",
    "stack",
    "stats",
    "swarm",
    "system events",
    "trust",
    "update",
    "volume update",
];

/// What to do instead.
const INSTEAD: &[(&str, &str)] = &[
    ("buildx", "tare build builds images"),
    ("compose", "tare run starts containers one by one"),
    ("network", "tare run --network knows bridge, host and none"),
    (
        "port",
        "containers are reached by their address: tare inspect -f '{{.NetworkSettings.IPAddress}}' CONTAINER",
    ),
    ("stats", "tare top lists the processes of a container"),
    ("update", "limits are set when a container is created: tare run --memory, --cpus, --pids-limit"),
];

/// Flags of the commands that there are, by the command's first name; a short form stands behind a stroke.
#[rustfmt::skip]
const FLAGS: &[(&str, &str)] = &[
    ("create", CONTAINER),
    ("create", "attach/a"),
    ("run", CONTAINER),
    ("start", "checkpoint checkpoint-dir"),
    ("rm", "link/l"),
    ("builder prune", "filter keep-storage"),
    ("images", "tree"),
    ("rmi", "platform"),
    ("manifest annotate", "os-features os-version"),
    ("manifest create", "insecure"),
    ("manifest inspect", "insecure verbose/v"),
    ("manifest push", "insecure"),
    ("pull", "disable-content-trust"),
    ("push", "disable-content-trust"),
    ("volume create", "availability group limit-bytes opt/o required-bytes scope secret sharing topology-preferred topology-required type"),
    ("volume ls", "cluster"),
    ("build", "add-host allow annotation attest build-context builder call cgroup-parent check compress cpu-period cpu-quota cpu-shares/c cpuset-cpus cpuset-mems debug/D disable-content-trust force-rm isolation memory/m memory-swap metadata-file no-cache-filter output/o policy provenance resource rm sbom secret security-opt shm-size squash ssh ulimit"),
];

/// Flags of `run` and `create`.
const CONTAINER: &str = "annotation blkio-weight blkio-weight-device cgroup-parent cgroupns cpu-count cpu-percent \
    cpu-rt-period cpu-rt-runtime device-cgroup-rule device-read-bps device-read-iops device-write-bps device-write-iops \
    disable-content-trust expose gpus health-cmd health-interval health-retries health-start-interval health-start-period \
    health-timeout io-maxbandwidth io-maxiops ip ip6 ipc isolation kernel-memory link link-local-ip log-driver mac-address \
    memory-swappiness net-alias network-alias no-healthcheck oom-kill-disable pid publish/p publish-all/P restart \
    runtime storage-opt use-api-socket userns uts volume-driver volumes-from";

/// The flag of Docker's `command` that `flag` (`--publish` or `-p`) is: `--publish (-p)`.
pub(super) fn flag(command: &str, flag: &str) -> Option<String> {
    let mut flags =
        FLAGS.iter().filter(|(name, _)| *name == command).flat_map(|(_, flags)| flags.split_whitespace());
    flags.find_map(|known| {
        let (long, short) = known.split_once('/').unwrap_or((known, ""));
        if flag.strip_prefix("--") == Some(long) {
            return Some(flag.to_owned());
        }
        let is_short = !short.is_empty() && flag.strip_prefix('-') == Some(short);
        is_short.then(|| format!("--{long} ({flag})"))
    })
}

/// The command of Docker's that these words are.
pub(super) fn command(first: &str, second: &str) -> Option<String> {
    let two = format!("{first} {second}");
    if COMMANDS.contains(&two.as_str()) {
        return Some(two);
    }
    COMMANDS.contains(&first).then(|| first.to_owned())
}

/// What to do instead of a command of Docker's that is missing, where there is something.
pub(super) fn instead(command: &str) -> Option<&'static str> {
    let short =
        command.strip_prefix("container ").or_else(|| command.strip_prefix("image ")).unwrap_or(command);
    INSTEAD.iter().find(|(name, _)| *name == short).map(|(_, instead)| *instead)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_supported_is_not_listed() {
        let accepts = |name: &str, long: &str| {
            let parser = crate::commands::parser_of(name)?;
            let mut names =
                parser.get_arguments().filter_map(clap::Arg::get_long_and_visible_aliases).flatten();
            names.any(|known| known == long).then(|| format!("{name} --{long}"))
        };
        let stale: Vec<String> = FLAGS
            .iter()
            .flat_map(|(name, flags)| flags.split_whitespace().map(move |flag| (*name, flag)))
            .filter_map(|(name, flag)| accepts(name, flag.split('/').next().unwrap_or(flag)))
            .chain(
                COMMANDS
                    .into_iter()
                    .filter(|name| crate::commands::parser_of(name).is_some())
                    .map(Into::into),
            )
            .collect();
        assert_eq!(stale, Vec::<String>::new());
    }

    #[test]
    fn advice_is_about_what_is_missing() {
        assert!(INSTEAD.iter().all(|(name, _)| COMMANDS.contains(name)));
        assert!(instead("container stats").is_some() && instead("stats") == instead("container stats"));
        assert!(instead("volume update").is_none());
    }

    #[test]
    fn flags_in_both_forms() {
        assert_eq!(flag("run", "--publish").as_deref(), Some("--publish"));
        assert_eq!(flag("run", "-p").as_deref(), Some("--publish (-p)"));
        assert_eq!((flag("run", "--nope"), flag("nope", "--publish"), flag("run", "-")), (None, None, None));
        assert_eq!(command("network", "ls").as_deref(), Some("network"));
        assert_eq!(command("container", "stats").as_deref(), Some("container stats"));
        assert_eq!(command("runn", ""), None);
    }
}
