//! Bare runtimes on the same bundle. Configurations differ in the cgroup alone, so that each contender's containers are counted as its own.

use super::always;
use crate::bench::contender::Kind;
use crate::bench::fixture::Bundle;
use crate::bench::ground::{BINARY, BUNDLE, FLOOR, Ground};
use crate::bench::memory::{Whose, peak_during};
use crate::bench::outcome::{Figures, Line};
use crate::bench::race::{Command, Race};

/// Names of containers.
const ONE: &str = "bench";
const SLEEPER: &str = "bench-sleeper";
const RUNTIMES: [Kind; 3] = [Kind::Tare, Kind::Crun, Kind::Runc];
/// How many containers are alive while one more is started.
const MANY: usize = 1000;

/// How many are started at a time.
const WORKERS: usize = 8;

/// All bundles that are run here, in the cgroup of a run.
pub(in crate::bench) fn bundles(group: &str) -> Vec<Bundle> {
    let of = |kind: Kind, suffix: &str, sleeps| Bundle {
        name: format!("{}{suffix}", kind.name()),
        group: format!("/{group}/{}/containers{suffix}", kind.name()),
        sleeps,
    };
    let mut all = Vec::new();
    for kind in RUNTIMES {
        all.push(of(kind, "", false));
        all.push(of(kind, "-sleeper", true));
        all.extend((0..WORKERS).map(|worker| of(kind, &format!("-{worker}"), false)));
    }
    all.extend((0..MANY).map(|number| of(Kind::Tare, &format!("-many-{number}"), true)));
    all
}

/// A runtime's command line.
pub(super) struct Runtime {
    kind: Kind,
}

/// The command line of a runtime.
pub(super) fn runtime(kind: Kind) -> Runtime {
    Runtime { kind }
}

impl Runtime {
    fn words(&self, more: &[&str]) -> Vec<String> {
        let name = self.kind.name();
        let program: &[&str] = if self.kind == Kind::Tare { &[BINARY, "oci"] } else { &[name] };
        let root = format!("--root=/media/run/{name}-oci");
        program
            .iter()
            .map(|&word| word.into())
            .chain([root])
            .chain(more.iter().map(|&word| word.into()))
            .collect()
    }

    /// Directory of the bundle with a configuration of its own: not every runtime takes one by its name.
    fn bundle(&self) -> String {
        format!("{BUNDLE}/{}", self.kind.name())
    }

    /// Runs a container to its end.
    pub(super) fn run(&self) -> Vec<String> {
        self.words(&["run", "--bundle", &self.bundle(), ONE])
    }

    fn line(&self, words: &[&str]) -> String {
        self.words(words).join(" ")
    }
}

/// `run`, and what the kernel takes without a runtime.
pub(super) fn run(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    let mut lanes: Vec<_> = [Kind::Tare, Kind::Crun].map(|kind| always(kind, runtime(kind).run())).into();
    // the filter that ours has compiled
    ground.seat(Kind::Tare)?.output(&runtime(Kind::Tare).run())?;
    let group = format!("{}/containers", ground.group(Kind::Floor));
    let script = format!("exec {FLOOR} {BUNDLE}/rootfs {group} /media/run/tare-oci/.seccomp/* /bin/true");
    lanes.push(always(Kind::Floor, shell(&script)));
    let mut lines = Race::new(rounds * 5, lanes).run(ground)?;
    lines.extend(alone(ground, rounds, always(Kind::Runc, runtime(Kind::Runc).run()))?);
    Ok(lines)
}

/// The one that takes much longer, apart: what it leaves to the kernel would be suffered by whoever comes next.
fn alone(ground: &mut Ground, rounds: usize, lane: (Kind, Command)) -> Result<Vec<Line>, String> {
    Race::new(rounds, vec![lane]).run(ground)
}

/// The steps that an engine takes, by a shell.
pub(super) fn steps(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    let lane = |kind| always(kind, shell(&three(kind, ONE, &runtime(kind).bundle())));
    let mut lines = Race::new(rounds * 5, [Kind::Tare, Kind::Crun].map(lane).into()).run(ground)?;
    lines.extend(alone(ground, rounds, lane(Kind::Runc))?);
    Ok(lines)
}

