//! What a program that starts will miss: certificates, time zones, locales, libraries of the name service switch.

use super::Case;
use super::finding::{Finding, shown};
use super::libraries::{dynamic, elf_content, provider};
use closure::Id;
use elf::{Linkage, Program};

/// Files of which one has to be there for TLS, where a program looks for them.
const CERTIFICATES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// Libraries that verify certificates with the system's.
const TLS: &[&str] = &["libssl.so", "libgnutls.so", "libcurl.so", "libcurl-gnutls.so"];
/// Functions for which a static glibc opens libraries of the system.
const NAMES: &[&str] = &[
    "getaddrinfo",
    "gethostbyname",
    "getpwnam",
    "getpwuid",
    "getgrnam",
    "getgrgid",
    "getservbyname",
    "initgroups",
];

/// In no particular order.
pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(certificates(case));
    findings.extend(time_zone(case));
    findings.extend(locale(case));
    findings.extend(static_name_services(case));
    findings
}

fn files<'c>(case: &'c Case<'_>) -> impl Iterator<Item = Id> + 'c {
    case.closure.files().map(|(id, _)| id).filter(|id| case.tree.is_file(*id))
}

fn certificates(case: &Case<'_>) -> Option<Finding> {
    let environment =
        ["SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];
    let is_set = environment.iter().any(|name| case.setting.variable(name).is_some());
    let is_there = |path: &str| case.tree.find(path).is_some_and(|id| case.tree.node(id).size > 0);
    let has_directory = ["/etc/ssl/certs", "/etc/pki/tls/certs"]
        .iter()
        .any(|path| case.tree.find(path).is_some_and(|id| case.tree.children(id).next().is_some()));
    if is_set || has_directory || CERTIFICATES.iter().any(|path| is_there(path)) {
        return None;
    }
    let user = files(case).find_map(|id| uses_tls(case, id).map(|evidence| (id, evidence)))?;
    let path = shown(&case.tree.text(user.0));
    let cause = format!(
        "{path} speaks TLS, and the image has no certificates of authorities: every connection is refused as unknown"
    );
    let fix = provider(case, "ca-certificates.crt").unwrap_or_else(|| {
        "COPY --from=debian /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ (from an image that has them), or tare strip, which keeps them".into()
    });
    Some(
        Finding::warning(cause, fix)
            .with_evidence(user.1)
            .with_evidence("none of the usual places has a bundle, as /etc/ssl/certs/ca-certificates.crt"),
    )
}

fn uses_tls(case: &Case<'_>, id: Id) -> Option<String> {
    let name = String::from_utf8_lossy(&case.tree.node(id).name).into_owned();
    if let Some(library) = TLS.iter().find(|library| name.starts_with(**library)) {
        return Some(format!("{library} is loaded"));
    }
    // languages that bring their own TLS have the list of places in the program
    let content = elf_content(case, id)?;
    let is_program = matches!(Program::read(&content), Program::Elf(elf) if elf.is_program());
    let contains = |text: &str| content.windows(text.len()).any(|window| window == text.as_bytes());
    (is_program && contains(CERTIFICATES[0]) && contains("/etc/pki/tls/cacert.pem"))
        .then(|| format!("the list of places for certificates stands in {}", shown(&name)))
}

fn time_zone(case: &Case<'_>) -> Option<Finding> {
    let zone = case.setting.variable("TZ")?.trim_start_matches(':');
    // a rule of POSIX (`CET-1CEST`) needs no file
    let is_name = zone.contains('/') && !zone.contains([',', '<']);
    if !is_name || ["Etc/UTC", "Etc/GMT"].contains(&zone) {
        return None;
    }
    let path = if zone.starts_with('/') { zone.to_owned() } else { format!("/usr/share/zoneinfo/{zone}") };
    let brings_its_own = files(case).any(|id| {
        let name = String::from_utf8_lossy(&case.tree.node(id).name).into_owned();
        name == "node" || name == "java" || name.starts_with("libnode.so") || name == "libjvm.so"
    });
    if case.tree.find(&path).is_some() || brings_its_own {
        return None;
    }
    let cause =
        format!("TZ is {}, and the image does not have that zone: times are shown in UTC", shown(zone));
    let fix = provider(case, "zoneinfo").unwrap_or_else(|| {
        "COPY --from=debian /usr/share/zoneinfo /usr/share/zoneinfo (from an image that has it)".into()
    });
    Some(Finding::warning(cause, fix).with_evidence(format!("{} is missing", shown(&path))))
}

fn locale(case: &Case<'_>) -> Option<Finding> {
    let name = ["LC_ALL", "LANG"]
        .iter()
        .find_map(|name| case.setting.variable(name))
        .filter(|value| !value.is_empty())?;
    let (language, charset) = name.split_once('.').unwrap_or((name, ""));
    if ["C", "POSIX"].contains(&language) {
        return None;
    }
    // musl knows every name; glibc reads locales from files
    let libc = files(case).find(|id| &*case.tree.node(*id).name == b"libc.so.6")?;
    let normal = format!("{language}.{}", charset.to_ascii_lowercase().replace('-', ""));
    let directory = |name: &str| case.tree.find(format!("/usr/lib/locale/{name}")).is_some();
    let archive =
        case.tree.find("/usr/lib/locale/locale-archive").and_then(|id| case.tree.content(id, 512 << 20).ok());
    let is_archived = |name: &str| {
        archive
            .as_ref()
            .is_some_and(|bytes| bytes.windows(name.len()).any(|window| window == name.as_bytes()))
    };
    if directory(name)
        || directory(&normal)
        || is_archived(&normal)
        || (charset.is_empty() && (directory(language) || is_archived(language)))
    {
        return None;
    }
    let cause =
        format!("the locale {} is set, and the image does not have it: programs fall back to C", shown(name));
    let fix = match case.distribution {
        packages::Distribution::Debian => format!(
            "ENV LANG=C.UTF-8, or RUN apt-get install -y locales && localedef -i {} -f UTF-8 {}",
            shown(language),
            shown(name)
        ),
        _ => "ENV LANG=C.UTF-8".into(),
    };
    Some(Finding::warning(cause, fix).with_evidence(format!(
        "neither /usr/lib/locale/{} nor the archive beside it; {} is glibc",
        shown(&normal),
        shown(&case.tree.text(libc))
    )))
}

/// A static program with glibc still opens the libraries of the name service switch.
fn static_name_services(case: &Case<'_>) -> Option<Finding> {
    let id = files(case).find(|id| {
        let Some(content) = elf_content(case, *id) else { return false };
        let is_static = matches!(Program::read(&content), Program::Elf(elf) if elf.is_program() && elf.linkage == Linkage::Static);
        is_static && contains_nss(&content)
    })?;
    let symbols = dynamic(case, id)?.imports;
    let called: Vec<&str> =
        NAMES.iter().copied().filter(|name| symbols.iter().any(|symbol| symbol == name)).collect();
    let has_libraries = ["libnss_files.so.2", "libnss_dns.so.2", "libc.so.6"].iter().any(|name| {
        ["/lib", "/usr/lib", "/lib64", "/usr/lib64", "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu"]
            .iter()
            .any(|directory| case.tree.find(format!("{directory}/{name}")).is_some())
    });
    if has_libraries || called.is_empty() {
        return None;
    }
    let path = shown(&case.tree.text(id));
    let cause = format!(
        "{path} is linked statically with glibc, which still loads libraries to look up names ({}): look-ups fail or crash without them",
        called.join(", ")
    );
    let fix = "link it with musl (Rust: --target x86_64-unknown-linux-musl; C: musl-gcc; Go: CGO_ENABLED=0 or -tags netgo,osusergo), or copy libnss_files.so.2, libnss_dns.so.2, libc.so.6 of the same glibc";
    Some(Finding::warning(cause, fix).with_evidence(format!(
        "{path} contains glibc's name service switch, and the image no libnss_*.so.2"
    )))
}

fn contains_nss(content: &[u8]) -> bool {
    let has = |text: &[u8]| content.windows(text.len()).any(|window| window == text);
    has(b"/etc/nsswitch.conf") && has(b"GNU C Library")
}
