//! Carrying a plan out: one thread a stage, every step looked up by the digest of its inputs first.

mod key;
mod report;

use crate::cancel::Stop;
use crate::error::{At, Error, Result};
use crate::names::BaseImage;
use crate::plan::{Action, Plan, Stage, StageOrigin, Step};
use crate::remote::Imports;
use crate::{BuildContext, Cancel, EventKind, Progress, Request, history, run, transfer};
use engine::Engine;
use engine::store::layers::{self, Draft, Durability};
use engine::store::leases::Lease;
use engine::store::{cache, cache::Record};
use oci::image::{Configuration, History, RootFs};
use oci::{DiffId, Digest};
use report::Reporter;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

/// The result of a stage.
#[derive(Debug, Clone, Default)]
pub(crate) struct Finished {
    pub(crate) layers: Vec<DiffId>,
    history: Vec<History>,
    created: Option<String>,
}

/// What a build works with.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) request: &'a Request,
    pub(crate) plan: &'a Plan,
    pub(crate) context: &'a BuildContext,
    /// Holds every layer that the build has seen or made.
    pub(crate) lease: &'a Lease,
    /// Number of steps that people have seen before the plan's own.
    pub(crate) before: usize,
    /// Hears what is accepted but was hardly meant.
    pub(crate) warn: &'a (dyn Fn(&str) + Sync),
    /// Records of registries.
    pub(crate) imports: &'a Imports<'a>,
}

struct Solver<'a> {
    job: Job<'a>,
    reporter: Reporter<'a>,
    stop: Stop<'a>,
    /// Results of stages; `None` is a stage that failed, none at all one that still works.
    finished: Mutex<BTreeMap<usize, Option<Arc<Finished>>>>,
    changed: Condvar,
    /// What the steps of this build produced, from the cache or not.
    records: Mutex<BTreeMap<Digest, Record>>,
}

/// Carries the plan out and returns the configuration of the target's image, and the records of all steps.
pub(crate) fn solve(
    job: Job<'_>,
    progress: &Progress<'_>,
    cancel: &Cancel,
) -> Result<(Configuration, BTreeMap<Digest, Record>)> {
    let failed = Cancel::new().at("make", "an event descriptor")?;
    let solver = Solver {
        job,
        reporter: Reporter::new(job.plan, job.before, progress),
        stop: Stop { asked: cancel, failed },
        finished: Mutex::new(BTreeMap::new()),
        changed: Condvar::new(),
        records: Mutex::default(),
    };
    let errors: Mutex<Vec<Error>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for (number, stage) in &job.plan.stages {
            let (solver, errors) = (&solver, &errors);
            let begun =
                std::thread::Builder::new().spawn_scoped(scope, move || solver.work(*number, stage, errors));
            if let Err(source) = begun {
                solver.stop.failed.cancel();
                let error = Error::Io { doing: "make", path: "a thread".into(), source };
                errors.lock().unwrap_or_else(PoisonError::into_inner).push(error);
                solver.publish(*number, None);
            }
        }
    });
    let errors = errors.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(first) = first_cause(errors) {
        return Err(first);
    }
    let configuration = solver.configuration();
    Ok((configuration, solver.records.into_inner().unwrap_or_else(PoisonError::into_inner)))
}

/// The error that stopped the others.
fn first_cause(errors: Vec<Error>) -> Option<Error> {
    let mut canceled = None;
    for error in errors {
        match error {
            Error::Canceled => canceled = Some(error),
            cause => return Some(cause),
        }
    }
    canceled
}

