//! What is killed, made to fail, run on difficult disks, and cut off from its power.
//!
//! An operation is an entry of [`ALL`], and every weapon takes it from there: its command, what has to be there before, what proves that
//! it was done, and what undoes it. What a command needs beside the fixtures is made once by `Ground::prepare`, and a placeholder for it
//! is replaced by `Ground::words`.

use super::point::Role;

/// A command of the engine, what has to be there before it, and what undoes it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) name: &'static str,
    pub(super) roles: &'static [Role],
    /// The store does not exist before.
    pub(super) fresh: bool,
    /// Commands that succeed before it.
    pub(super) setup: &'static [&'static str],
    /// The command. `@` stands for the directory of fixtures, `%` for the registry, which has an image
    /// `pulled`, and nothing that was pushed.
    pub(super) command: &'static str,
    /// Commands that succeed, or with `!` before them fail, when it has been acknowledged.
    pub(super) proof: &'static [&'static str],
    /// Commands after which `setup` and `command` succeed again, whether it was killed before or after its end. They may fail: there may
    /// be nothing to undo.
    pub(super) undo: &'static [&'static str],
}

const PLAIN: Operation = Operation {
    name: "",
    roles: &[Role::Command],
    fresh: false,
    setup: &[],
    command: "",
    proof: &[],
    undo: &[],
};
const SPAWNS: &[Role] = &[Role::Command, Role::Supervisor];
const MEETS: &[Role] = &[Role::Command, Role::Attached];
const SLEEPER: &str = "run -d --name web bb sleep 60";
const REMOVE: &[&str] = &["rm -f web"];
const WEB: &[&str] = &["inspect --type container web"];
const NO_WEB: &[&str] = &["!inspect --type container web"];
const APP: &[&str] = &["image inspect app"];

/// All of them. The container of each is called `web`, so that a name that stays taken is noticed.
pub(super) const ALL: &[Operation] = &[
    Operation {
        name: "first",
        fresh: true,
        command: "import @/bb.tar bb",
        proof: &["image inspect bb"],
        ..PLAIN
    },
    Operation {
        name: "import",
        command: "import @/small.tar small",
        proof: &["image inspect small"],
        ..PLAIN
    },
    Operation { name: "load", command: "load -i @/app.tar", proof: APP, ..PLAIN },
    Operation {
        name: "save",
        setup: &["load -i @/app.tar"],
        command: "save -o @/out.tar app",
        proof: &["load -i @/out.tar"],
        ..PLAIN
    },
    Operation { name: "build", roles: SPAWNS, command: "build -q -t app @/context", proof: APP, ..PLAIN },
    Operation {
        name: "rebuild",
        setup: &["build -q -t app @/context"],
        command: "build -q -t app --label a=b @/context",
        proof: APP,
        ..PLAIN
    },
    Operation { name: "tag", command: "tag bb other:1", proof: &["image inspect other:1"], ..PLAIN },
    Operation {
        name: "rmi",
        setup: &["import @/small.tar small"],
        command: "rmi small",
        proof: &["!image inspect small"],
        ..PLAIN
    },
    Operation { name: "create", command: "create --name web bb true", proof: WEB, undo: REMOVE, ..PLAIN },
    Operation {
        name: "create-volume",
        command: "create --name web -v /data -v named:/more bb true",
        proof: &["inspect --type container web", "volume inspect named"],
        undo: &["rm -fv web", "volume rm named"],
        ..PLAIN
    },
    Operation {
        name: "run",
        roles: SPAWNS,
        command: "run --rm --name web bb true",
        proof: NO_WEB,
        undo: REMOVE,
        ..PLAIN
    },
    Operation {
        name: "run-detached",
        roles: SPAWNS,
        command: "run -d --name web bb sleep 0.05",
        proof: WEB,
        undo: REMOVE,
        ..PLAIN
    },
    Operation {
        name: "start",
        roles: SPAWNS,
        setup: &["create --name web bb true"],
        command: "start web",
        proof: WEB,
        undo: REMOVE,
        ..PLAIN
    },
    Operation {
        name: "exec",
        roles: MEETS,
        setup: &[SLEEPER],
        command: "exec web true",
        proof: WEB,
        undo: REMOVE,
        ..PLAIN
    },
    Operation {
        name: "stop",
        roles: MEETS,
        setup: &[SLEEPER],
        command: "stop -t 0 web",
        proof: &["!exec web true"],
        undo: REMOVE,
        ..PLAIN
    },
    Operation {
        name: "rm",
        roles: MEETS,
        setup: &[SLEEPER],
        command: "rm -f web",
        proof: NO_WEB,
        undo: REMOVE,
        ..PLAIN
    },
    Operation {
        name: "rename",
        setup: &["create --name web bb true"],
        command: "rename web site",
        proof: &["inspect --type container site", "!inspect --type container web"],
        undo: &["rm -f web", "rm -f site"],
        ..PLAIN
    },
    Operation {
        name: "prune",
        setup: &[
            "create --name web bb true",
            "import @/small.tar small",
            "import @/bb.tar small",
            "build -q -t app @/context",
            "rmi app",
        ],
        command: "system prune -f",
        proof: NO_WEB,
        undo: REMOVE,
        ..PLAIN
    },
    Operation {
        name: "volume",
        command: "volume create --label a=b named",
        proof: &["volume inspect named"],
        undo: &["volume rm named"],
        ..PLAIN
    },
    Operation {
        name: "volume-rm",
        setup: &["volume create named"],
        command: "volume rm named",
        proof: &["!volume inspect named"],
        ..PLAIN
    },
    Operation { name: "pull", command: "pull -q %/pulled", proof: &["save -o @/out.tar %/pulled"], ..PLAIN },
    Operation {
        name: "push",
        setup: &["load -i @/app.tar", "tag app %/pushed"],
        command: "push -q %/pushed",
        proof: &["manifest inspect %/pushed"],
        ..PLAIN
    },
    Operation {
        name: "commit",
        setup: &[SLEEPER, "exec web rm -r /old", "exec web mkdir /old /made"],
        command: "commit web committed",
        proof: &["save -o @/out.tar committed"],
        undo: REMOVE,
        ..PLAIN
    },
    Operation {
        name: "copy",
        command: "copy -q docker://%/pulled copied",
        proof: &["save -o @/out.tar copied"],
        ..PLAIN
    },
    Operation {
        name: "copy-out",
        setup: &["load -i @/app.tar"],
        command: "copy -q app oci-archive:@/new.tar:app",
        proof: &["load -i @/new.tar"],
        ..PLAIN
    },
];
