//! Starting a container, from the command to its end.

use super::oci;
use super::{always, words};
use crate::bench::contender::Kind;
use crate::bench::ground::{Ground, IMAGE};
use crate::bench::outcome::Line;
use crate::bench::race::Race;

/// Without a network, as a bare runtime does it.
pub(super) fn none(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    on_network(ground, rounds, "none")
}

/// On the default bridge. The bare runtime knows none and stays the yardstick.
pub(super) fn bridge(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    on_network(ground, rounds, "bridge")
}

fn on_network(ground: &mut Ground, rounds: usize, network: &str) -> Result<Vec<Line>, String> {
    let run = ["run", "--rm", "--network", network, IMAGE, "/bin/true"];
    let crun = always(Kind::Crun, oci::runtime(Kind::Crun).run());
    let close = vec![always(Kind::Tare, ground.tare(&run)), crun];
    let mut lines = Race::new(rounds, close).run(ground)?;
    // Far behind, with much to clean up after each of its runs: it would disturb the other two.
    let docker = always(Kind::Docker, words(&[["docker"].as_slice(), &run].concat()));
    lines.extend(Race::new(rounds.div_ceil(4), vec![docker]).run(ground)?);
    Ok(lines)
}
