//! How results reach the person or the script that asked: templates, tables, sizes, times,
//! filters and the progress of builds and transfers, in the forms that Docker's command line gave the trade.
//!
//! Nothing here knows a container or an image: values come in as JSON or plain types and text goes
//! out to any [`std::io::Write`], or, for what moves on a terminal, to its streams.
//!
//! Floor 1. **Not here:** what is shown: the commands (`cli`) choose it.
//!
//! Start reading at [`template`], then [`table`].

#![forbid(unsafe_code)]

pub mod error;
pub mod filter;
pub mod progress;
pub mod size;
pub mod table;
pub mod template;
pub mod text;
pub mod time;
pub mod transfer;

pub use error::Error;
