//! Two copies of the engine on one store at once: each uses, stops and removes what the other began, and both work side by side.
//!
//! `TARE_OTHER_BIN` names another version's binary; without it the second copy is the same version in a file of its own.

use super::arguments::{Arguments, Extent};
use super::checker;
use super::ground::Ground;
use super::tally::Tally;
use super::weapon::Weapon;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// What this part of a sweep is called.
pub(super) const NAME: &str = "two-versions";

/// One copy begins something, and the other goes on with it. `1` and `2` say who runs the command.
const TURNS: [&[(u8, &str)]; 4] = [
    &[
        (1, "run -d --name web --network none bb sleep 60"),
        (2, "ps"),
        (2, "inspect --type container web"),
        (2, "exec web true"),
        (2, "rename web site"),
        (1, "exec site true"),
        (2, "stop -t 0 site"),
        (1, "start site"),
        (2, "exec site true"),
        (2, "logs site"),
        (1, "rm -f site"),
    ],
    &[
        (1, "build -q -t app @/context"),
        (2, "run --rm --network none app true"),
        (2, "build -q -t app --label a=b @/context"),
        (1, "save -o @/out.tar app"),
        (1, "rmi app"),
        (2, "load -i @/out.tar"),
        (1, "image inspect app"),
        (2, "rmi app"),
    ],
    &[
        (1, "volume create named"),
        (2, "create --name web -v named:/data -v /more bb true"),
        (1, "start web"),
        (2, "wait web"),
        (2, "rm -v web"),
        (2, "volume inspect named"),
        (2, "volume rm named"),
    ],
    &[
        (1, "import @/small.tar small"),
        (2, "import @/bb.tar small"),
        (1, "run -d --name web bb sleep 60"),
        (2, "system prune -f"),
        (2, "exec web true"),
        (1, "rm -f web"),
    ],
];

/// What each copy does again and again, with names of its own (`#`), and nobody may disturb.
const LOOP: [&str; 12] = [
    "import @/small.tar small-#",
    "tag small-# again-#",
    "run --rm --name web-# bb true",
    "build -q -t app-# @/context",
    "create --name made-# -v named-#:/data app-# true",
    "image prune -f",
    "start made-#",
    "ps -a",
    "rm -f made-#",
    "volume rm named-#",
    "rmi small-# again-# app-#",
    "images",
];

/// Plays the turns both ways round, and then the loops in parallel.
pub(super) fn check(ground: &mut Ground, arguments: &Arguments) -> Result<Tally, String> {
    let other = ground.place().join("bin/tare-other");
    let source = std::env::var_os("TARE_OTHER_BIN").map_or_else(|| ground.tare_program(), PathBuf::from);
    fs::copy(&source, &other).map_err(|error| format!("{}: {error}", source.display()))?;
    let mut tally = Tally::new(NAME, Weapon::Place);
    let programs = [ground.tare_program(), other];
    for turns in TURNS {
        for first in [0, 1] {
            ground.tare("import @/bb.tar bb")?;
            let mut found = Vec::new();
            for (who, command) in turns {
                let program = &programs[(usize::from(*who) + first + 1) % 2];
                found.extend(run(ground, program, command).err().map(|words| format!("copy {who}: {words}")));
            }
            found.extend(checker::check(ground, None));
            tell(ground, &mut tally, format!("copy {first} first: {}", turns[0].1), &found)?;
        }
    }
    let rounds = match arguments.extent {
        Extent::Short => 3,
        Extent::Usual => 15,
        Extent::Full => 150,
    };
    ground.tare("import @/bb.tar bb")?;
    let mut found = side_by_side(ground, &programs, rounds);
    found.extend(checker::check(ground, None));
    tell(ground, &mut tally, "side by side".into(), &found)?;
    Ok(tally)
}

fn side_by_side(ground: &Ground, programs: &[PathBuf], rounds: usize) -> Vec<String> {
    std::thread::scope(|scope| {
        let sides = programs.iter().enumerate().map(|(side, program)| {
            scope.spawn(move || {
                let commands = LOOP.iter().map(|command| command.replace('#', &side.to_string()));
                let commands: Vec<String> = commands.collect();
                let all = (0..rounds).flat_map(|_| &commands);
                all.filter_map(|command| run(ground, program, command).err()).collect::<Vec<String>>()
            })
        });
        let sides: Vec<_> = sides.collect();
        sides
            .into_iter()
            .flat_map(|side| side.join().unwrap_or_else(|_| vec!["a side panicked".into()]))
            .collect()
    })
}

fn run(ground: &Ground, program: &PathBuf, command: &str) -> Result<(), String> {
    let mut process = Command::new(program);
    process.args(ground.roots()).args(ground.words(command));
    let name = format!("tare {command}");
    ground.finish(process, &name)?.said(&name).map(drop)
}

fn tell(ground: &Ground, tally: &mut Tally, point: String, found: &[String]) -> Result<(), String> {
    tally.struck(point);
    if found.is_empty() {
        return Ok(());
    }
    tally.violated(found, "cargo xtask crash --operation two-versions");
    ground.scrap()
}
