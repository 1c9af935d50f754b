//! `tare version`.

use crate::failure::Outcome;
use crate::globals::Globals;
use output::template;
use serde_json::{Value, json};
use std::io::Write;

/// Arguments of `version`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// json, or a Go template
    #[arg(short, long, default_value = "", hide_default_value = true)]
    format: String,
}

pub(crate) fn run(_: &Globals, arguments: Arguments) -> Outcome {
    let kernel = sys::system::uname().release().to_string_lossy().into_owned();
    let out = &mut std::io::stdout().lock();
    match arguments.format.as_str() {
        "" => out.write_all(text(&kernel).as_bytes())?,
        format => template::object(out, format, &document(&kernel))?,
    }
    Ok(0)
}

/// Version, architecture in Go's name.
fn this() -> (&'static str, String) {
    (env!("CARGO_PKG_VERSION"), oci::Platform::host().architecture)
}

/// Client and server are one program; the blocks are Docker's, without what is only Docker's own.
fn document(kernel: &str) -> Value {
    let (version, architecture) = this();
    let details =
        json!({ "Arch": architecture, "Experimental": "false", "KernelVersion": kernel, "Os": "linux" });
    json!({
        "Client": { "Version": version, "Os": "linux", "Arch": architecture, "Context": "default" },
        "Server": {
            "Platform": { "Name": "Tare" },
            "Components": [{ "Name": "Engine", "Version": version, "Details": details }],
            "Version": version,
            "Os": "linux",
            "Arch": architecture,
            "KernelVersion": kernel,
        },
    })
}

fn text(kernel: &str) -> String {
    let (version, architecture) = this();
    let line = |name: &str, value: &str| format!("{name:<20}{value}\n");
    let platform = format!("linux/{architecture}");
    [
        "Client:\n".to_owned(),
        line(" Version:", version),
        line(" OS/Arch:", &platform),
        line(" Context:", "default"),
        "\nServer: Tare\n Engine:\n".to_owned(),
        line("  Version:", version),
        line("  OS/Arch:", &platform),
        line("  Kernel:", kernel),
        line("  Experimental:", "false"),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::{document, text, this};

    #[test]
    fn both_blocks_have_the_version() {
        let (version, architecture) = this();
        let text = text("6.12.1").replace(version, "1.2.3").replace(&architecture, "amd64");
        insta::assert_snapshot!(text, @"
        Client:
         Version:           1.2.3
         OS/Arch:           linux/amd64
         Context:           default

        Server: Tare
         Engine:
          Version:          1.2.3
          OS/Arch:          linux/amd64
          Kernel:           6.12.1
          Experimental:     false
        ");
        assert_eq!(document("6.12.1").pointer("/Server/Version"), Some(&version.into()));
        assert_eq!(document("6.12.1").pointer("/Server/Components/0/Version"), Some(&version.into()));
    }
}
