//! Images: loading, saving, importing, naming and removing, also against other engines' programs and hostile archives.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "what goes wrong in a test fails it")]

mod formats;
mod hostile;
mod hostile_documents;
mod import;
mod kit;
mod peers;
mod removal;
mod round_trip;
mod views;
