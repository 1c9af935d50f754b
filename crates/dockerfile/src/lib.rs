//! The Dockerfile language: text to a syntax tree with positions.
//!
//! [`parse`] reads a whole file, [`parse_instruction`] one trigger of an `ONBUILD`. The tree holds what was
//! written; [`expand`], [`expand_words`] and [`expand_heredoc`] replace variables when an instruction is
//! carried out, and [`variables_in`] tells which ones a word uses. [`Ignore`] reads `.dockerignore`,
//! [`Pattern`] is a wildcard of `COPY` and `ADD`. Nothing here does I/O.
//!
//! The grammar is that of the official frontend, `docker/dockerfile` 1.26, its reference documentation
//! being the source where no other is named.

#![forbid(unsafe_code)]

mod ast;
mod directive;
mod error;
mod expand;
mod flags;
mod glob;
mod heredoc;
pub mod ignore;
mod instruction;
mod json;
mod line;
mod mount;
mod parse;
pub mod pattern;
mod ports;
mod position;
mod quantity;
mod source;
mod statement;
mod suggest;
mod words;

pub use ast::{
    AddFiles, Argument, ClosureSize, Command, CopyFiles, Device, Dockerfile, Flag, From, HealthTest,
    Healthcheck, Heredoc, Instruction, Invocation, Kind, Network, Pair, Run, Security, Stage, Transfer,
    Warning,
};
pub use directive::{Directive, Directives};
pub use error::{Error, Fault};
pub use expand::{ExpandError, expand, expand_heredoc, expand_words, variables_in, variables_in_heredoc};
pub use ignore::Ignore;
pub use mount::{Mount, MountField, MountKey, MountKind, MountSpec, Ownership, Sharing};
pub use parse::{parse, parse_instruction};
pub use pattern::{Pattern, has_wildcards};
pub use ports::{PortError, Ports};
pub use position::{Position, Span};
pub use source::{MAX_SOURCE_BYTES, Source};
pub use suggest::nearest;
