//! Deriving the minimal image of a program.

use crate::error::{Error, Result};
use crate::installed::Installed;
use crate::probe::{Bench, Outcome, Probe, excerpt};
use crate::record::{self, Count, Record};
use crate::subject::Subject;
use crate::weight::Weight;
use crate::{authored, derive, package_records, requested};
use closure::{Access, Closure, Reason, Size, Touch, Tree};
use engine::Engine;
use engine::containers::NetworkMode;
use engine::images::commit::{Committed, commit};
use engine::images::find::Image;
use engine::store::leases::Lease;
use oci::image::{Configuration, History};
use oci::{DiffId, Reference};
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};
use trace::{Seen, Use};

/// How often a derived image is tried before it is given up.
const ROUNDS: u32 = 12;

/// What to derive.
#[derive(Debug, Clone)]
pub struct Request {
    /// Names for the derived image.
    pub names: Vec<Reference>,
    /// How much is taken.
    pub size: Size,
    /// How the program is exercised; by its own command if this is empty.
    pub probes: Vec<Probe>,
    /// Files and directories that are kept in any case.
    pub include: Vec<String>,
    /// Network of the probes.
    pub network: NetworkMode,
    /// How long a probe may last.
    pub timeout: Duration,
}

/// What is told while it happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// A probe runs: its number from 1, in words, and whether in the derived image.
    Probing {
        /// From 1.
        number: usize,
        /// In words.
        probe: String,
        /// In the derived image, or in the image itself.
        derived: bool,
    },
    /// A probe has ended.
    Probed {
        /// How long it took.
        time: Duration,
        /// How many system calls with paths were notified.
        calls: u64,
        /// How many different uses of paths these were.
        uses: usize,
    },
    /// An image was derived.
    Derived {
        /// From 1.
        round: u32,
        /// What it weighs.
        weight: Weight,
    },
    /// The derived image missed files.
    Missed {
        /// How many were added.
        files: usize,
        /// One of them.
        example: String,
    },
}

/// A derived image.
#[derive(Debug)]
pub struct Stripped {
    /// Its digests.
    pub committed: Committed,
    /// What it consists of.
    pub record: Record,
}

/// Derives the minimal image of an image's program, and verifies it.
///
/// # Errors
/// [`Error::Probe`] if a probe cannot be carried out in the image itself, [`Error::Differs`] if the derived image does something else; nothing is named then.
pub fn strip(
    engine: &Engine,
    name: &str,
    image: &Image,
    request: &Request,
    stop: BorrowedFd<'_>,
    tell: &dyn Fn(Happening),
) -> Result<Stripped> {
    let lease = Lease::new(engine.store())?;
    lease.hold(image.configuration.rootfs.diff_ids.iter().map(|layer| layer.0))?;
    let subject = Subject::open(engine, name, image)?;
    let Some(tree) = &subject.tree else {
        return Err(Error::Invalid(format!("{name} has no files: there is nothing to strip")));
    };
    let own = [Probe::Own];
    let probes: &[Probe] = if request.probes.is_empty() { &own } else { &request.probes };
    let bench = Bench {
        engine,
        execution: &subject.configuration.config,
        network: request.network,
        timeout: request.timeout,
        stop,
    };
    let installed = Installed::read(tree);
    let work = Work {
        engine,
        subject: &subject,
        tree,
        installed: &installed,
        request,
        probes,
        bench,
        lease: &lease,
        tell,
    };
    let fat = work.exercise(&subject.layers, false)?;
    let mut closure = Closure::new(tree, &subject.setting, request.size);
    work.begin(&mut closure, &fat)?;
    let (layer, rounds, thin) = work.settle(&mut closure, &fat)?;
    let committed = commit(engine.store(), &configuration(&subject, layer, request.size), &request.names)?;
    let touched = fat.iter().chain(&thin).flat_map(|outcome| &outcome.seen).map(|seen| seen.path.as_slice());
    let packages = package_records::touched(tree, &closure, &installed).len();
    let record = Record {
        from: name.to_owned(),
        from_id: image.id.to_string(),
        size: record::size_name(request.size),
        probes: record::probes(probes),
        rounds,
        fat: Weight::of(tree, tree.ids()),
        thin: Weight::of(tree, closure.files().map(|(id, _)| id)),
        packages: Count { fat: installed.packages.len(), thin: packages },
        files: record::files(tree, &closure, &installed),
        absent: record::absent(tree, touched),
    };
    Ok(Stripped { committed, record })
}

