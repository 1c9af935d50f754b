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

/// Leaves the last one of variables of one name, and sets `HOME` by the account files of a root if nothing else has: programs expect to know it (both as runc).
pub(crate) fn settle(process: &mut Process, root: BorrowedFd<'_>) {
    let mut environment: Vec<String> = Vec::new();
    oci::image::set_variables(&mut environment, process.env().iter().flatten());
    if !environment.iter().any(|variable| variable.starts_with("HOME=") && variable.len() > 5) {
        let user = process.user().uid().to_string();
        // without account files there is no home but the root
        let home = runtime::accounts::Accounts::read(root)
            .and_then(|accounts| accounts.identify(&user, &[]))
            .map_or_else(|_| "/".to_owned(), |identity| identity.home);
        oci::image::set_variable(&mut environment, "HOME", &home);
    }
    process.set_env(Some(environment));
}
