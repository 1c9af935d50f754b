//! Image archives, compressed or not, as `load` reads them.

#![no_main]

use fuzz::loading::Loading;
use fuzz::stream;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static LOADING: LazyLock<Loading> = LazyLock::new(Loading::new);

fuzz_target!(|input: &[u8]| {
    if let Some((_, archive)) = stream::read(input, LOADING.base()) {
        LOADING.survive(&archive);
    }
});
