//! How results reach the person or the script that asked: templates, tables, sizes, times,
//! filters and the progress of builds and transfers, in the forms that Docker's command line gave the trade.
//!
//! Nothing here knows a container or an image: values come in as JSON or plain types and text goes
//! out to any [`std::io::Write`].

pub(crate) mod error;
pub(crate) mod filter;
pub(crate) mod progress;
pub(crate) mod size;
pub(crate) mod table;
pub(crate) mod template;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod transfer;

pub(crate) use error::Error;
