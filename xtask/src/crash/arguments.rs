//! What a sweep is asked for.

use super::operation;
use super::point::Point;
use super::power;
use super::weapon::{self, Weapon};

const USAGE: &str = "\
usage: cargo xtask crash [--operation NAME] [--weapon WEAPON] [--power N [--unsynced]] [--short | --full] [--at ROLE:CALL:NUMBER[:ERROR]]

  --operation NAME   only this operation, or this scene
  --weapon WEAPON    only kills (kill), calls that fail (error), difficult places (place), power cuts (power)
  --power N          only power cuts, so many of them
  --unsynced         power cuts for an engine whose syncs do nothing: the sweep has to find violations
  --short            a sample, in less than three minutes
  --full             every call of every kind; hours
  --at POINT         one kill or error, as a violation names it";

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
    weapon: Option<Weapon>,
    power: Option<usize>,
    /// The engine's syncs do nothing.
    pub(super) unsynced: bool,
}

impl Arguments {
    pub(super) fn parse(args: &[String]) -> Result<Self, String> {
        let mut parsed = Self {
            extent: Extent::Usual,
            at: None,
            operation: None,
            weapon: None,
            power: None,
            unsynced: false,
        };
        let mut rest = args.iter();
        while let Some(flag) = rest.next() {
            match flag.as_str() {
                "--short" => parsed.extent = Extent::Short,
                "--full" => parsed.extent = Extent::Full,
                "--unsynced" => parsed.unsynced = true,
                "--operation" => parsed.operation = Some(known(rest.next())?),
                "--weapon" => parsed.weapon = Some(weapon(rest.next())?),
                "--power" => {
                    parsed.weapon = Some(Weapon::Power);
                    parsed.power = Some(rest.next().and_then(|number| number.parse().ok()).ok_or(USAGE)?);
                }
                "--at" => parsed.at = Some(rest.next().ok_or(USAGE)?.parse()?),
                _ => return Err(USAGE.to_owned()),
            }
        }
        if parsed.at.is_some() && parsed.operation.is_none() {
            return Err(format!("--at needs --operation\n{USAGE}"));
        }
        Ok(parsed)
    }

    /// Whether this part of a sweep, which is no operation, is to be played.
    pub(super) fn plays(&self, name: &str, weapon: Weapon) -> bool {
        // power cuts of one operation
        let is_meant = self.wants(name) || self.power.is_some() && name == power::NAME;
        is_meant && self.uses(weapon) && self.at.is_none()
    }

    /// How many power cuts there are to be.
    pub(super) fn cuts(&self) -> usize {
        self.power.unwrap_or(match self.extent {
            Extent::Short => 16,
            Extent::Usual => 200,
            Extent::Full => 2000,
        })
    }

    /// Whether this weapon is to be used.
    pub(super) fn uses(&self, weapon: Weapon) -> bool {
        self.weapon.is_none_or(|wanted| wanted == weapon)
    }

    /// Whether the operation of this name is to be swept.
    pub(super) fn wants(&self, name: &str) -> bool {
        self.operation.as_deref().is_none_or(|wanted| wanted == name)
    }
}

fn known(name: Option<&String>) -> Result<String, String> {
    let name = name.ok_or(USAGE)?;
    let mut names: Vec<&str> = operation::ALL.iter().map(|operation| operation.name).collect();
    names.extend(super::SCENES.iter().map(|scene| scene.name));
    names.push(power::RUNNING.name);
    if names.contains(&name.as_str()) {
        return Ok(name.clone());
    }
    Err(format!("no operation named {name}; there are {}", names.join(", ")))
}

fn weapon(name: Option<&String>) -> Result<Weapon, String> {
    let known = weapon::ALL.iter().find(|(_, known)| name.is_some_and(|name| name == known));
    known.map(|(weapon, _)| *weapon).ok_or_else(|| USAGE.to_owned())
}
