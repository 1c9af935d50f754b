//! Showing text from an image in a message: it may be hostile, so it is escaped and cut.

/// The most characters of one foreign string in a message.
const SHOWN: usize = 256;

/// `text` with control, format and other unprintable characters escaped, cut after 256 characters.
pub(crate) fn shown(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    for char in rest.by_ref().take(SHOWN) {
        match char {
            '"' | '\'' | '\\' => out.push(char),
            _ => out.extend(char.escape_debug()),
        }
    }
    if rest.next().is_some() {
        out.push('…');
    }
    out
}

/// Bytes of a path as text; what is not UTF-8 becomes the replacement character.
pub(crate) fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The last component of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// `path` made absolute against the working directory, without `.` and doubled slashes.
///
/// `..` stays: what it means depends on symbolic links, which only the caller follows. A slash at
/// the end stays too, for it asks for a directory.
pub(crate) fn absolute(working_directory: &str, path: &str) -> String {
    let joined = if path.starts_with('/') { path.to_owned() } else { format!("/{working_directory}/{path}") };
    let plain: Vec<&str> = joined.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let slash = if path.ends_with('/') && !plain.is_empty() { "/" } else { "" };
    format!("/{}{slash}", plain.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_joined_without_touching_parents() {
        assert_eq!(absolute("/srv", "./app"), "/srv/app");
        assert_eq!(absolute("", "bin/app"), "/bin/app");
        assert_eq!(absolute("/srv", "../app"), "/srv/../app");
        assert_eq!(absolute("/srv", "//app//x/"), "/app/x/");
        assert_eq!(absolute("/", "/"), "/");
    }

    #[test]
    fn hostile_text_is_escaped_and_cut() {
        assert_eq!(shown("/bin/sh\r"), "/bin/sh\\r");
        assert_eq!(shown("\u{1b}[2J\u{202e}"), "\\u{1b}[2J\\u{202e}");
        assert_eq!(shown(&"x".repeat(300)).chars().count(), 257);
    }
}