impl Solver<'_> {
    /// A stage's thread.
    fn work(&self, number: usize, stage: &Stage, errors: &Mutex<Vec<Error>>) {
        let finished = match self.stage(number, stage) {
            Ok(finished) => Some(Arc::new(finished)),
            Err(error) => {
                self.stop.failed.cancel();
                errors.lock().unwrap_or_else(PoisonError::into_inner).push(error);
                None
            }
        };
        self.publish(number, finished);
    }

    fn publish(&self, number: usize, finished: Option<Arc<Finished>>) {
        let mut all = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert(number, finished);
        self.changed.notify_all();
    }

    /// Waits for another stage.
    fn await_stage(&self, number: usize) -> Result<Arc<Finished>> {
        let mut all = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match all.get(&number) {
                Some(Some(finished)) => return Ok(finished.clone()),
                Some(None) => return Err(Error::Canceled),
                None => all = self.changed.wait(all).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn stage(&self, number: usize, stage: &Stage) -> Result<Finished> {
        let mut state = match &stage.base {
            StageOrigin::Scratch => Finished::default(),
            StageOrigin::Image(image) => {
                self.reporter.base(number);
                from_image(image)
            }
            StageOrigin::Stage(other) => (*self.await_stage(*other)?).clone(),
        };
        for (index, step) in stage.steps.iter().enumerate() {
            self.stop.check()?;
            let layer = match &step.action {
                Action::Metadata => None,
                _ => Some(self.step(number, index, stage, step, &state)?),
            };
            let created = match &layer {
                Some(record) => Some(record.created.clone()),
                None => state.created.clone().or_else(|| self.creation_time(stage)),
            };
            state.layers.extend(layer.as_ref().and_then(|record| record.layer));
            state.history.push(History {
                created: created.clone(),
                created_by: Some(step.created_by.clone()),
                comment: Some(history::COMMENT.into()),
                empty_layer: layer.is_none(),
                ..History::default()
            });
            state.created = created;
        }
        Ok(state)
    }

    /// The time of an image that consists of metadata only: the first time that it was built.
    fn creation_time(&self, stage: &Stage) -> Option<String> {
        let key = key::metadata(stage);
        let found = if self.job.request.no_cache { None } else { cache::find(self.job.engine.store(), &key) };
        let record = found.unwrap_or_else(|| Record {
            layer: None,
            created: engine::containers::now(),
            step: "metadata".into(),
        });
        // without a record the next build has another time
        let _ = cache::record(self.job.engine.store(), &key, &record);
        Some(record.created)
    }

    /// The layer of a step, from the cache or carried out.
    fn step(
        &self,
        number: usize,
        index: usize,
        stage: &Stage,
        step: &Step,
        state: &Finished,
    ) -> Result<Record> {
        let origin = if let Action::Copy(copy) = &step.action { self.origin(copy)? } else { None };
        let quick = key::closure(stage, step, &state.layers, origin.as_deref());
        if let Some(key) = &quick
            && let Some(record) = self.cached(key)?
        {
            self.reporter.tell(number, index, EventKind::Cached);
            self.remember(*key, &record);
            return Ok(record);
        }
        let prepared = match &step.action {
            Action::Copy(copy) => {
                let prepared = transfer::prepare(self.job.engine, self.job.context, copy, origin)
                    .map_err(|error| self.explain(number, index, step, error))?;
                self.warn(step, prepared.warnings());
                Some(prepared)
            }
            _ => None,
        };
        let key = key::step(stage, step, &state.layers, prepared.as_ref());
        if let Some(record) = self.cached(&key)? {
            self.reporter.tell(number, index, EventKind::Cached);
            self.record(key, quick, &record)?;
            return Ok(record);
        }
        self.reporter.tell(number, index, EventKind::Started);
        let begin = Instant::now();
        let layer = self
            .carry_out(number, index, step, state, prepared)
            .map_err(|error| self.explain(number, index, step, error))?;
        let record =
            Record { layer: Some(layer), created: engine::containers::now(), step: step.text.clone() };
        self.record(key, quick, &record)?;
        let milliseconds = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.reporter.tell(number, index, EventKind::Finished { milliseconds });
        Ok(record)
    }

    /// Records what a step produced, also under its quick key if it has one.
    fn record(&self, key: Digest, quick: Option<Digest>, record: &Record) -> Result<()> {
        for key in std::iter::once(key).chain(quick) {
            cache::record(self.job.engine.store(), &key, record)?;
            self.remember(key, record);
        }
        Ok(())
    }

    /// Tells what a step warns of, with its place.
    fn warn(&self, step: &Step, warnings: &[String]) {
        for warning in warnings {
            let name = self.job.plan.file.source.name();
            (self.job.warn)(&format!("{name}:{}: {warning}", step.span.first_line));
        }
    }

    fn cached(&self, key: &Digest) -> Result<Option<Record>> {
        if self.job.request.no_cache {
            return Ok(None);
        }
        let Some(record) = cache::find(self.job.engine.store(), key) else { return self.imported(key) };
        let Some(layer) = record.layer else { return Ok(None) };
        // hold it first, then look whether it is still there
        self.job.lease.hold([layer.0])?;
        Ok(layers::exists(self.job.engine.store(), &layer).then_some(record))
    }

    /// A record of a registry, whose layer is here now.
    fn imported(&self, key: &Digest) -> Result<Option<Record>> {
        let found = self.job.imports.find(key, self.job.lease)?;
        if let Some(record) = &found {
            cache::record(self.job.engine.store(), key, record)?;
        }
        Ok(found)
    }

    fn remember(&self, key: Digest, record: &Record) {
        self.records.lock().unwrap_or_else(PoisonError::into_inner).insert(key, record.clone());
    }

    fn origin(&self, copy: &crate::plan::CopyAction) -> Result<Option<Vec<DiffId>>> {
        use crate::plan::Origin;
        Ok(match &copy.origin {
            Origin::Context => None,
            Origin::Stage(stage) => Some(self.await_stage(*stage)?.layers.clone()),
            Origin::Image(image) => Some(image.layers().to_vec()),
        })
    }

    fn carry_out(
        &self,
        number: usize,
        index: usize,
        step: &Step,
        state: &Finished,
        prepared: Option<transfer::Prepared>,
    ) -> Result<DiffId> {
        let draft = Draft::new(self.job.engine.store())?;
        match (&step.action, prepared) {
            (Action::Run(action), _) => {
                let mut output = |bytes: Vec<u8>| self.reporter.tell(number, index, EventKind::Output(bytes));
                run::run(self.job.engine, action, &state.layers, &draft, &mut output, &self.stop)?;
            }
            (Action::Copy(action), Some(prepared)) => {
                let onto = transfer::Onto { layers: &state.layers, draft: &draft };
                transfer::write(self.job.engine, action, &prepared, onto, self.job.context, &self.stop)?;
            }
            (Action::Directory { path, user }, _) => {
                transfer::make_directory(self.job.engine, path, user, &state.layers, &draft)?;
            }
            (Action::Metadata | Action::Copy(_), _) => {}
        }
        self.stop.check()?;
        let (layer, _) = layers::commit(self.job.engine.store(), draft, Durability::Later, self.job.lease)?;
        Ok(layer)
    }

    /// Tells a step's end and gives its error the lines of the Dockerfile.
    fn explain(&self, number: usize, index: usize, step: &Step, error: Error) -> Error {
        if matches!(error, Error::Canceled) || self.stop.check().is_err() {
            self.reporter.tell(number, index, EventKind::Canceled);
            return Error::Canceled;
        }
        let code = if let Error::Step { code, .. } = &error { *code } else { None };
        let message = error.to_string();
        self.reporter.tell(number, index, EventKind::Failed { message: message.clone() });
        Error::Step { message, excerpt: report::excerpt(&self.job.plan.file.source, step.span), code }
    }

    fn configuration(&self) -> Configuration {
        let stage = &self.job.plan.stages[&self.job.plan.target];
        let all = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        let state = all.get(&self.job.plan.target).and_then(Clone::clone).unwrap_or_default();
        Configuration {
            architecture: stage.platform.architecture.clone(),
            variant: stage.platform.variant.clone(),
            os: stage.platform.os.clone(),
            author: stage.author.clone(),
            created: state.created.clone().or_else(|| self.creation_time(stage)),
            config: stage.execution.clone(),
            rootfs: RootFs { diff_ids: state.layers.clone(), ..RootFs::default() },
            history: state.history.clone(),
            ..Configuration::default()
        }
    }
}

fn from_image(image: &BaseImage) -> Finished {
    Finished {
        layers: image.layers().to_vec(),
        history: image.configuration.history.clone(),
        created: image.configuration.created.clone(),
    }
}
