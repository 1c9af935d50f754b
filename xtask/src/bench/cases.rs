//! The benchmarks, with the targets that they are held against.

mod build;
mod images;
pub(super) mod oci;
mod ps;
mod resident;
mod run;

use super::contender::Kind;
use super::ground::Ground;
use super::outcome::{Line, Outcome, Target};
use super::race;
use super::sample::Sample;

/// One benchmark.
pub(super) struct Case {
    pub(super) name: &'static str,
    what: &'static str,
    targets: &'static [Target],
    /// Measures in about the given number of rounds.
    pub(super) measure: fn(&mut Ground, &Case, usize) -> Outcome,
}

/// All of them, in the order of running.
pub(super) const ALL: [Case; 26] = [
    Case {
        name: "run-none",
        what: "`run --rm --network none IMAGE /bin/true` against a bare `crun run` of an equivalent bundle",
        targets: &[Target::Wall(Kind::Crun, 1.0)],
        measure: |ground, case, rounds| case.outcome(run::none(ground, rounds)),
    },
    Case {
        name: "run-bridge",
        what: "`run --rm IMAGE /bin/true`, on the bridge, against the same crun without one",
        targets: &[Target::Wall(Kind::Crun, 2.0)],
        measure: |ground, case, rounds| case.outcome(run::bridge(ground, rounds)),
    },
    Case {
        name: "oci-run",
        what: "`tare oci run` against `crun run` and `runc run`: the same bundle, Docker's default configuration, /bin/true; and a program that asks the kernel for the same, without a runtime",
        targets: &[
            Target::Wall(Kind::Crun, 0.5),
            Target::Processor(Kind::Crun, 0.5),
            Target::Wall(Kind::Runc, 0.15),
            Target::Wall(Kind::Floor, 2.0),
        ],
        measure: |ground, case, rounds| case.outcome(oci::run(ground, rounds)),
    },
    Case {
        name: "oci-steps",
        what: "`create`, `start`, `delete --force` of the same bundle, by a shell",
        targets: &[
            Target::Wall(Kind::Crun, 0.5),
            Target::Processor(Kind::Crun, 0.5),
            Target::Wall(Kind::Runc, 0.15),
        ],
        measure: |ground, case, rounds| case.outcome(oci::steps(ground, rounds)),
    },
    Case {
        name: "oci-exec",
        what: "`exec` of /bin/true in a running container of the same bundle",
        targets: &[Target::Wall(Kind::Crun, 0.5), Target::Processor(Kind::Crun, 0.5)],
        measure: |ground, case, rounds| case.outcome(oci::exec(ground, rounds)),
    },
    Case {
        name: "oci-eight",
        what: "200 runs of the same bundle, eight at a time",
        targets: &[Target::Wall(Kind::Crun, 0.5)],
        measure: |ground, case, rounds| case.outcome(oci::eight(ground, rounds)),
    },
    Case {
        name: "oci-thousand",
        what: "`create`, `start`, `delete --force` beside 1,000 running containers, and before they were there",
        targets: &[Target::Second(1.2)],
        measure: |ground, case, rounds| case.outcome(oci::thousand(ground, rounds)),
    },
    Case {
        name: "oci-memory",
        what: "peak memory of `run`, the largest of the rounds",
        targets: &[Target::Memory(Kind::Crun, 1.0)],
        measure: |ground, case, rounds| case.outcome(oci::memory(ground, rounds)),
    },
    Case {
        name: "rebuild-scratch",
        what: "cached rebuild of FROM scratch, ADD, CMD",
        targets: &[Target::Milliseconds(50.0)],
        measure: |ground, case, rounds| case.outcome(build::rebuild_scratch(ground, rounds)),
    },
    Case {
        name: "rebuild-debian",
        what: "cached rebuild of FROM debian:bookworm, RUN apt-get install curl, COPY, WORKDIR, CMD",
        targets: &[Target::Milliseconds(100.0)],
        measure: |ground, case, rounds| case.outcome(build::rebuild_debian(ground, rounds)),
    },
    Case {
        name: "build-10-run",
        what: "ten cold `RUN true`, against BuildKit",
        targets: &[Target::Wall(Kind::Docker, 0.2)],
        measure: |ground, case, rounds| case.outcome(build::ten_steps(ground, rounds.div_ceil(4))),
    },
    Case {
        name: "build-copy-10k",
        what: "cold COPY of 10,000 files that are new in each round, against BuildKit",
        targets: &[Target::Wall(Kind::Docker, 0.4)],
        measure: |ground, case, rounds| case.outcome(build::many_files(ground, rounds.div_ceil(4))),
    },
    Case {
        name: "memory-run",
        what: "peak memory of `run --rm IMAGE /bin/true` on the bridge, the largest of the rounds",
        targets: &[Target::Mebibytes(40.0)],
        measure: |ground, case, rounds| case.outcome(resident::run(ground, rounds.div_ceil(4))),
    },
    Case {
        name: "memory-build",
        what: "peak memory of a cold COPY of 10,000 files and one of 256 MiB",
        targets: &[Target::Mebibytes(40.0)],
        measure: |ground, case, _| case.outcome(resident::build(ground)),
    },
    Case {
        name: "memory-import",
        what: "peak memory of `import` of Debian's root file system",
        targets: &[Target::Mebibytes(40.0)],
        measure: |ground, case, _| case.outcome(resident::import(ground)),
    },
    Case {
        name: "memory-supervisor",
        what: "private dirty memory of all our processes while a container runs detached",
        targets: &[Target::Mebibytes(1.0)],
        measure: |ground, case, _| case.outcome(resident::supervisor(ground)),
    },
    Case {
        name: "ps-1000",
        what: "`ps --all --quiet` at 1,000 created containers",
        targets: &[],
        measure: |ground, case, rounds| case.outcome(ps::thousand(ground, rounds)),
    },
    Case {
        name: "pull-small",
        what: "cold `pull` of busybox, 2 MB in one layer, from a registry on loopback; memory is our peak",
        targets: &[Target::Best(0.5), Target::Mebibytes(64.0)],
        measure: |ground, case, rounds| case.outcome(images::pull(ground, Sample::Small, rounds)),
    },
    Case {
        name: "pull-files",
        what: "cold `pull` of Debian with Python and Perl, 12,000 files and directories, 230 MB in five layers",
        targets: &[Target::Best(0.5), Target::Mebibytes(64.0)],
        measure: |ground, case, rounds| case.outcome(images::pull(ground, Sample::Files, rounds.div_ceil(4))),
    },
    Case {
        name: "pull-large",
        what: "cold `pull` of Debian with compilers and 160 MiB that cannot be compressed, 1.2 GB in five layers",
        targets: &[Target::Best(0.5), Target::Mebibytes(64.0)],
        measure: |ground, case, rounds| case.outcome(images::pull(ground, Sample::Large, rounds.div_ceil(4))),
    },
    Case {
        name: "push",
        what: "`push` of the image of pull-files, as built (ours) or pulled (others), to a registry that has nothing",
        targets: &[Target::Best(0.5), Target::Mebibytes(64.0)],
        measure: |ground, case, rounds| case.outcome(images::push(ground, rounds.div_ceil(4))),
    },
    Case {
        name: "save",
        what: "`save` of the image of pull-files, as pulled, to a docker-archive; layers stay compressed in ours and containerd's",
        targets: &[Target::Best(0.5), Target::Mebibytes(64.0)],
        measure: |ground, case, rounds| case.outcome(images::save(ground, rounds.div_ceil(4))),
    },
    Case {
        name: "load",
        what: "`load` of that docker-archive, with nothing of it in the store",
        targets: &[Target::Best(0.5), Target::Mebibytes(64.0)],
        measure: |ground, case, rounds| case.outcome(images::load(ground, rounds.div_ceil(4))),
    },
    Case {
        name: "ps-5000",
        what: "`ps --all` at 5,000 created containers and 1,000 images, and with `--quiet`",
        targets: &[Target::Milliseconds(100.0)],
        measure: |ground, case, rounds| case.outcome(ps::five_thousand(ground, rounds)),
    },
    Case {
        name: "images-1000",
        what: "`images` at 5,000 created containers and 1,000 images, and with `--quiet`",
        targets: &[Target::Milliseconds(100.0)],
        measure: |ground, case, rounds| case.outcome(ps::images(ground, rounds)),
    },
    Case {
        name: "inspect",
        what: "`inspect CONTAINER IMAGE` at 5,000 created containers and 1,000 images",
        targets: &[Target::Milliseconds(100.0)],
        measure: |ground, case, rounds| case.outcome(ps::inspect(ground, rounds)),
    },
];

impl Case {
    /// A benchmark that could not even begin has one line, ours, with the reason.
    fn outcome(&self, lines: Result<Vec<Line>, String>) -> Outcome {
        let lines = lines.unwrap_or_else(|reason| {
            vec![Line { label: Kind::Tare.name().into(), kind: Kind::Tare, figures: Err(reason) }]
        });
        Outcome { name: self.name, what: self.what, lines, targets: self.targets }
    }
}

/// A lane in which every round is the same.
fn always(kind: Kind, words: Vec<String>) -> (Kind, race::Command) {
    (kind, Box::new(move |_| words.clone()))
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.into()).collect()
}
