//! End-to-end tests of the tare binary.
