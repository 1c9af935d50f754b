//! Variables that a process gets beside its configuration's.

use oci::runtime::{Process, Spec};
use std::os::fd::BorrowedFd;

/// Adds variables to the process's environment.
pub(crate) fn add(spec: &mut Spec, variables: impl IntoIterator<Item = String>) {
    if let Some(process) = spec.process_mut() {
        let mut environment = process.env().clone().unwrap_or_default();
        environment.extend(variables);
        process.set_env(Some(environment));
    }
}

/// Sets `HOME` by the account files of a root, if nothing else has: programs expect to know it (runc does the same).
pub(crate) fn set_home(process: &mut Process, root: BorrowedFd<'_>) {
    let environment = process.env().clone().unwrap_or_default();
    if environment.iter().any(|variable| variable.starts_with("HOME=")) {
        return;
    }
    let user = process.user().uid().to_string();
    // without account files there is no home but the root
    let home = runtime::accounts::Accounts::read(root)
        .and_then(|accounts| accounts.identify(&user, &[]))
        .map_or_else(|_| "/".to_owned(), |identity| identity.home);
    let environment = environment.into_iter().chain([format!("HOME={home}")]).collect();
    process.set_env(Some(environment));
}
