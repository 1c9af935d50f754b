//! What files say of registries: whom to trust, whom to ask instead, and whom never to ask.

use super::{User, layer, stock, text};
use e2e::{Certificates, Chaos, Distribution, Recipe, needs_programs};
use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

fn is_possible() -> bool {
    needs_programs(&["docker-registry", "skopeo", "openssl"])
}

/// A proxy that connects everybody to one host, whatever name they ask for. It ends with the test's process.
fn proxy_to(host: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = format!("http://{}", listener.local_addr().unwrap());
    let host = host.to_owned();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let host = host.clone();
            thread::spawn(move || tunnel(&client, &host));
        }
    });
    own
}

fn tunnel(client: &TcpStream, host: &str) -> io::Result<()> {
    let mut reader = BufReader::new(client);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
    }
    let server = TcpStream::connect(host)?;
    let mut writer = client;
    writer.write_all(b"HTTP/1.1 200 Connected\r\n\r\n")?;
    let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
    let back = thread::spawn(move || {
        let copied = io::copy(&mut from, &mut to);
        // the other side may have closed it
        let _ = to.shutdown(Shutdown::Write);
        copied
    });
    io::copy(&mut reader, &mut &server)?;
    server.shutdown(Shutdown::Write)?;
    back.join().expect("it does not panic").map(drop)
}

#[test]
fn a_certificate_is_believed_if_its_authority_is_known() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let certificates = Certificates::temporary();
    let registry = Distribution::temporary().tls(&certificates).start();
    let image = stock(&registry, "app:1", &Recipe::new(&[layer("one")]));
    // who asks for this machine by its address believes anyone; so it gets another name
    let proxy = proxy_to(registry.host());
    let name = "registry.test/app:1";
    let pull = || e2e::ask(user.command(["pull", name]).env("HTTPS_PROXY", &proxy), b"");
    let complaint = pull().complaint(1);
    assert!(complaint.contains("registry.test") && complaint.contains("certificate"), "{complaint}");
    user.assert_has_nothing();
    user.configure("docker/certs.d/other.test/ca.crt", fs::read(certificates.authority()).unwrap());
    let complaint = pull().complaint(1);
    assert!(complaint.contains("certificate"), "another host's authority is not its own: {complaint}");
    for place in ["docker", "containers", "containerd"] {
        let file = format!("{place}/certs.d/registry.test/ca.crt");
        let file = user.configure(&file, fs::read(certificates.authority()).unwrap());
        pull().ok();
        user.assert_has(name, &image);
        user.tare(["rmi", name]).ok();
        fs::remove_file(file).unwrap();
    }
    assert_eq!(pull().code, 1);
    let file = user.configure("docker/certs.d/registry.test/ca.crt", "no certificate");
    let complaint = pull().complaint(1);
    assert!(complaint.contains(&text(&file)), "{complaint}");
}

#[test]
fn an_insecure_registry_is_spoken_to_without_certificates() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let certificates = Certificates::temporary();
    let registry = Distribution::temporary().tls(&certificates).start();
    let image = stock(&registry, "app:1", &Recipe::new(&[layer("one")]));
    // by its address: whoever listens on this machine is believed, as in Docker
    let name = format!("{}/app:1", registry.host());
    user.pull(&name).ok();
    user.assert_has(&name, &image);
    let proxy = proxy_to(registry.host());
    let name = "registry.test/app:1";
    let pull = || e2e::ask(user.command(["pull", name]).env("HTTPS_PROXY", &proxy), b"");
    pull().fails(1, "certificate");
    for (file, content) in [
        ("docker/daemon.json", r#"{"insecure-registries": ["registry.test"]}"#.to_owned()),
        ("containers/registries.conf", "[[registry]]\nlocation = \"registry.test\"\ninsecure = true\n".into()),
        (
            "containers/registries.conf.d/50-test.conf",
            "[[registry]]\nprefix = \"registry.test/app\"\nlocation = \"registry.test/app\"\ninsecure = true\n".into(),
        ),
        (
            "containerd/certs.d/registry.test/hosts.toml",
            "server = \"https://registry.test\"\nskip_verify = true\n".into(),
        ),
        (
            "containerd/certs.d/registry.test/hosts.toml",
            format!("server = \"https://registry.test\"\nca = \"{}\"\n", text(&certificates.authority())),
        ),
    ] {
        let file = user.configure(file, content);
        pull().ok();
        user.assert_has(name, &image);
        user.tare(["rmi", name]).ok();
        fs::remove_file(file).unwrap();
    }
    pull().fails(1, "certificate");
}

#[test]
fn a_certificate_is_shown_to_who_wants_one() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let certificates = Certificates::temporary();
    let place = user.engine.path("registry");
    let open = Distribution::at(&place).start();
    let image = stock(&open, "app:1", &Recipe::new(&[layer("one")]));
    drop(open);
    let registry = Distribution::at(&place).mutual_tls(&certificates).start();
    let name = format!("{}/app:1", registry.host());
    user.assert_pull_fails(&name, &[registry.host(), "ertificate"]);
    let directory = format!("docker/certs.d/{}", registry.host());
    let certificate = fs::read(certificates.client()).unwrap();
    let file = user.configure(&format!("{directory}/client.cert"), certificate);
    user.assert_pull_fails(&name, &[&text(&file), "client.key"]);
    user.configure(&format!("{directory}/client.key"), fs::read(certificates.client_key()).unwrap());
    user.pull(&name).ok();
    user.assert_has(&name, &image);
}

