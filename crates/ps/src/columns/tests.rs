//! Columns against what `ps` shows.

use super::*;

fn titles(arguments: &[&str]) -> Result<String, Error> {
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    Ok(parse(&arguments)?.into_iter().map(|(title, _)| title).collect::<Vec<_>>().join(" "))
}

#[test]
fn formats_by_arguments() {
    let full = "UID PID PPID C STIME TTY TIME CMD";
    let user = "USER PID %CPU %MEM VSZ RSS TTY STAT START TIME COMMAND";
    for (arguments, expected) in [
        (&[][..], full),
        (&["-ef"][..], full),
        (&["-e", "-f"][..], full),
        (&["aux"][..], user),
        (&["-aux"][..], user),
        (&["-e"][..], "PID TTY TIME CMD"),
        (&["-o", "pid,comm"][..], "PID COMMAND"),
        (&["-eo", "pid,%cpu"][..], "PID %CPU"),
        (&["-eopid,ppid"][..], "PID PPID"),
        (&["-o pid -o args"][..], "PID COMMAND"),
        (&["o", "pid=ID"][..], "ID"),
        (&["-o", "pid,etime="][..], "PID "),
    ] {
        assert_eq!(titles(arguments).unwrap(), expected, "{arguments:?}");
    }
    for bad in [&["-o", "wchan"][..], &["-o"][..], &["--forest"][..], &["-l"][..], &["ü"][..], &["-oé"][..]]
    {
        assert!(matches!(titles(bad), Err(Error::Unsupported(_))), "{bad:?}");
    }
}

fn machine() -> Machine {
    Machine {
        booted: 1_600_000_000,
        uptime: 1_000_000,
        memory: 1000,
        users: users("root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/root:/bin/sh\nweb:x:33:33::/:/bin/false\n"),
        now: Timestamp::from_second(1_600_010_000).unwrap(),
        zone: TimeZone::UTC,
    }
}

#[test]
fn a_row_as_ps_shows_it() {
    let stat = "77 (a) b) S 1 77 77 34817 77 4194560 1 0 0 0 1234 66 0 0 20 5 3 0 500000 9 9";
    let status =
        "Name:\ta) b\nUid:\t0\t33\t33\t33\nGid:\t0\t34\t34\t34\nVmSize:\t    4000 kB\nVmRSS:\t     123 kB\n";
    let mut process = Process::parse(stat, status).unwrap();
    process.pid = 77;
    process.arguments = "sleep 5".into();
    let machine = machine();
    let rendered: Vec<String> =
        FULL.iter().chain(&USER).map(|(_, column)| column.render(&process, &machine)).collect();
    assert_eq!(rendered[..8], ["web", "77", "1", "0", "13:50", "pts/1", "00:00:13", "sleep 5"]);
    assert_eq!(
        rendered[8..],
        ["web", "77", "0.2", "12.3", "4000", "123", "pts/1", "SNsl+", "13:50", "0:13", "sleep 5"]
    );
    assert_eq!(Column::Elapsed.render(&process, &machine), "01:23:20");
    assert_eq!(Column::Name.render(&process, &machine), "a) b");
}

#[test]
fn the_dead_and_the_nameless() {
    let status = "Uid:\t5\t5\t5\t5\nGid:\t5\t5\t5\t5\n";
    let process = Process::parse("7 (x\u{1b}y) Z 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 1", status).unwrap();
    let machine = machine();
    assert_eq!(Column::Command.render(&process, &machine), "[x?y] <defunct>");
    assert_eq!(Column::User.render(&process, &machine), "5");
    assert_eq!(Column::Terminal.render(&process, &machine), "?");
    for broken in ["", "7", "7 (x", "7 (x)", ") 7 (", "7 (x) "] {
        assert_eq!(Process::parse(broken, status), None, "{broken}");
    }
}

#[test]
fn this_process_is_found() {
    let own = i32::try_from(std::process::id()).unwrap();
    let process = Process::read(own).unwrap();
    assert!(process.resident > 0 && process.threads > 0 && !process.arguments.is_empty());
    assert_eq!(Process::read(i32::MAX), None);
}
