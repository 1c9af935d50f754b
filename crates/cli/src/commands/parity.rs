//! What Docker's command line has, each word of it, is either here or told to be missing.

use super::{parser_of, unsupported};
use clap::{Arg, Command};

/// Docker's commands that there are here, with all their names, and their flags (its client 28.2.2, the legacy builder included); a short form
/// stands behind a stroke.
#[rustfmt::skip]
const DOCKER: &[(&str, &str)] = &[
    ("attach, container attach", "detach-keys no-stdin sig-proxy"),
    ("build, builder build, image build", "add-host build-arg cache-from cgroup-parent compress cpu-period cpu-quota cpu-shares/c \
        cpuset-cpus cpuset-mems disable-content-trust file/f force-rm iidfile isolation label memory/m \
        memory-swap network no-cache platform pull quiet/q rm security-opt shm-size squash tag/t target \
        ulimit"),
    ("builder prune", "all/a filter force/f keep-storage"),
    ("commit, container commit", "author/a change/c message/m pause/p"),
    ("container inspect", "format/f size/s"),
    ("container prune", "filter force/f"),
    ("cp, container cp", "archive/a follow-link/L quiet/q"),
    ("create, container create", CONTAINER),
    ("diff, container diff", ""),
    ("exec, container exec", "detach/d detach-keys env/e env-file interactive/i privileged tty/t user/u workdir/w"),
    ("export, container export", "output/o"),
    ("history, image history", "format human/H no-trunc platform quiet/q"),
    ("image inspect", "format/f platform"),
    ("image prune", "all/a filter force/f"),
    ("images, image list, image ls", "all/a digests filter/f format no-trunc quiet/q tree"),
    ("import, image import", "change/c message/m platform"),
    ("info, system info", "format/f"),
    ("inspect", "format/f size/s type"),
    ("kill, container kill", "signal/s"),
    ("load, image load", "input/i platform quiet/q"),
    ("login", "password/p password-stdin username/u"),
    ("logout", ""),
    ("logs, container logs", "details follow/f since tail/n timestamps/t until"),
    ("manifest annotate", "arch os os-features os-version variant"),
    ("manifest create", "amend/a insecure"),
    ("manifest inspect", "insecure verbose/v"),
    ("manifest push", "insecure purge/p"),
    ("manifest rm", ""),
    ("pause, container pause", ""),
    ("ps, container list, container ls, container ps", "all/a filter/f format last/n latest/l no-trunc quiet/q size/s"),
    ("pull, image pull", "all-tags/a disable-content-trust platform quiet/q"),
    ("push, image push", "all-tags/a disable-content-trust platform quiet/q"),
    ("rename, container rename", ""),
    ("restart, container restart", "signal/s timeout/t"),
    ("rm, container remove, container rm", "force/f link/l volumes/v"),
    ("rmi, image remove, image rm", "force/f no-prune platform"),
    ("run, container run", CONTAINER),
    ("save, image save", "output/o platform"),
    ("search", "filter/f format limit no-trunc"),
    ("start, container start", "attach/a checkpoint checkpoint-dir detach-keys interactive/i"),
    ("stop, container stop", "signal/s timeout/t"),
    ("system df", "format verbose/v"),
    ("system prune", "all/a filter force/f volumes"),
    ("tag, image tag", ""),
    ("top, container top", ""),
    ("unpause, container unpause", ""),
    ("version", "format/f"),
    ("volume create", "availability driver/d group label limit-bytes opt/o required-bytes scope secret sharing \
        topology-preferred topology-required type"),
    ("volume inspect", "format/f"),
    ("volume list, volume ls", "cluster filter/f format quiet/q"),
    ("volume prune", "all/a filter force/f"),
    ("volume remove, volume rm", "force/f"),
    ("wait, container wait", ""),
    ("run, container run", "detach/d detach-keys sig-proxy"),
];