#[test]
fn a_mirror_of_registries_conf_is_asked_first() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let upstream = Chaos::start();
    let image = upstream.image("team/app", "1", &[layer("one")]);
    let other = upstream.image("team/app", "2", &[layer("two")]);
    let mirror = Chaos::start();
    mirror.image("copies/app", "1", &[layer("one")]);
    user.configure(
        "containers/registries.conf",
        format!(
            "[[registry]]\nprefix = \"registry.test/team\"\nlocation = \"{}/team\"\n\
             [[registry.mirror]]\nlocation = \"127.0.0.1:1\"\n\
             [[registry.mirror]]\nlocation = \"{}/copies\"\n",
            upstream.host(),
            mirror.host()
        ),
    );
    user.pull("registry.test/team/app:1").ok();
    user.assert_has("registry.test/team/app:1", &image);
    assert_eq!(upstream.requests(), [], "the mirror had all of it");
    assert!(mirror.sent("/v2/copies/app/blobs/") > 0);
    // what it does not have, the registry has
    user.pull("registry.test/team/app:2").ok();
    user.assert_has("registry.test/team/app:2", &other);
    assert!(upstream.sent("/v2/team/app/blobs/") > 0);
}

#[test]
fn a_mirror_that_lies_is_not_believed() {
    let Some(user) = User::new() else { return };
    let (upstream, mirror) = (Chaos::start(), Chaos::start());
    let image = upstream.image("app", "1", &[layer("one")]);
    let copy = mirror.image("app", "1", &[layer("one")]);
    assert_eq!(image, copy);
    mirror.fault(e2e::Fault::new("GET", &image.layers[0].digest, e2e::FaultKind::Corrupt(20)));
    mirror.fault(e2e::Fault::new("GET", &image.configuration.digest, e2e::FaultKind::Corrupt(20)));
    user.configure(
        "containers/registries.conf",
        format!(
            "[[registry]]\nlocation = \"{}\"\n[[registry.mirror]]\nlocation = \"{}\"\n",
            upstream.host(),
            mirror.host()
        ),
    );
    let name = format!("{}/app:1", upstream.host());
    user.pull(&name).ok();
    user.assert_has(&name, &image);
    assert!(mirror.sent(&image.layers[0].digest) > 0 && upstream.sent(&image.layers[0].digest) > 0);
}

#[test]
fn a_debian_mirror_serves_what_its_registry_has() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let upstream = Chaos::start();
    let image = upstream.image("app", "1", &[layer("one"), layer("two")]);
    let mirror = Distribution::temporary().mirror_of(&upstream.url()).start();
    for (file, content) in [
        (
            "containers/registries.conf",
            format!(
                "[[registry]]\nlocation = \"registry.test\"\n[[registry.mirror]]\nlocation = \"{}\"\n",
                mirror.host()
            ),
        ),
        (
            "containerd/certs.d/registry.test/hosts.toml",
            format!("[host.\"{}\"]\ncapabilities = [\"pull\", \"resolve\"]\n", mirror.url()),
        ),
        ("containerd/certs.d/_default/hosts.toml", format!("[host.\"{}\"]\n", mirror.url())),
    ] {
        let file = user.configure(file, content);
        user.pull("registry.test/app:1").ok();
        user.assert_has("registry.test/app:1", &image);
        user.tare(["rmi", "registry.test/app:1"]).ok();
        fs::remove_file(file).unwrap();
    }
    assert!(mirror.requests().iter().any(|one| one.path.contains("ns=registry.test")), "containerd's way");
}

#[test]
fn docker_hub_has_mirrors_too() {
    let Some(user) = User::new() else { return };
    let mirror = Chaos::start();
    let image = mirror.image("library/app", "latest", &[layer("one")]);
    user.configure(
        "docker/daemon.json",
        format!(r#"{{"registry-mirrors": ["{}"], "debug": true}}"#, mirror.url()),
    );
    // nobody is to ask the real one
    let hub = "http://127.0.0.1:1";
    let said = e2e::ask(user.command(["pull", "app"]).env("HTTPS_PROXY", hub), b"").lines();
    assert_eq!(said[1], "latest: Pulling from library/app");
    assert_eq!(said.last().unwrap(), "docker.io/library/app:latest");
    user.assert_has("app", &image);
    assert_eq!(user.repository_digests("app"), [format!("app@{}", image.manifest.digest)]);
}

#[test]
fn a_blocked_registry_is_not_asked() {
    let Some(user) = User::new() else { return };
    let chaos = Chaos::start();
    let image = chaos.image("bad/app", "1", &[layer("one")]);
    chaos.image("good/app", "1", &[layer("one")]);
    let (host, name) = (chaos.host(), format!("{}/bad/app:1", chaos.host()));
    let table = format!("[[registry]]\nprefix = \"{host}/bad\"\nblocked = true\n");
    let old = format!("[registries.block]\nregistries = [\"{host}\"]\n");
    for content in [table, old] {
        let file = user.configure("containers/registries.conf", content);
        user.assert_pull_fails(&name, &[&host, "blocked", &text(&file)]);
        user.tare(["run", "--rm", "--network", "none", &name]).fails(125, "blocked");
        assert_eq!(chaos.requests(), []);
    }
    user.configure("containers/registries.conf", "[[registry");
    user.assert_pull_fails(&name, &["registries.conf", "line 1"]);
    user.configure("containers/registries.conf", "");
    user.pull(&name).ok();
    user.assert_has(&name, &image);
}