struct Work<'a> {
    engine: &'a Engine,
    subject: &'a Subject,
    tree: &'a Tree,
    installed: &'a Installed,
    request: &'a Request,
    probes: &'a [Probe],
    bench: Bench<'a>,
    lease: &'a Lease,
    tell: &'a dyn Fn(Happening),
}

impl Work<'_> {
    /// Runs every probe.
    fn exercise(&self, layers: &[DiffId], derived: bool) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::new();
        for (index, probe) in self.probes.iter().enumerate() {
            let number = index + 1;
            (self.tell)(Happening::Probing { number, probe: probe.text(), derived });
            let image = if derived { "the derived image".to_owned() } else { self.subject.name.clone() };
            let failed = |error: Error| match error {
                Error::Canceled => Error::Canceled,
                other => Error::Probe { number, probe: probe.text(), image, reason: other.to_string() },
            };
            let start = Instant::now();
            let outcome = self.bench.run(layers, probe).map_err(failed)?;
            let (time, calls, uses) = (start.elapsed(), outcome.calls, outcome.seen.len());
            (self.tell)(Happening::Probed { time, calls, uses });
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    fn begin(&self, closure: &mut Closure<'_>, fat: &[Outcome]) -> Result<()> {
        closure.begin();
        if self.request.size != Size::Strict {
            authored::keep(self.engine, self.subject, self.installed, closure)?;
            requested::keep(self.tree, self.installed, closure);
        }
        for path in &self.request.include {
            let path = self.subject.setting.absolute(path);
            let found = closure.keep(&path, Reason::Policy("--include"));
            let found = found.ok_or_else(|| {
                Error::Invalid(format!("--include {path}: {} has no such file", self.subject.name))
            })?;
            closure.keep_tree(found, &Reason::Policy("--include"));
        }
        // what a file says of itself is a better reason than that it was seen
        closure.settle();
        self.touch(closure, fat);
        self.complete(closure);
        Ok(())
    }

    /// Looks into what is kept, to the end.
    fn complete(&self, closure: &mut Closure<'_>) {
        closure.settle();
        if self.request.size == Size::Package {
            package_records::complete(self.tree, closure, self.installed);
        }
        package_records::keep(self.tree, closure, self.installed);
    }

    fn touch(&self, closure: &mut Closure<'_>, outcomes: &[Outcome]) {
        for (index, outcome) in outcomes.iter().enumerate() {
            let by = format!("probe {}", index + 1);
            for seen in &outcome.seen {
                closure.touch(&touch(seen), &by);
            }
        }
    }

    /// Derives, tries, adds what was missed, until nothing is; then compares.
    fn settle(&self, closure: &mut Closure<'_>, fat: &[Outcome]) -> Result<(DiffId, u32, Vec<Outcome>)> {
        for round in 1..=ROUNDS {
            let added = package_records::added(self.tree, closure, self.installed);
            let layer = derive::layer(self.engine, self.tree, closure, &added, self.lease)?;
            let weight = Weight::of(self.tree, closure.files().map(|(id, _)| id));
            (self.tell)(Happening::Derived { round, weight });
            let thin = self.exercise(&[layer], true)?;
            let before: std::collections::HashSet<_> = closure.files().map(|(id, _)| id).collect();
            self.touch(closure, &thin);
            self.complete(closure);
            let added: Vec<_> = closure.files().map(|(id, _)| id).filter(|id| !before.contains(id)).collect();
            if let Some(example) = added.iter().find(|id| self.tree.is_file(**id)).or(added.first()) {
                (self.tell)(Happening::Missed { files: added.len(), example: self.tree.text(*example) });
                continue;
            }
            self.compare(fat, &thin)?;
            return Ok((layer, round - 1, thin));
        }
        Err(Error::Invalid(format!("the derived image still misses files after {ROUNDS} rounds")))
    }

    /// Compares what the probes gave. What is different each time in the image itself says nothing.
    fn compare(&self, fat: &[Outcome], thin: &[Outcome]) -> Result<()> {
        for (index, (expected, found)) in fat.iter().zip(thin).enumerate() {
            let Some(difference) = difference(expected, found) else { continue };
            let again = self.bench.run(&self.subject.layers, &self.probes[index])?;
            if self::difference(expected, &again).is_some_and(|other| other.kind == difference.kind) {
                continue;
            }
            return Err(Error::Differs {
                number: index + 1,
                probe: self.probes[index].text(),
                image: self.subject.name.clone(),
                difference: difference.text,
            });
        }
        Ok(())
    }
}

