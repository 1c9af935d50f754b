//! A report as one page: nothing is loaded from anywhere, and nothing in it is executed.
//!
//! The policy in its head allows one style, by its digest, and nothing else: text that came from an image and that would be markup by a fault
//! of ours could neither run nor fetch.

mod map;
mod page;
mod tables;

use super::harmless;
use crate::report::Report;
use std::fmt::Write;

const STYLE: &str = include_str!("html/style.css");

/// The page.
#[must_use]
pub fn draw(report: &Report) -> String {
    let mut page = Page(String::with_capacity(64 << 10));
    page.raw("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
    let digest = base64(&oci_digest(STYLE));
    page.raw(&format!(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{digest}'; \
         base-uri 'none'; form-action 'none'\"/>\n"
    ));
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
    page.raw("<meta name=\"referrer\" content=\"no-referrer\"/>\n<title>");
    page.text(&format!("{} weighed", report.subject.name));
    page.raw("</title>\n<style>");
    page.raw(STYLE);
    page.raw("</style>\n</head>\n<body>\n<main>\n");
    page::body(&mut page, report);
    page.raw("</main>\n</body>\n</html>\n");
    page.0
}

/// A page in the making.
struct Page(String);

impl Page {
    /// Markup of ours.
    fn raw(&mut self, markup: &str) {
        self.0.push_str(markup);
    }

    /// Text of anybody, made harmless.
    fn text(&mut self, text: &str) {
        for char in harmless(text).chars() {
            match char {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                char => self.0.push(char),
            }
        }
    }

    /// Text in an element; `tag` may have attributes of ours.
    fn element(&mut self, tag: &str, text: &str) {
        let name = tag.split(' ').next().unwrap_or(tag);
        self.raw(&format!("<{tag}>"));
        self.text(text);
        self.raw(&format!("</{name}>"));
    }

    /// Numbers of ours in markup of ours.
    fn format(&mut self, markup: std::fmt::Arguments<'_>) {
        self.0.write_fmt(markup).expect("a string takes any text");
    }
}

/// SHA-256 of a text, as a policy names a style.
fn oci_digest(text: &str) -> Vec<u8> {
    let hex = oci::Digest::of(text.as_bytes()).hex();
    let digits: Vec<u32> = hex.chars().filter_map(|char| char.to_digit(16)).collect();
    digits.chunks_exact(2).filter_map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            let at = (bits >> (18 - 6 * digit)) & 63;
            text.push(if digit > chunk.len() { '=' } else { char::from(DIGITS[at as usize]) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_written_as_policies_want_them() {
        assert_eq!(base64(b""), "");
        assert_eq!(
            (base64(b"f"), base64(b"fo"), base64(b"foo")),
            ("Zg==".into(), "Zm8=".into(), "Zm9v".into())
        );
        // printf '' | openssl dgst -sha256 -binary | base64
        assert_eq!(base64(&oci_digest("")), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }

    #[test]
    fn text_is_text() {
        let mut page = Page(String::new());
        page.element("td class=\"path\"", "</td><script>alert(\"1\")</script>\u{202e}\u{1b}[31m'&");
        assert_eq!(
            page.0,
            "<td class=\"path\">&lt;/td&gt;&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;\\u{202e}\\u{1b}[31m&#39;&amp;</td>"
        );
    }
}
