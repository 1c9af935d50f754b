//! Platforms: what is shown is read as the same platform, and one matches itself.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oci::Platform;

fuzz_target!(|text: &str| {
    if let Ok(platform) = text.parse::<Platform>() {
        let shown = platform.to_string();
        assert_eq!(shown.parse().as_ref(), Ok(&platform), "{text:?} is shown as {shown:?}");
        assert!(platform.matches(&platform));
    }
    if let Ok(platform) = serde_json::from_str::<Platform>(text) {
        assert!(platform.matches(&platform));
        let written = serde_json::to_string(&platform).unwrap_or_default();
        assert_eq!(serde_json::from_str(&written).ok(), Some(platform));
    }
});
