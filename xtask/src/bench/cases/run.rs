//! Starting a container, from the command to its end.

use super::{always, words};
use crate::bench::contender::Kind;
use crate::bench::ground::{BINARY, BUNDLE, Ground, IMAGE};
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

/// A bare runtime on the bundle, up to the command. The bundle's configuration is crun's; ours differs in the cgroup alone.
const CRUN: [&str; 3] = ["crun", "--root", "/media/run/crun"];
const TARE: [&str; 3] = [BINARY, "oci", "--root=/media/run/tare-oci"];
const OURS: &str = "/media/data/bundle/tare.json";

/// Two runtimes on the same bundle.
pub(super) fn oci(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    let run = ["run", "--bundle", BUNDLE];
    let tare = [&TARE[..], &run, &["--config", OURS, "bench"]].concat();
    let crun = [&CRUN[..], &run, &["bench"]].concat();
    let lanes = vec![always(Kind::Tare, words(&tare)), always(Kind::Crun, words(&crun))];
    Race::new(rounds * 5, lanes).run(ground)
}

/// The steps that an engine takes: create, start, delete, by a shell.
pub(super) fn oci_steps(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    let steps = |kind: Kind, runtime: &[&str], own: &str| {
        let runtime = runtime.join(" ");
        let line = format!(
            "{runtime} create --bundle {BUNDLE} {own} bench && {runtime} start bench && {runtime} delete -f bench"
        );
        always(kind, words(&["/bin/sh", "-c", &line]))
    };
    let ours = format!("--config {OURS}");
    let lanes = vec![steps(Kind::Tare, &TARE, &ours), steps(Kind::Crun, &CRUN, "")];
    Race::new(rounds * 5, lanes).run(ground)
}

fn on_network(ground: &mut Ground, rounds: usize, network: &str) -> Result<Vec<Line>, String> {
    let run = ["run", "--rm", "--network", network, IMAGE, "/bin/true"];
    let crun = always(Kind::Crun, words(&[&CRUN[..], &["run", "--bundle", BUNDLE, "bench"]].concat()));
    let close = vec![always(Kind::Tare, ground.tare(&run)), crun];
    let mut lines = Race::new(rounds, close).run(ground)?;
    // Far behind, with much to clean up after each of its runs: it would disturb the other two.
    let docker = always(Kind::Docker, words(&[["docker"].as_slice(), &run].concat()));
    lines.extend(Race::new(rounds.div_ceil(4), vec![docker]).run(ground)?);
    Ok(lines)
}
