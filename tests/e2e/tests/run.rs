//! `tare run`, theme by theme.

mod devices;
mod environment;
mod exit;
mod files;
mod identity;
mod isolation;
mod limits;
mod network;
mod powers;
mod streams;
mod terminal;
mod user;
mod volumes;