/// Another process in a running container.
pub(super) fn exec(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    let sleepers = RUNTIMES.map(|kind| {
        let bundle = format!("{}-sleeper", runtime(kind).bundle());
        let started = runtime(kind).words(&["run", "--detach", "--bundle", &bundle, SLEEPER]);
        (kind, ground.seat(kind).and_then(|seat| seat.output(&detached(&started))))
    });
    // one that was not started cannot be entered, and its line says so
    let lane = |kind| always(kind, runtime(kind).words(&["exec", SLEEPER, "/bin/true"]));
    let mut race = Race::new(rounds * 5, [Kind::Tare, Kind::Crun].map(lane).into());
    race.settles = false;
    let lines = race.run(ground).and_then(|mut lines| {
        let mut race = Race::new(rounds, vec![lane(Kind::Runc)]);
        race.settles = false;
        lines.extend(race.run(ground)?);
        Ok(lines)
    });
    for (kind, _) in &sleepers {
        let delete = runtime(*kind).words(&["delete", "--force", SLEEPER]);
        // one that was not started is not there
        let _ = ground.seat(*kind).and_then(|seat| seat.output(&delete));
    }
    lines
}

/// Eight at a time, 25 each.
pub(super) fn eight(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    let lanes = [Kind::Tare, Kind::Crun].map(|kind| {
        let runtime = runtime(kind);
        let each = runtime.line(&["run", "--bundle", &format!("{}-$worker", runtime.bundle()), "bench-$worker"]);
        let script = format!(
            "for worker in 0 1 2 3 4 5 6 7; do (for round in $(seq 25); do {each} || exit 1; done) & all=\"$all $!\"; done; for one in $all; do wait $one || exit 1; done"
        );
        always(kind, shell(&script))
    });
    Race::new(rounds.div_ceil(4), lanes.into()).run(ground)
}

/// One more, before and beside a thousand that sleep.
pub(super) fn thousand(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    let kind = Kind::Tare;
    let command = shell(&three(kind, ONE, &runtime(kind).bundle()));
    let measure = |ground: &mut Ground, label: &str| -> Result<Line, String> {
        let mut race = Race::new(rounds * 5, vec![always(kind, command.clone())]);
        race.settles = false;
        let mut line = race.run(ground)?.remove(0);
        line.label = label.into();
        Ok(line)
    };
    let alone = measure(ground, "tare, none alive")?;
    let started = (0..MANY).try_for_each(|number| {
        let name = format!("bench-many-{number}");
        let bundle = format!("{}-many-{number}", runtime(kind).bundle());
        let start = runtime(kind).words(&["run", "--detach", "--bundle", &bundle, &name]);
        ground.seat(kind)?.output(&detached(&start)).map(drop)
    });
    let beside = started.and_then(|()| measure(ground, "tare, 1,000 alive"));
    for number in 0..MANY {
        let delete = runtime(kind).words(&["delete", "--force", &format!("bench-many-{number}")]);
        ground.seat(kind)?.output(&delete)?;
    }
    Ok(vec![beside?, alone])
}

/// The largest that all processes of a runtime were together.
pub(super) fn memory(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    let lines = RUNTIMES.map(|kind| {
        let whose = if kind == Kind::Tare { Whose::Tare } else { Whose::Called(kind.name()) };
        let words = runtime(kind).run();
        let peaks = ground.seat(kind).and_then(|seat| {
            (0..rounds)
                .map(|_| {
                    let (ran, peak) = peak_during(whose, || seat.output(&words));
                    ran.map(|_| peak)
                })
                .collect::<Result<Vec<_>, _>>()
        });
        let figures = peaks.map(|peaks| Figures { memory: peaks.into_iter().max(), ..Figures::default() });
        Line { label: ground.label(kind), kind, figures }
    });
    Ok(lines.into())
}

/// Create, start, delete.
fn three(kind: Kind, name: &str, bundle: &str) -> String {
    let runtime = runtime(kind);
    let [create, start, delete] = [
        runtime.line(&["create", "--bundle", bundle, name]),
        runtime.line(&["start", name]),
        runtime.line(&["delete", "--force", name]),
    ];
    format!("{create} && {start} && {delete}")
}

fn shell(script: &str) -> Vec<String> {
    ["/bin/sh", "-c", script].map(str::to_owned).into()
}

/// Without the streams of the seat, which a container that stays would keep.
fn detached(words: &[String]) -> Vec<String> {
    shell(&format!("{} </dev/null >/dev/null 2>&1", words.join(" ")))
}
