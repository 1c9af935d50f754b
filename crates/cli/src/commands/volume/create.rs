//! `tare volume create`.

use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::volumes::{self, Volume};
use std::collections::BTreeMap;
use std::io::Write;

/// Arguments of `volume create`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Volume driver: local is the only one
    #[arg(short, long, default_value = super::DRIVER)]
    driver: String,
    /// Set metadata for a volume
    #[arg(long, value_name = "KEY=VALUE")]
    label: Vec<String>,
    /// Its name; without one it gets 64 digits and counts as anonymous
    #[arg(value_name = "VOLUME")]
    name: Option<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let anonymous = arguments.name.is_none();
    let name = arguments.name.map_or_else(random_name, Ok)?;
    if arguments.driver != super::DRIVER {
        return Err(Failure::new(format!(
            "create {name}: error looking up volume plugin {0}: plugin \"{0}\" not found\nhint: tare has no volume plugins, leave --driver away",
            arguments.driver
        )));
    }
    let labels = labels(&arguments.label);
    let engine = globals.engine()?;
    let volume = Volume { name, created: engine::containers::now(), labels, anonymous };
    let volume = volumes::create(&engine, volume)?;
    writeln!(std::io::stdout(), "{}", volume.name)?;
    Ok(0)
}

/// `key=value`, or a key without a value.
fn labels(texts: &[String]) -> BTreeMap<String, String> {
    let pair = |text: &String| {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        (key.to_owned(), value.to_owned())
    };
    texts.iter().map(pair).collect()
}

fn random_name() -> Outcome<String> {
    let mut bytes = [0; 32];
    sys::rand::getrandom(&mut bytes, sys::rand::GetRandomFlags::empty()).map_err(std::io::Error::from)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::{labels, random_name};

    #[test]
    fn labels_need_no_value() {
        let texts = ["a=1=2".to_owned(), "b".to_owned()];
        assert_eq!(
            labels(&texts).into_iter().collect::<Vec<_>>(),
            [("a".to_owned(), "1=2".to_owned()), ("b".to_owned(), String::new())]
        );
    }

    #[test]
    fn made_up_names_have_64_digits() {
        let name = random_name().expect("there is randomness");
        assert!(name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
