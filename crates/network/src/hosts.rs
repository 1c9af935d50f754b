//! The text of a container's `/etc/hosts`.

use std::fmt::Write;
use std::net::IpAddr;

/// What every container has, as `docker run` writes it.
const DEFAULT: &str = "127.0.0.1\tlocalhost\n\
    ::1\tlocalhost ip6-localhost ip6-loopback\n\
    fe00::\tip6-localnet\n\
    ff00::\tip6-mcastprefix\n\
    ff02::1\tip6-allnodes\n\
    ff02::2\tip6-allrouters\n";

/// Renders the file: the defaults, the container's own name if it has an address, then `extra`, pairs of a name and
/// an address in the order of `--add-host`.
#[must_use]
pub fn render(hostname: &str, address: Option<IpAddr>, extra: &[(String, String)]) -> String {
    let mut text = DEFAULT.to_owned();
    if let Some(address) = address {
        line(&mut text, &address.to_string(), hostname);
    }
    for (name, address) in extra {
        line(&mut text, address, name);
    }
    text
}

fn line(text: &mut String, address: &str, name: &str) {
    writeln!(text, "{address}\t{name}").expect("a string takes any text");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_name_comes_before_added_ones() {
        let extra = [("db".to_owned(), "10.0.0.9".to_owned()), ("six".to_owned(), "fd00::9".to_owned())];
        let text = render("web", Some("172.18.0.2".parse().unwrap()), &extra);
        insta::assert_snapshot!(text.replace('\t', "→"), @r"
        127.0.0.1→localhost
        ::1→localhost ip6-localhost ip6-loopback
        fe00::→ip6-localnet
        ff00::→ip6-mcastprefix
        ff02::1→ip6-allnodes
        ff02::2→ip6-allrouters
        172.18.0.2→web
        10.0.0.9→db
        fd00::9→six
        ");
    }

    #[test]
    fn without_an_address_there_are_only_the_defaults() {
        assert_eq!(render("web", None, &[]), DEFAULT);
    }
}
