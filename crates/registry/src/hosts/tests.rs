//! Which endpoints the files of all tools lead to.

use super::*;
use std::fs;
use std::path::Path;

struct Ground {
    place: tempfile::TempDir,
    files: Files,
}

impl Ground {
    fn new() -> Self {
        Self { place: tempfile::tempdir().unwrap(), files: Files::default() }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.place.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn route(&self, name: &str) -> Result<Vec<Endpoint>> {
        let hosts = Hosts::read(&self.files)?;
        hosts.route(&name.parse().unwrap()).map(|route| route.endpoints)
    }

    /// Host, prefix and repository of each endpoint.
    fn shown(&self, name: &str) -> Vec<String> {
        let shown =
            |e: &Endpoint| format!("{}://{}{}/{}", e.schemes[0].name(), e.host, e.prefix, e.repository);
        self.route(name).unwrap().iter().map(shown).collect()
    }
}

#[test]
fn without_files_a_registry_answers_for_itself() {
    let ground = Ground::new();
    assert_eq!(ground.shown("alpine"), ["https://registry-1.docker.io/v2/library/alpine"]);
    let own = ground.route("r.example/a/b:1").unwrap();
    assert_eq!((own[0].schemes.as_slice(), own[0].trust.anyone), (&[Scheme::Https][..], false));
    let loopback = ground.route("127.0.0.1:5000/a").unwrap();
    assert_eq!(
        (loopback[0].schemes.as_slice(), loopback[0].trust.anyone),
        (&[Scheme::Https, Scheme::Http][..], true)
    );
}

#[test]
fn registries_conf_rewrites_mirrors_and_blocks() {
    let mut ground = Ground::new();
    let main = ground.write(
        "registries.conf",
        r#"
        unqualified-search-registries = ["docker.io"]
        [[registry]]
        prefix = "docker.io/library"
        location = "inner.example/hub"
        [[registry.mirror]]
        location = "127.0.0.1:5001/cache"
        [[registry.mirror]]
        location = "m.example"
        pull-from-mirror = "digest-only"
        [[registry]]
        location = "bad.example"
        blocked = true
        [[registry]]
        prefix = "*.corp.example"
        insecure = true
        "#,
    );
    let more = ground.write("d/10.conf", "[[registry]]\nlocation = \"bad.example/fine\"\ninsecure = true\n");
    ground.files.registries_conf = vec![main.clone(), more];
    assert_eq!(
        ground.shown("alpine"),
        [
            "https://127.0.0.1:5001/v2/cache/alpine",
            "https://m.example/v2/alpine",
            "https://inner.example/v2/hub/alpine"
        ]
    );
    let route = ground.route("alpine").unwrap();
    assert!(!route[1].serves.tags && route[1].serves.digests && !route[1].serves.pushes);
    assert_eq!(ground.shown("user/app"), ["https://registry-1.docker.io/v2/user/app"]);
    let blocked = ground.route("bad.example/x").unwrap_err().to_string();
    assert_eq!(blocked, format!("bad.example is blocked by {}", main.display()));
    assert!(ground.route("bad.example/fine/x").unwrap()[0].trust.anyone);
    let corp = ground.route("a.corp.example/x").unwrap();
    assert_eq!((corp[0].host.as_str(), corp[0].trust.anyone), ("a.corp.example", true));
    assert!(!ground.route("corp.example/x").unwrap()[0].trust.anyone);
}

#[test]
fn hosts_toml_keeps_the_order_of_its_text() {
    let mut ground = Ground::new();
    ground.write(
        "certs.d/docker.io/hosts.toml",
        r#"
        server = "https://registry-1.docker.io"
        [host."https://z.example"]
          capabilities = ["pull"]
          ca = "ca.pem"
          client = [["c.pem", "/k.pem"]]
        [host."http://a.example:5000/x/v2"]
          override_path = true
          [host."http://a.example:5000/x/v2".header]
            x-key = ["1", "2"]
        "#,
    );
    ground.files.certificates = vec![ground.place.path().join("certs.d")];
    assert_eq!(
        ground.shown("alpine"),
        [
            "https://z.example/v2/library/alpine",
            "http://a.example:5000/x/v2/library/alpine",
            "https://registry-1.docker.io/v2/library/alpine"
        ]
    );
    let route = ground.route("alpine").unwrap();
    let beside = |name: &str| ground.place.path().join("certs.d/docker.io").join(name);
    assert_eq!(route[0].trust.authorities, [beside("ca.pem")]);
    assert_eq!(route[0].trust.identities, [(beside("c.pem"), Path::new("/k.pem").to_path_buf())]);
    assert!(!route[0].serves.tags && !route[0].serves.pushes);
    assert_eq!(route[0].namespace.as_deref(), Some("docker.io"));
    assert_eq!(
        route[1].headers,
        [("x-key".to_owned(), "1".to_owned()), ("x-key".to_owned(), "2".to_owned())]
    );
    assert!(!route[2].is_mirror && route[2].namespace.is_none());
}

#[test]
fn daemon_json_mirrors_docker_hub_alone() {
    let mut ground = Ground::new();
    let file = ground.write(
        "daemon.json",
        r#"{"registry-mirrors":["http://127.0.0.1:5001/"],"insecure-registries":["10.0.0.0/8","i.example:5000"],"debug":true}"#,
    );
    ground.files.daemon_json = Some(file);
    assert_eq!(
        ground.shown("alpine"),
        ["http://127.0.0.1:5001/v2/library/alpine", "https://registry-1.docker.io/v2/library/alpine"]
    );
    assert_eq!(ground.route("r.example/a").unwrap().len(), 1);
    assert!(ground.route("10.1.1.1:5000/a").unwrap()[0].trust.anyone);
    assert!(ground.route("i.example:5000/a").unwrap()[0].trust.anyone);
    assert!(!ground.route("i.example/a").unwrap()[0].trust.anyone);
}

#[test]
fn certificates_lie_in_a_directory_of_the_host() {
    let mut ground = Ground::new();
    for name in ["ca.crt", "client.cert", "client.key", "readme"] {
        ground.write(&format!("certs.d/r.example:5000/{name}"), "");
    }
    ground.files.certificates = vec![ground.place.path().join("certs.d")];
    let trust = ground.route("r.example:5000/a").unwrap().remove(0).trust;
    assert_eq!((trust.authorities.len(), trust.identities.len(), trust.anyone), (1, 1, false));
    ground.write("certs.d/r.example:5000/other.cert", "");
    assert!(
        ground
            .route("r.example:5000/a")
            .unwrap_err()
            .to_string()
            .ends_with("its key other.key is not beside it")
    );
}

#[test]
fn a_bad_file_is_named_with_the_place() {
    let mut ground = Ground::new();
    let file = ground.write("registries.conf", "[[registry]]\nlocation = 1\n");
    ground.files.registries_conf = vec![file.clone()];
    let said = ground.route("a").unwrap_err().to_string();
    assert!(said.starts_with(&format!("{}: ", file.display())) && said.contains("line 2"), "{said}");
}
