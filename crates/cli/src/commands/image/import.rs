//! `tare import`.

use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::images::import::{Import, import};
use oci::image::Execution;
use oci::{Platform, Reference};
use std::fs::File;
use std::io::Write;

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Apply a Dockerfile instruction to the created image
    #[arg(short, long, value_name = "INSTRUCTION")]
    change: Vec<String>,
    /// Set a commit message for the imported image
    #[arg(short, long, value_name = "TEXT")]
    message: Option<String>,
    /// What the programs in it are for
    #[arg(long, value_name = "OS[/ARCH[/VARIANT]]")]
    platform: Option<Platform>,
    /// A tarball, compressed or not, or - for standard input
    #[arg(value_name = "FILE|-")]
    source: String,
    /// Name of the image
    #[arg(value_name = "REPOSITORY[:TAG]")]
    name: Option<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    if arguments.source.contains("://") {
        return Err(Failure::new(
            "import from a URL is not supported yet\nhint: download it, then tare import FILE",
        ));
    }
    let default = Import::default();
    let options = Import {
        execution: execution(&arguments.change)?,
        message: arguments.message.unwrap_or(default.message),
        platform: arguments.platform.unwrap_or(default.platform),
        names: arguments.name.as_deref().map(name).transpose()?.into_iter().collect(),
    };
    let engine = globals.engine()?;
    let image = if arguments.source == "-" {
        import(engine.store(), std::io::stdin().lock(), &options)?
    } else {
        let open = |error| Failure::new(format!("open {}: {error}", arguments.source));
        import(engine.store(), File::open(&arguments.source).map_err(open)?, &options)?
    };
    writeln!(std::io::stdout(), "{}", image.id)?;
    Ok(0)
}

fn name(text: &str) -> Outcome<Reference> {
    text.parse().map_err(|error: oci::reference::InvalidReference| Failure::new(error.to_string()))
}

/// What containers of the image start with.
fn execution(changes: &[String]) -> Outcome<Execution> {
    let mut execution = Execution::default();
    for change in changes {
        build::config::change(&mut execution, change).map_err(|error| Failure::new(error.to_string()))?;
    }
    Ok(execution)
}

#[cfg(test)]
mod tests {
    use super::execution;

    #[test]
    fn changes_are_instructions() {
        let changes =
            ["ENV A=1", "CMD [\"/bin/sh\"]", "WORKDIR /a", "WORKDIR b", "EXPOSE 80"].map(str::to_owned);
        let execution = execution(&changes).expect("instructions");
        insta::assert_snapshot!(serde_json::to_string(&execution).expect("a configuration serialises"), @r#"{"ExposedPorts":{"80/tcp":{}},"Env":["A=1"],"Cmd":["/bin/sh"],"WorkingDir":"/a/b"}"#);
        assert!(super::execution(&["RUN true".to_owned()]).is_err());
        assert!(super::execution(&["nonsense".to_owned()]).is_err());
    }
}
