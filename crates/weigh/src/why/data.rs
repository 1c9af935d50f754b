//! What a program that starts will miss: certificates, time zones, locales.

use super::finding::{Finding, shown};
use super::{Case, file, scan};
use closure::{CERTIFICATE_DIRECTORIES, CERTIFICATE_FILES, Id};
use elf::Program;

/// Variables that name certificates.
const CERTIFICATE_VARIABLES: &[&str] =
    &["SSL_CERT_FILE", "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"];
/// Libraries that verify certificates with the system's.
const TLS: &[&str] = &["libssl.so", "libgnutls.so", "libcurl.so", "libcurl-gnutls.so"];
/// Where time zones are: glibc's place, and musl's beside it.
const ZONES: &[&str] = &["/usr/share/zoneinfo", "/share/zoneinfo", "/etc/zoneinfo"];
/// Programs and libraries that bring their own time zones.
const OWN_ZONES: &[&str] = &["node", "java", "libjvm.so"];

/// The locale with all characters and no language, which Debian and Fedora have in every image.
const PLAIN_LOCALE: &str = "/usr/lib/locale/C.utf8";

/// In no particular order.
pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
    [certificates(case), time_zone(case), locale(case)].into_iter().flatten().collect()
}

fn files<'c>(case: &'c Case<'_>) -> impl Iterator<Item = (Id, String)> + 'c {
    let files = case.closure.files().map(|(id, _)| id).filter(|id| case.tree.is_file(*id));
    files.map(|id| (id, String::from_utf8_lossy(&case.tree.node(id).name).into_owned()))
}

fn certificates(case: &Case<'_>) -> Option<Finding> {
    let is_set = CERTIFICATE_VARIABLES.iter().any(|name| case.setting.variable(name).is_some());
    let is_there = |path: &str| case.tree.find(path).is_some_and(|id| case.tree.node(id).size > 0);
    let has_directory = CERTIFICATE_DIRECTORIES.iter().any(|path| {
        let found = case.tree.find(path);
        found.is_some_and(|id| case.tree.children(id).next().is_some()) || case.is_mounted_about(path)
    });
    if is_set || has_directory || CERTIFICATE_FILES.iter().any(|path| is_there(path)) {
        return None;
    }
    let (id, evidence) = files(case).find_map(|(id, name)| Some((id, uses_tls(case, id, &name)?)))?;
    let path = shown(&case.tree.text(id));
    let cause = format!(
        "{path} speaks TLS, and the image has no certificates of authorities: it will trust no server"
    );
    Some(
        Finding::warning(cause)
            .with_evidence(evidence)
            .with_evidence(format!(
                "there is no {}, nor a bundle in any other usual place",
                CERTIFICATE_FILES[0]
            ))
            .with_fixes(file::install(case, CERTIFICATE_FILES[0]))
            .with_fix(format!(
                "copy them from an image that has them: COPY --from=alpine {0} {0}",
                CERTIFICATE_FILES[0]
            )),
    )
}

fn uses_tls(case: &Case<'_>, id: Id, name: &str) -> Option<String> {
    if let Some(library) = TLS.iter().find(|library| name.starts_with(**library)) {
        return Some(format!("the command loads {library}"));
    }
    // languages that bring their own TLS have the list of places in the program
    let is_program =
        matches!(Program::read(&file::elf_head(case, id)?), Program::Elf(elf) if elf.is_program());
    let texts = [CERTIFICATE_FILES[0].as_bytes(), b"/etc/pki/tls/cacert.pem"];
    let has_list = is_program && scan::contains(case.tree, id, texts) == [true; 2];
    has_list.then(|| format!("{} has the list of places for certificates in it", shown(name)))
}

fn time_zone(case: &Case<'_>) -> Option<Finding> {
    let zone = case.setting.variable("TZ")?.trim_start_matches(':');
    // a rule of POSIX (`CET-1CEST`) needs no file
    let is_name = zone.contains('/') && !zone.contains([',', '<']);
    if !is_name || ["Etc/UTC", "Etc/GMT"].contains(&zone) || case.setting.variable("TZDIR").is_some() {
        return None;
    }
    let places: Vec<String> = if zone.starts_with('/') {
        vec![zone.to_owned()]
    } else {
        ZONES.iter().map(|directory| format!("{directory}/{zone}")).collect()
    };
    let is_there = |path: &String| case.tree.find(path).is_some() || case.is_mounted(path);
    let brings_its_own =
        files(case).any(|(_, name)| OWN_ZONES.contains(&name.as_str()) || name.starts_with("libnode.so"));
    if places.iter().any(is_there) || brings_its_own {
        return None;
    }
    let cause = format!("TZ is {}, which the image does not know: times will be in UTC", shown(zone));
    Some(
        Finding::warning(cause)
            .with_evidence(format!("there is no {}", shown(&places[0])))
            .with_fixes(file::install(case, ZONES[0]))
            .with_fix("a rule needs no file, for Central Europe: ENV TZ=CET-1CEST,M3.5.0,M10.5.0/3"),
    )
}

fn locale(case: &Case<'_>) -> Option<Finding> {
    let set = ["LC_ALL", "LANG"].iter().find_map(|variable| {
        let value = case.setting.variable(variable).filter(|value| !value.is_empty())?;
        Some((*variable, value))
    });
    let (variable, name) = set?;
    let (language, charset) = name.split_once('.').unwrap_or((name, ""));
    if ["C", "POSIX"].contains(&name) || name.contains('/') {
        return None;
    }
    // musl knows every name; glibc reads locales from files
    let (libc, _) = files(case).find(|(_, name)| name == "libc.so.6")?;
    let charset = charset.to_ascii_lowercase().replace('-', "");
    let normal = if charset.is_empty() { language.to_owned() } else { format!("{language}.{charset}") };
    let is_there =
        [name, &normal].iter().any(|name| case.tree.find(format!("/usr/lib/locale/{name}")).is_some());
    let archive = case.tree.find("/usr/lib/locale/locale-archive");
    let is_archived = || archive.is_some_and(|id| scan::contains(case.tree, id, [normal.as_bytes()])[0]);
    if is_there || is_archived() || case.is_mounted("/usr/lib/locale") {
        return None;
    }
    let name = shown(name);
    let finding =
        Finding::warning(format!("{variable} is {name}, which the image does not have: programs will use C"))
            .with_evidence(format!(
                "{} is glibc, and there is no /usr/lib/locale/{}, nor an archive with it",
                shown(&case.tree.text(libc)),
                shown(&normal)
            ));
    let finding = if case.tree.find(PLAIN_LOCALE).is_some() {
        finding.with_fix(format!("use one that the image has: ENV {variable}=C.UTF-8"))
    } else {
        finding.with_fix(format!(
            "copy one that has all characters and no language: COPY --from=debian:bookworm-slim {PLAIN_LOCALE} {PLAIN_LOCALE}, with ENV {variable}=C.UTF-8"
        ))
    };
    if language == "C" || case.distribution != packages::Distribution::Debian {
        return Some(finding);
    }
    Some(finding.with_fix(format!(
        "make it: RUN apt-get update && apt-get install -y --no-install-recommends locales && localedef -i {} -f UTF-8 {name}",
        shown(language.split('@').next().unwrap_or(language))
    )))
}
