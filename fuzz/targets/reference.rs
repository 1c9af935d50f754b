//! Image references: what is shown is read as the same reference, and no part of it leads anywhere as a path.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oci::Reference;

fuzz_target!(|text: &str| {
    let Ok(reference) = text.parse::<Reference>() else { return };
    let shown = reference.to_string();
    assert_eq!(shown.parse().as_ref(), Ok(&reference), "{text:?} is shown as {shown:?}");
    let familiar = reference.familiar();
    assert_eq!(familiar.parse().as_ref(), Ok(&reference), "{text:?} is familiar as {familiar:?}");
    let parts = [reference.host()].into_iter().chain(reference.path().split('/')).chain(reference.tag());
    for part in parts {
        assert!(
            !matches!(part, "" | "." | "..") && !part.contains(['/', '\0', '@']),
            "{text:?} has {part:?}"
        );
    }
});
