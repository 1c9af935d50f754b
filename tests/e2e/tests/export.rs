//! `tare export`.

use e2e::{Root, TestEngine, ask};
use std::process::Command;

#[test]
fn an_export_is_an_import_again() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::busybox()
        .owned("/owned", (1000, 29), Some(b"x"))
        .symlink("/link", "owned")
        .fifo("/fifo")
        .file("/set", 0o4755, "x");
    engine.import("base", &root, &[]);
    engine
        .line_then(
            "run --network none --name web -v vol:/vol base sh -c",
            "echo new > /new; rm /bin/vi; echo hidden > /vol/file",
        )
        .ok();
    let file = engine.path("out.tar").display().to_string();
    engine.tare(["export", "-o", &file, "web"]).ok();
    let output = engine.command(["export", "web"]).output().unwrap();
    assert_eq!(output.stdout, std::fs::read(&file).unwrap());
    let names = ask(Command::new("tar").args(["-tf", &file]), b"").lines();
    assert!(
        names.iter().any(|name| name == "new")
            && !names
                .iter()
                .any(|name| name == "bin/vi" || name.ends_with("vol/file") || name.contains(".wh.")),
        "{names:?}"
    );
    engine.tare(["import", &file, "again"]).ok();
    let show = "cat /new; stat -c '%u:%g %a %F' /owned /set /fifo; readlink /link; ls /vol; test -e /bin/vi || echo no vi";
    let seen = engine.tare(["run", "--rm", "--network", "none", "again", "sh", "-c", show]).lines();
    assert_eq!(
        seen,
        ["new", "1000:29 755 regular file", "0:0 4755 regular file", "0:0 644 fifo", "owned", "no vi"]
    );
    engine.tare(["export", "nosuch"]).fails(1, "No such container: nosuch");
}
