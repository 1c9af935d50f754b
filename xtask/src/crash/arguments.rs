//! What a sweep is asked for.

use super::point::Point;
use super::{chance, operation};

const USAGE: &str = "\
usage: cargo xtask crash [--operation NAME] [--short | --full] [--at ROLE:CALL:NUMBER]

  --operation NAME   only this operation
  --short            about twenty kills an operation, two minutes in all
  --full             every call of every kind; hours
  --at POINT         one kill, as a violation names it";

/// How many of the possible kills are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// A sample over all of them.
    Short,
    /// The 1st, 2nd, 3rd, 4th, 6th, 8th, 12th … call of each kind.
    Usual,
    /// Every call of each kind.
    Full,
}

/// The arguments of one run.
#[derive(Debug)]
pub(super) struct Arguments {
    pub(super) extent: Extent,
    pub(super) at: Option<Point>,
    operation: Option<String>,
}

impl Arguments {
    pub(super) fn parse(args: &[String]) -> Result<Self, String> {
        let mut parsed = Self { extent: Extent::Usual, at: None, operation: None };
        let mut rest = args.iter();
        while let Some(flag) = rest.next() {
            match flag.as_str() {
                "--short" => parsed.extent = Extent::Short,
                "--full" => parsed.extent = Extent::Full,
                "--operation" => parsed.operation = Some(known(rest.next())?),
                "--at" => parsed.at = Some(rest.next().ok_or(USAGE)?.parse()?),
                _ => return Err(USAGE.to_owned()),
            }
        }
        if parsed.at.is_some() && parsed.operation.is_none() {
            return Err(format!("--at needs --operation\n{USAGE}"));
        }
        Ok(parsed)
    }

    pub(super) fn wants(&self, name: &str) -> bool {
        self.operation.as_deref().is_none_or(|wanted| wanted == name)
    }
}

fn known(name: Option<&String>) -> Result<String, String> {
    let name = name.ok_or(USAGE)?;
    let mut names: Vec<&str> = operation::ALL.iter().map(|operation| operation.name).collect();
    names.push(chance::NAME);
    if names.contains(&name.as_str()) {
        return Ok(name.clone());
    }
    Err(format!("no operation named {name}; there are {}", names.join(", ")))
}
