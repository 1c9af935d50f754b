//! `-v`, `--mount` and `--tmpfs` as they are typed.

use crate::failure::{Failure, Outcome};
use engine::containers::create::{MountRequest, MountSource};
use std::collections::BTreeMap;

pub(super) fn requests(volumes: &[String], mounts: &[String]) -> Outcome<Vec<MountRequest>> {
    let volumes = volumes.iter().map(|text| volume(text));
    volumes.chain(mounts.iter().map(|text| mount(text))).collect()
}

/// `PATH`, `SOURCE:PATH`, `SOURCE:PATH:OPTIONS`. A source with a slash is a path of the host, made absolute here; otherwise it is a volume's name.
fn volume(text: &str) -> Outcome<MountRequest> {
    let invalid = |reason: &str| Failure::usage(format!("invalid volume specification: '{text}': {reason}"));
    let parts: Vec<&str> = text.split(':').collect();
    let (source, destination, options) = match parts.as_slice() {
        [destination] => (None, *destination, ""),
        [source, destination] => (Some(*source), *destination, ""),
        [source, destination, options] => (Some(*source), *destination, *options),
        _ => return Err(invalid("too many colons")),
    };
    if destination.is_empty() || source == Some("") {
        return Err(invalid("a part is empty"));
    }
    let mut request = MountRequest {
        source: match source {
            None => MountSource::Anonymous,
            Some(source) if source.contains('/') || source.starts_with('.') || source.starts_with('~') => {
                MountSource::Bind { path: absolute(source)?, create: true }
            }
            Some(name) => MountSource::Volume(name.to_owned()),
        },
        destination: destination.to_owned(),
        read_only: false,
        propagation: String::new(),
        options: Vec::new(),
    };
    for option in options.split(',').filter(|o| !o.is_empty()) {
        match option {
            "ro" => request.read_only = true,
            // labels are for SELinux, which does nothing with them where it is not enforced
            "rw" | "z" | "Z" => {}
            "shared" | "rshared" | "slave" | "rslave" | "private" | "rprivate" => {
                request.propagation = option.into()
            }
            "consistent" | "cached" | "delegated" => {}
            other => return Err(invalid(&format!("the option {other} is not supported"))),
        }
    }
    Ok(request)
}

fn absolute(path: &str) -> Outcome<String> {
    let path = std::path::absolute(path).map_err(|error| Failure::usage(format!("{path}: {error}")))?;
    Ok(path.to_string_lossy().into_owned())
}

/// `type=bind,source=/a,target=/b,readonly`.
fn mount(text: &str) -> Outcome<MountRequest> {
    let invalid = |reason: String| {
        Failure::usage(format!("invalid argument \"{text}\" for \"--mount\" flag: {reason}"))
    };
    let mut fields: BTreeMap<&str, &str> = BTreeMap::new();
    for field in text.split(',') {
        let (key, value) = field.split_once('=').unwrap_or((field, "true"));
        fields.insert(canonical(key).ok_or_else(|| invalid(format!("unexpected key '{key}'")))?, value);
    }
    let target =
        fields.get("target").filter(|t| !t.is_empty()).ok_or_else(|| invalid("target is required".into()))?;
    let source = fields.get("source").copied().filter(|s| !s.is_empty());
    let read_only = match fields.get("readonly").copied().unwrap_or("false") {
        "true" | "1" => true,
        "false" | "0" => false,
        other => return Err(invalid(format!("invalid value for readonly: {other}"))),
    };
    let kind = fields.get("type").copied().unwrap_or("volume");
    let mut options = Vec::new();
    let source = match (kind, source) {
        ("bind", Some(path)) => MountSource::Bind { path: absolute(path)?, create: false },
        ("bind", None) => return Err(invalid("source is required for type bind".into())),
        ("volume", Some(name)) => MountSource::Volume(name.to_owned()),
        ("volume", None) => MountSource::Anonymous,
        ("tmpfs", None) => {
            if let Some(size) = fields.get("tmpfs-size") {
                let bytes = output::size::parse(size).map_err(|e| invalid(e.to_string()))?;
                options.push(format!("size={bytes}"));
            }
            if let Some(mode) = fields.get("tmpfs-mode") {
                options.push(format!("mode={mode}"));
            }
            MountSource::Tmpfs
        }
        ("tmpfs", Some(_)) => return Err(invalid("source is not supported for type tmpfs".into())),
        (other, _) => return Err(invalid(format!("type {other} is not supported"))),
    };
    let propagation = fields.get("bind-propagation").map(|p| (*p).to_owned()).unwrap_or_default();
    Ok(MountRequest { source, destination: (*target).to_owned(), read_only, propagation, options })
}

fn canonical(key: &str) -> Option<&'static str> {
    Some(match key {
        "type" => "type",
        "source" | "src" => "source",
        "target" | "destination" | "dst" => "target",
        "readonly" | "ro" => "readonly",
        "bind-propagation" => "bind-propagation",
        "tmpfs-size" => "tmpfs-size",
        "tmpfs-mode" => "tmpfs-mode",
        _ => return None,
    })
}

/// `PATH[:OPTIONS]`.
pub(super) fn tmpfs(texts: &[String]) -> BTreeMap<String, String> {
    texts
        .iter()
        .map(|text| text.split_once(':').unwrap_or((text, "")))
        .map(|(path, options)| (path.to_owned(), options.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_in_every_form() {
        assert_eq!(volume("/data").unwrap().source, MountSource::Anonymous);
        assert_eq!(volume("cache:/data").unwrap().source, MountSource::Volume("cache".into()));
        let bind = volume("/src:/dst:ro,rslave").unwrap();
        assert_eq!(bind.source, MountSource::Bind { path: "/src".into(), create: true });
        assert!(bind.read_only && bind.propagation == "rslave");
        for bad in ["", ":/x", "a:", "a:b:c:d", "/a:/b:bogus"] {
            assert!(volume(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn mounts_are_checked() {
        let bind = mount("type=bind,src=/a,dst=/b,ro").unwrap();
        assert!(bind.read_only && bind.source == MountSource::Bind { path: "/a".into(), create: false });
        assert_eq!(mount("type=tmpfs,target=/t,tmpfs-size=1m").unwrap().options, ["size=1048576"]);
        for bad in
            ["type=bind,target=/b", "target=", "type=nfs,target=/x", "type=bind,source=/a,target=/b,bogus=1"]
        {
            assert!(mount(bad).is_err(), "{bad}");
        }
    }
}
