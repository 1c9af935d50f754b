//! What layers keep, and how many there may be.

use super::Project;
use std::fmt::Write as _;
use sys::fs::XattrFlags;

#[test]
fn two_hundred_layers() {
    let Some(project) = Project::new() else { return };
    let mut dockerfile = String::from("FROM busybox\n");
    for number in 0..200 {
        project.file(&format!("f{number}"), number.to_string());
        writeln!(dockerfile, "COPY f{number} /d/").unwrap();
    }
    dockerfile.push_str("RUN cat /d/* | wc -c >/count\n");
    project.builds(&dockerfile);
    assert_eq!(project.inspect("{{len .RootFS.Layers}}"), "202");
    assert_eq!(project.sh("ls /d | wc -l; cat /count /d/f0; cat /d/f199").lines(), ["200", "490", "0199"]);
}

#[test]
fn a_layer_may_occur_several_times() {
    let Some(project) = Project::new() else { return };
    project.file("f", "x");
    project.builds("FROM busybox\nCOPY f /\nRUN true\nRUN rm /f\nCOPY f /\nRUN true # again\nRUN rm -f /nosuch\nRUN cat /f >/seen");
    assert_eq!(project.inspect("{{len .RootFS.Layers}}"), "8");
    assert_eq!(project.sh("cat /seen /f").text(), "xx");
}

#[test]
fn attributes_survive_steps_and_copies() {
    let Some(project) = Project::new() else { return };
    let busybox = std::fs::read("/bin/busybox").unwrap();
    let path = project.file("caps/busybox", busybox);
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    // cap_net_raw=ep, in the form of linux/capability.h (revision 2)
    let capability = [0x01, 0, 0, 0x02, 0x00, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    if sys::fs::setxattr(&path, "security.capability", &capability, XattrFlags::empty()).is_err() {
        eprintln!("skipped: needs a file system with file capabilities");
        return;
    }
    project.builds(
        "FROM busybox AS first
        COPY caps /context
        RUN cp -a /context/busybox /x && mkdir /renamed && mv /context/busybox /renamed/ && chmod 751 /renamed/busybox
        FROM busybox
        COPY --from=first /renamed /copied
        USER 4711
        RUN /copied/busybox grep CapEff /proc/self/status | cut -f2 >/tmp/seen",
    );
    // the applet runs in the program that has the capability
    assert_eq!(project.sh("cat /tmp/seen; stat -c %a /copied/busybox").lines(), ["0000000000002000", "751"]);
}

#[test]
fn setuid_links_and_devices_survive_steps() {
    let Some(project) = Project::new() else { return };
    project.builds(
        "FROM busybox
        RUN mkdir /d && cp /bin/busybox /d/su && chmod 4755 /d/su && ln /d/su /d/hard && mkfifo -m 600 /d/fifo && mknod /d/null c 1 3 && chown 5:6 /d/fifo
        RUN touch /d/other
        RUN chmod 2755 /d/other && ln -s /d/su /d/soft && mkdir -m 3775 /d/sticky
        RUN mv /d/sticky /moved && rm -r /home",
    );
    let seen = project.sh("cd /d; stat -c '%n %F %a %u:%g %h' su hard fifo null other /moved; readlink soft; ls -d /home 2>&1 | wc -l; true").lines();
    let expected = [
        "su regular file 4755 0:0 2",
        "hard regular file 4755 0:0 2",
        "fifo fifo 600 5:6 1",
        "null character special file 644 0:0 1",
        "other regular empty file 2755 0:0 1",
        "/moved directory 3775 0:0 2",
        "/d/su",
        "1",
    ];
    assert_eq!(seen, expected);
    let user =
        project.engine.tare(["run", "--rm", "--network", "none", "-u", "4711", "built", "/d/su", "id"]);
    assert!(user.out.contains("euid=0") || user.code != 0, "{user:?}");
}

#[test]
fn what_is_removed_and_made_again_hides_what_was() {
    let Some(project) = Project::new() else { return };
    project.builds(
        "FROM busybox
        RUN mkdir -p /d/sub && echo 1 >/d/one && echo 2 >/d/sub/two && echo f >/was-a-file && mkdir /was-a-directory && echo x >/was-a-directory/x
        RUN rm -r /d && mkdir /d && echo 3 >/d/three
        RUN rm /was-a-file && mkdir /was-a-file && rm -r /was-a-directory && echo now >/was-a-directory
        RUN mkdir /d/sub && rm /d/three && echo 4 >/d/sub/four",
    );
    let seen =
        project.sh("find /d | sort; stat -c %F /was-a-file; ls /was-a-file; cat /was-a-directory").lines();
    assert_eq!(seen, ["/d", "/d/sub", "/d/sub/four", "directory", "now"]);
}
