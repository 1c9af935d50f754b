//! Listing when there is much to list.

use super::always;
use crate::bench::contender::Kind;
use crate::bench::ground::{Ground, IMAGE};
use crate::bench::outcome::Line;
use crate::bench::race::Race;

/// Creates a thousand containers and lists them; they go away with the store.
pub(super) fn thousand(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    let create = ground.tare(&["create", "--network", "none", IMAGE, "/bin/true"]);
    let list = ground.tare(&["ps", "--all", "--quiet"]);
    let seat = ground.seat(Kind::Tare)?;
    for _ in 0..1000 {
        seat.output(&create)?;
    }
    let listed = seat.output(&list)?.lines().count();
    if listed < 1000 {
        return Err(format!("`ps --all --quiet` lists {listed} of 1,000 containers"));
    }
    Race::new(rounds, vec![always(Kind::Tare, list)]).run(ground)
}
