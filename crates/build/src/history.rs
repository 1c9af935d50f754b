//! The `created_by` lines of an image's history, in the words of `docker build`.

use oci::image::Healthcheck;

/// Who says so.
pub(crate) const COMMENT: &str = "buildkit.dockerfile.v0";

/// `["/bin/sh" "-c" "true"]`.
pub(crate) fn list(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    format!("[{}]", quoted.join(" "))
}

/// `RUN |1 VERSION=2 /bin/sh -c make # buildkit`.
pub(crate) fn run(command: &[String], arguments: &[String]) -> String {
    let mut line = String::from("RUN ");
    if !arguments.is_empty() {
        line.push_str(&format!("|{} {} ", arguments.len(), arguments.join(" ")));
    }
    line.push_str(&command.join(" "));
    line.push_str(" # buildkit");
    line
}

/// `COPY --chown=1:1 a b /c/ # buildkit`.
pub(crate) fn transfer(keyword: &str, chown: Option<&str>, chmod: Option<&str>, words: &[String]) -> String {
    let mut line = keyword.to_owned();
    for (flag, value) in [("chown", chown), ("chmod", chmod)] {
        if let Some(value) = value {
            line.push_str(&format!(" --{flag}={value}"));
        }
    }
    format!("{line} {} # buildkit", words.join(" "))
}

/// `HEALTHCHECK &{["CMD-SHELL" "true"] "30s" "0s" "0s" "0s" '\x03'}`.
pub(crate) fn healthcheck(check: &Healthcheck) -> String {
    let time = |nanoseconds: i64| {
        #[expect(clippy::cast_precision_loss, reason = "for people")]
        let seconds = nanoseconds as f64 / 1e9;
        format!("\"{seconds}s\"")
    };
    format!(
        "HEALTHCHECK &{{{} {} {} {} {} '\\x{:02x}'}}",
        list(&check.test),
        time(check.interval),
        time(check.timeout),
        time(check.start_period),
        time(check.start_interval),
        check.retries
    )
}
