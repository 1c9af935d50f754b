//! `tare inspect` (behaviour L-8).

use e2e::{Root, TestEngine};
use serde_json::json;

#[test]
fn docker_s_keys_in_docker_s_order() {
    let Some(engine) = TestEngine::new() else { return };
    engine.start(&["--name", "web"], &["sleep", "1000"]);
    let value = engine.inspect("web");
    let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
    let expected = [
        "Id",
        "Created",
        "Path",
        "Args",
        "State",
        "Image",
        "ResolvConfPath",
        "HostnamePath",
        "HostsPath",
        "LogPath",
        "Name",
        "RestartCount",
        "Driver",
        "Platform",
        "MountLabel",
        "ProcessLabel",
        "AppArmorProfile",
        "ExecIDs",
        "HostConfig",
        "GraphDriver",
        "Mounts",
        "Config",
        "NetworkSettings",
    ];
    assert_eq!(keys, expected);
    assert!(value["State"]["Running"].as_bool().unwrap());
    let pid = value["State"]["Pid"].as_i64().unwrap();
    assert_eq!(engine.init(value["Id"].as_str().unwrap()).pid, i32::try_from(pid).unwrap());
    let address = value["NetworkSettings"]["Networks"]["bridge"]["IPAddress"].as_str().unwrap();
    let inside = engine
        .tare(["exec", "web", "sh", "-c", "ip -o -4 addr show eth0 | sed 's/.*inet \\([0-9.]*\\).*/\\1/'"])
        .text();
    assert_eq!(address, inside);
    let template = "{{range $name, $net := .NetworkSettings.Networks}}{{$name}}={{$net.IPAddress}}{{end}}";
    assert_eq!(engine.tare(["inspect", "-f", template, "web"]).text(), format!("bridge={address}"));
}

#[test]
fn what_was_asked_for_is_there() {
    let Some(engine) = TestEngine::new() else { return };
    let place = engine.write("bound/x", "").parent().unwrap().display().to_string();
    engine
        .line(&format!(
            "create --name web -h host -e A=1 -u web -w /tmp -l tier=front -m 64m --cpus 1.5 --cap-add NET_ADMIN --read-only \
             --pids-limit 9 --stop-signal SIGINT -v {place}:/bound:ro -v named:/named --tmpfs /t -it --add-host db:10.0.0.1 \
             --shm-size 1m --entrypoint echo busybox hello"
        ))
        .ok();
    let value = engine.inspect("web");
    for (path, expected) in [
        ("/Path", json!("echo")),
        ("/Args", json!(["hello"])),
        ("/Config/Hostname", json!("host")),
        ("/Config/User", json!("web")),
        ("/Config/WorkingDir", json!("/tmp")),
        ("/Config/Labels/tier", json!("front")),
        ("/Config/StopSignal", json!("SIGINT")),
        ("/Config/Entrypoint", json!(["echo"])),
        ("/Config/Cmd", json!(["hello"])),
        ("/Config/Env", json!(["A=1"])),
        ("/Config/Tty", json!(true)),
        ("/Config/OpenStdin", json!(true)),
        ("/HostConfig/Memory", json!(64 << 20)),
        ("/HostConfig/NanoCpus", json!(1_500_000_000)),
        ("/HostConfig/PidsLimit", json!(9)),
        ("/HostConfig/ShmSize", json!(1 << 20)),
        ("/HostConfig/ReadonlyRootfs", json!(true)),
        ("/HostConfig/CapAdd", json!(["CAP_NET_ADMIN"])),
    ] {
        assert_eq!(value.pointer(path), Some(&expected), "{path}");
    }
    let mut mounts: Vec<String> = value["Mounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| {
            format!("{} {} {}", m["Type"].as_str().unwrap(), m["Destination"].as_str().unwrap(), m["RW"])
        })
        .collect();
    mounts.sort();
    assert_eq!(mounts[0], "bind /bound false");
    assert!(mounts.contains(&"volume /named true".to_owned()), "{mounts:?}");
}

#[test]
fn how_it_ended() {
    let Some(engine) = TestEngine::new() else { return };
    let said =
        engine.line("run --network none --name hog -m 16m --memory-swap 16m busybox /probe hog 100000000");
    assert_eq!(said.code, 137);
    let state = engine
        .tare([
            "inspect",
            "-f",
            "{{.State.Status}} {{.State.OOMKilled}} {{.State.ExitCode}} {{.State.Running}} {{.State.Pid}}",
            "hog",
        ])
        .text();
    assert_eq!(state, "exited true 137 false 0");
    engine.tare(["run", "--network", "none", "--name", "fine", "-m", "64m", "busybox", "true"]).ok();
    assert_eq!(engine.tare(["inspect", "-f", "{{.State.OOMKilled}}", "fine"]).text(), "false");
    let times = engine
        .tare(["inspect", "-f", "{{.Created}} {{.State.StartedAt}} {{.State.FinishedAt}}", "fine"])
        .text();
    let times: Vec<&str> = times.split(' ').collect();
    assert!(times[0] <= times[1] && times[1] <= times[2] && times[0].starts_with("20"), "{times:?}");
}

#[test]
fn what_is_not_there() {
    let Some(engine) = TestEngine::new() else { return };
    let said = engine.tare(["inspect", "nosuch"]);
    assert_eq!((said.code, said.out.as_str()), (1, "[]\n"));
    assert!(said.err.contains("No such object: nosuch"), "{said:?}");
    engine.tare(["create", "--name", "web", "busybox", "true"]).ok();
    let said = engine.tare(["inspect", "-f", "{{.Name}}", "nosuch", "web"]);
    assert_eq!((said.code, said.out.as_str()), (1, "/web\n"), "{said:?}");
    assert_ne!(engine.tare(["inspect", "--type", "image", "web"]).code, 0);
    engine.tare(["inspect", "--type", "container", "web"]).ok();
}

#[test]
fn containers_images_and_volumes_by_one_name() {
    let Some(engine) = TestEngine::new() else { return };
    engine.import("thing", &Root::busybox(), &["LABEL a=b"]);
    engine.tare(["volume", "create", "thing"]).ok();
    assert_eq!(
        engine.tare(["inspect", "-f", "{{.Config.Labels.a}}", "thing"]).text(),
        "b",
        "an image before a volume"
    );
    let id = engine.tare(["create", "--name", "thing", "thing", "true"]).text();
    assert_eq!(engine.tare(["inspect", "-f", "{{.Id}}", "thing"]).text(), id, "a container before an image");
    assert_eq!(engine.tare(["inspect", "--type", "volume", "-f", "{{.Name}}", "thing"]).text(), "thing");
    assert_eq!(
        engine.tare(["image", "inspect", "-f", "{{index .RepoTags 0}}", "thing"]).text(),
        "thing:latest"
    );
    assert_eq!(
        engine.tare(["container", "inspect", "-f", "{{json .State.Status}}", "thing"]).text(),
        "\"created\""
    );
    engine.tare(["image", "inspect", "nosuch"]).fails(1, "No such image: nosuch");
}

#[test]
fn ids_are_found_by_their_beginning() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.tare(["create", "busybox", "true"]).text();
    for length in [64, 12, 4] {
        assert_eq!(engine.inspect(&id[..length])["Id"], id);
    }
    // a name goes before the beginning of an id
    let other = engine.tare(["create", "--name", &id[..12], "busybox", "true"]).text();
    assert_eq!(engine.inspect(&id[..12])["Id"], other);
}