/// Flags that `run` and `create` have in common.
const CONTAINER: &str = "add-host annotation attach/a blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent cgroupns \
    cidfile cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime cpu-shares/c cpus \
    cpuset-cpus cpuset-mems device device-cgroup-rule device-read-bps device-read-iops device-write-bps \
    device-write-iops disable-content-trust dns dns-option dns-search domainname entrypoint env/e \
    env-file expose gpus group-add health-cmd health-interval health-retries health-start-interval \
    health-start-period health-timeout hostname/h init interactive/i io-maxbandwidth io-maxiops ip ip6 \
    ipc isolation kernel-memory label/l label-file link link-local-ip log-driver log-opt mac-address \
    memory/m memory-reservation memory-swap memory-swappiness mount name network network-alias \
    no-healthcheck oom-kill-disable oom-score-adj pid pids-limit platform privileged publish/p \
    publish-all/P pull quiet/q read-only restart rm runtime security-opt shm-size stop-signal \
    stop-timeout storage-opt sysctl tmpfs tty/t ulimit use-api-socket user/u userns uts volume/v \
    volume-driver volumes-from workdir/w";

/// Docker's other commands.
const OTHERS: &str = "checkpoint create, checkpoint list, checkpoint ls, checkpoint remove, checkpoint rm, config \
    create, config inspect, config list, config ls, config remove, config rm, container \
    port, container stats, container update, context create, context export, context import, context \
    inspect, context list, context ls, context remove, context rm, context show, context update, context \
    use, events, network connect, network create, network disconnect, network \
    inspect, network list, network ls, network prune, network remove, network rm, node demote, node \
    inspect, node list, node ls, node promote, node ps, node remove, node rm, node update, plugin create, \
    plugin disable, plugin enable, plugin inspect, plugin install, plugin list, plugin ls, plugin push, \
    plugin remove, plugin rm, plugin set, plugin upgrade, port, secret create, secret \
    inspect, secret list, secret ls, secret remove, secret rm, service create, service inspect, service \
    list, service logs, service ls, service ps, service remove, service rm, service rollback, service \
    scale, service update, stack config, stack deploy, stack down, stack list, stack ls, stack ps, stack \
    remove, stack rm, stack services, stack up, stats, swarm ca, swarm init, swarm join, swarm \
    join-token, swarm leave, swarm unlock, swarm unlock-key, swarm update, system events, trust inspect, \
    trust key generate, trust key load, trust revoke, trust sign, trust signer add, trust signer remove, \
    update, volume update";

#[test]
fn every_command_is_here_or_told_to_be_missing() {
    let known = DOCKER.iter().flat_map(|(names, _)| names.split(", "));
    let unknown: Vec<&str> = known.filter(|name| parser_of(name).is_none()).collect();
    assert_eq!(unknown, [""; 0], "no such commands");
    let is_told = |name: &&str| {
        let (first, second) = name.split_once(' ').unwrap_or((name, ""));
        parser_of(name).is_some() || unsupported::command(first, second).is_some()
    };
    let unknown: Vec<&str> = OTHERS.split(", ").filter(|name| !is_told(name)).collect();
    assert_eq!(unknown, [""; 0], "neither here nor told to be missing");
}

#[test]
fn every_flag_is_here_or_told_to_be_missing() {
    let mut missing = Vec::new();
    for (names, flags) in DOCKER {
        let name = names.split(", ").next().expect("a name");
        let parser = parser_of(name).expect("checked by the other test");
        for flag in flags.split_whitespace() {
            let (long, short) =
                flag.split_once('/').map_or((flag, None), |(long, short)| (long, short.chars().next()));
            let is_told = unsupported::flag(parser.get_name(), &format!("--{long}")).is_some()
                && short
                    .is_none_or(|short| unsupported::flag(parser.get_name(), &format!("-{short}")).is_some());
            if !is_told && !is_here(&parser, long, short) {
                missing.push(format!("{name} --{flag}"));
            }
        }
    }
    assert_eq!(missing, [""; 0], "neither here nor told to be missing");
}

/// Whether the command has the flag, and its short form.
fn is_here(parser: &Command, long: &str, short: Option<char>) -> bool {
    let is_it =
        |argument: &&Arg| argument.get_long_and_visible_aliases().is_some_and(|names| names.contains(&long));
    parser.get_arguments().find(is_it).is_some_and(|argument| {
        short.is_none_or(|short| {
            argument.get_short_and_visible_aliases().is_some_and(|names| names.contains(&short))
        })
    })
}
