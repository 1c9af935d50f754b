//! What a build tells while it runs.

/// Where events go. It is called from several threads.
pub type Progress<'a> = dyn Fn(Event) + Sync + 'a;

/// Something happened to a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The step's number, from 1, unique in the build.
    pub step: usize,
    /// How many there are.
    pub of: usize,
    /// The step as people know it: `[build 2/4] RUN make`.
    pub name: String,
    /// What happened.
    pub kind: EventKind,
}

/// What happened to a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// It is being carried out.
    Started,
    /// Its result was there.
    Cached,
    /// It printed something.
    Output(Vec<u8>),
    /// It is done.
    Finished {
        /// How long it took.
        milliseconds: u64,
    },
    /// It failed.
    Failed {
        /// Why.
        message: String,
    },
    /// It was stopped.
    Canceled,
}
