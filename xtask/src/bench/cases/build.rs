//! Building, cached and cold.

use std::fs;
use std::path::{Path, PathBuf};

use super::{always, words};
use crate::bench::contender::Kind;
use crate::bench::fixture;
use crate::bench::ground::{Ground, IMAGE};
use crate::bench::outcome::Line;
use crate::bench::race::{Command, Race};

const CONTEXTS: &str = "/media/data/contexts";
const RESULT: &str = "tare-bench/result:latest";

/// The first build of an empty image, again.
pub(super) fn rebuild_scratch(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    let context = place("scratch");
    fixture::context(&context, "FROM scratch\nADD my_binary /\nCMD [\"/my_binary\"]\n")?;
    fixture::add_program(&context)?;
    let build = ["build", "--quiet", "--tag", RESULT, &context.to_string_lossy()];
    let lanes = vec![
        always(Kind::Tare, ground.tare(&build)),
        always(Kind::Docker, words(&[["docker"].as_slice(), &build].concat())),
    ];
    let lines = Race::new(rounds, lanes).run(ground);
    forget_result(ground)?;
    lines
}

/// A build on Debian with a package from the network, again. The lab's daemon has no network: it does not take part.
pub(super) fn rebuild_debian(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    const DOCKERFILE: &str = "FROM tare-bench/debian:latest\n\
                              RUN apt-get update && apt-get install -y curl\n\
                              COPY . /app\n\
                              WORKDIR /app\n\
                              CMD [\"curl\", \"--version\"]\n";
    // Before anything is made by hand: whether there is somebody to measure.
    ground.seat(Kind::Tare)?;
    let archive = fixture::debian()?;
    let import = ground.tare(&["import", &archive.to_string_lossy(), "tare-bench/debian:latest"]);
    ground.seat(Kind::Tare)?.output(&import)?;
    let context = place("debian");
    fixture::context(&context, DOCKERFILE)?;
    let build = ground.tare(&["build", "--quiet", "--tag", RESULT, &context.to_string_lossy()]);
    Race::new(rounds, vec![always(Kind::Tare, build)]).run(ground)
}

/// Ten steps that do nothing: what a step costs.
pub(super) fn ten_steps(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    let context = place("ten-steps");
    fixture::context(&context, &format!("FROM {IMAGE}\n{}", "RUN true\n".repeat(10)))?;
    let build = ["build", "--quiet", "--no-cache", "--tag", RESULT, &context.to_string_lossy()];
    let lanes = vec![
        always(Kind::Tare, ground.tare(&build)),
        always(Kind::Docker, words(&[["docker"].as_slice(), &build].concat())),
    ];
    let lines = Race::new(rounds, lanes).run(ground);
    forget_result(ground)?;
    lines
}

/// Many small files, in a new context each round: BuildKit remembers what a context sent before.
pub(super) fn many_files(ground: &mut Ground, rounds: usize) -> Result<Vec<Line>, String> {
    let arguments = |round| {
        words(&[
            "build",
            "--quiet",
            "--no-cache",
            "--tag",
            RESULT,
            &many_files_place(round).to_string_lossy(),
        ])
    };
    let global = ground.tare(&[]);
    let ours: Command = Box::new(move |round| [global.clone(), arguments(round)].concat());
    let docker: Command = Box::new(move |round| [words(&["docker"]), arguments(round)].concat());
    let before = |round: usize| {
        if let Some(last) = round.checked_sub(1) {
            remove(&many_files_place(last))?;
        }
        let context = many_files_place(round);
        fixture::context(&context, "FROM scratch\nCOPY files /files\n")?;
        fixture::add_many_files(&context, round)?;
        written_back()
    };
    let race = Race {
        rounds,
        before: Box::new(before),
        settles: true,
        reset: None,
        lanes: vec![(Kind::Tare, ours), (Kind::Docker, docker)],
    };
    let lines = race.run(ground);
    remove(&many_files_place(rounds))?;
    forget_result(ground)?;
    lines
}

fn place(name: &str) -> PathBuf {
    Path::new(CONTEXTS).join(name)
}

fn many_files_place(round: usize) -> PathBuf {
    place(&format!("many-files-{round}"))
}

fn remove(place: &Path) -> Result<(), String> {
    fs::remove_dir_all(place).map_err(|error| format!("remove {}: {error}", place.display()))
}

/// Waits until a new context is on the disk, so that nobody waits for it in the round.
fn written_back() -> Result<(), String> {
    crate::bench::host::program(std::process::Command::new("sync").args(["--file-system", CONTEXTS]))
}

/// Takes the image away from the lab's daemon, which is there after us; our own store ends with the run.
fn forget_result(ground: &mut Ground) -> Result<(), String> {
    match ground.seat(Kind::Docker) {
        Ok(seat) => seat.output(&words(&["docker", "image", "rm", "--force", RESULT])).map(drop),
        Err(_) => Ok(()),
    }
}
