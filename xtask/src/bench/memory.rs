//! Memory of our own processes.
//!
//! The peak is the sum of the high-water marks (`VmHWM`, proc_pid_status(5)) of all processes that execute the
//! measured binary, as seen by looking at them every millisecond. Page cache does not count, what the container's
//! program uses does not count, and memory that two of our processes share counts twice. A process that lives for less
//! than a millisecond may be missed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::ground::BINARY;

/// Whose processes are looked at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whose {
    /// Those that execute the measured binary.
    Tare,
    /// Those whose first word is this.
    Called(&'static str),
}

/// Runs `work` and watches meanwhile: what it returned, and the peak in KiB.
pub(super) fn peak_during<T>(whose: Whose, work: impl FnOnce() -> T) -> (T, u64) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut marks = BTreeMap::new();
            while !over.load(Ordering::Relaxed) {
                note_marks(whose, &mut marks);
                std::thread::sleep(Duration::from_millis(1));
            }
            marks.values().sum()
        });
        let result = work();
        over.store(true, Ordering::Relaxed);
        (result, watcher.join().unwrap_or(0))
    })
}

/// Notes the high-water mark of each of our processes. A mark only grows, but an identity may be used again.
fn note_marks(whose: Whose, marks: &mut BTreeMap<u32, u64>) {
    let ids = match whose {
        Whose::Tare => ours(),
        Whose::Called(word) => called(word),
    };
    for id in ids {
        if let Some(mark) = field(id, "status", "VmHWM:") {
            let highest = marks.entry(id).or_default();
            *highest = mark.max(*highest);
        }
    }
}

/// Memory in KiB that all our processes that are running now have written themselves (`Anonymous` of `smaps_rollup`, proc_pid_smaps(5)). `Private_Dirty` would
/// add the cached pages of the program's file where the file was copied so recently that the kernel has not written it back.
pub(super) fn private_dirty() -> Option<u64> {
    let sizes: Vec<_> = ours().into_iter().filter_map(|id| field(id, "smaps_rollup", "Anonymous:")).collect();
    (!sizes.is_empty()).then(|| sizes.iter().sum())
}

/// The processes that execute the measured binary.
fn ours() -> Vec<u32> {
    let Ok(binary) = fs::metadata(BINARY) else { return Vec::new() };
    let same = |id: &u32| {
        let executed = fs::metadata(format!("/proc/{id}/exe"));
        executed.is_ok_and(|executed| (executed.dev(), executed.ino()) == (binary.dev(), binary.ino()))
    };
    processes().filter(same).collect()
}

/// The processes whose first word is this.
fn called(word: &str) -> Vec<u32> {
    let same = |id: &u32| {
        let words = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        words.split(|byte| *byte == 0).next() == Some(word.as_bytes())
    };
    processes().filter(same).collect()
}

fn processes() -> impl Iterator<Item = u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// A field of a file about process `id`, in kB.
fn field(id: u32, file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{id}/{file}")).ok()?;
    kilobytes(&text, name)
}

fn kilobytes(text: &str, name: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix("kB")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::kilobytes;

    #[test]
    fn a_field_is_read_by_its_name() {
        let text = "Name:\tx\nVmPeak:\t  900 kB\nVmHWM:\t    1234 kB\n";
        assert_eq!(kilobytes(text, "VmHWM:"), Some(1234));
        assert_eq!(kilobytes(text, "VmRSS:"), None);
    }
}