struct Difference {
    kind: &'static str,
    text: String,
}

/// The first difference between two outcomes of one probe, the weightiest first.
fn difference(expected: &Outcome, found: &Outcome) -> Option<Difference> {
    if expected.code != found.code {
        let word = |code: Option<i32>| code.map_or("none, it went on".to_owned(), |code| code.to_string());
        let mut text = format!("exit code {}, expected {}", word(found.code), word(expected.code));
        text.push_str(&excerpt(&found.error));
        return Some(Difference { kind: "code", text });
    }
    for (index, ((status, body), (other, other_body))) in
        expected.answers.iter().zip(&found.answers).enumerate()
    {
        if status != other {
            let text = format!(
                "answer {} has status {other}, expected {status}{}",
                index + 1,
                excerpt(&found.error)
            );
            return Some(Difference { kind: "status", text });
        }
        if body != other_body {
            return Some(Difference {
                kind: "body",
                text: format!("the body of answer {} differs", index + 1),
            });
        }
    }
    if expected.code.is_some() && expected.output != found.output {
        let text = format!(
            "standard output differs{}{}",
            first_difference(&expected.output, &found.output),
            excerpt(&found.error)
        );
        return Some(Difference { kind: "output", text });
    }
    None
}

fn first_difference(expected: &[u8], found: &[u8]) -> String {
    let lines = |bytes: &[u8]| -> Vec<String> {
        bytes
            .split(|byte| *byte == b'\n')
            .map(|line| String::from_utf8_lossy(line).escape_debug().take(120).collect())
            .collect()
    };
    let (expected, found) = (lines(expected), lines(found));
    let at = expected.iter().zip(&found).position(|(a, b)| a != b).unwrap_or(expected.len().min(found.len()));
    let line = |lines: &[String]| lines.get(at).cloned().unwrap_or_else(|| "the end".into());
    format!(" at line {}: {:?}, expected {:?}", at + 1, line(&found), line(&expected))
}

fn touch(seen: &Seen) -> Touch {
    let access = match seen.what {
        Use::Look => Access::Look,
        Use::Enter => Access::Enter,
        Use::List => Access::List,
        Use::Open => Access::Open,
        Use::Execute => Access::Execute,
    };
    Touch { path: seen.path.clone(), access }
}

/// The configuration of the image that was derived: its own, on one layer.
fn configuration(subject: &Subject, layer: DiffId, size: Size) -> Configuration {
    let mut configuration = subject.configuration.clone();
    configuration.rootfs.diff_ids = vec![layer];
    configuration.history = vec![History {
        created: configuration.created.clone(),
        created_by: Some(format!("tare strip --size {}", record::size_name(size))),
        comment: Some(format!("derived from {}", subject.name)),
        ..History::default()
    }];
    configuration
}
