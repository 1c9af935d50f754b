//! The functions of a file and their shape: how long, how many parameters.

use super::finding::Finding;
use super::lex::{Kind, Token};
use super::source::{Source, closing};

/// The most lines of code in a body, blanks and comments not counted (as `clippy::too_many_lines` counts).
const MOST_LINES: usize = 60;
const MOST_PARAMETERS: usize = 6;

/// One function outside of tests.
#[derive(Debug, PartialEq, Eq)]
pub struct Function<'text> {
    /// Its name.
    pub name: &'text str,
    /// The line of its name.
    pub line: usize,
    /// Lines of code in its body; none when it is only declared.
    pub lines: usize,
    /// How many parameters it takes, `self` among them.
    pub parameters: usize,
    /// How many of them are a plain `bool`.
    pub bools: usize,
}

/// Every named function in a file's code.
pub fn functions<'text>(source: &Source<'text>) -> Vec<Function<'text>> {
    let code = &source.code;
    (0..code.len()).filter_map(|at| function(code, at)).collect()
}

/// The findings on one file's functions.
pub fn check(source: &Source<'_>) -> Vec<Finding> {
    functions(source)
        .iter()
        .flat_map(complaints)
        .map(|(line, text)| Finding::new(source.path, line, text))
        .collect()
}

fn complaints(function: &Function<'_>) -> Vec<(usize, String)> {
    let Function { name, line, lines, parameters, bools } = function;
    let mut found = Vec::new();
    if *lines > MOST_LINES {
        found.push((*line, format!("function `{name}` has {lines} lines of code, more than {MOST_LINES}")));
    }
    if *parameters > MOST_PARAMETERS {
        found.push((
            *line,
            format!("function `{name}` takes {parameters} parameters, more than {MOST_PARAMETERS}"),
        ));
    }
    if *bools > 1 {
        found.push((
            *line,
            format!("function `{name}` takes {bools} bools; name them with an enum or a struct"),
        ));
    }
    found
}

/// The function whose `fn` stands at `at`.
fn function<'text>(code: &[Token<'text>], at: usize) -> Option<Function<'text>> {
    let name = code.get(at + 1).filter(|name| code[at].is("fn") && name.kind == Kind::Word)?;
    let open = after_generics(code, at + 2).filter(|&here| code[here].is("("))?;
    let close = closing(code, open)?;
    let parameters = parameters(&code[open + 1..close]);
    let bools = parameters.iter().filter(|parameter| is_bool(parameter)).count();
    let lines = body(code, close + 1).map_or(0, |(from, to)| lines_of_code(&code[from..=to]));
    Some(Function { name: name.text, line: name.line, lines, parameters: parameters.len(), bools })
}

/// The token here, or after the `<…>` that begins here.
fn after_generics(code: &[Token<'_>], at: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (here, token) in code.iter().enumerate().skip(at) {
        if token.is("<") {
            depth += 1;
        } else if token.is(">") {
            depth = depth.saturating_sub(1);
        } else if depth == 0 {
            return Some(here);
        }
    }
    None
}

/// Splits a parameter list at the commas that are not inside brackets.
fn parameters<'code, 'text>(list: &'code [Token<'text>]) -> Vec<&'code [Token<'text>]> {
    let mut depth = 0_usize;
    let pieces = list.split(|token| {
        match token.text {
            "(" | "[" | "{" | "<" => depth += 1,
            ")" | "]" | "}" | ">" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && token.is(",")
    });
    pieces.filter(|piece| !piece.is_empty()).collect()
}

fn is_bool(parameter: &[Token<'_>]) -> bool {
    matches!(parameter, [.., colon, name] if colon.is(":") && name.is("bool"))
}

/// The braces of the body that follows a parameter list, or nothing when a semicolon comes first.
fn body(code: &[Token<'_>], mut at: usize) -> Option<(usize, usize)> {
    while at < code.len() {
        match code[at].text {
            ";" => return None,
            "{" => return closing(code, at).map(|end| (at, end)),
            "(" | "[" => at = closing(code, at)?,
            _ => {}
        }
        at += 1;
    }
    None
}

/// How many lines between two braces have code.
fn lines_of_code(body: &[Token<'_>]) -> usize {
    let inside = &body[1..body.len() - 1];
    let mut counted = 0;
    let mut lines = 0;
    for token in inside {
        lines += (token.last_line() + 1).saturating_sub(token.line.max(counted + 1));
        counted = counted.max(token.last_line());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(text: &str) -> Vec<(String, usize, usize, usize)> {
        let source = Source::new("src/x.rs", text);
        functions(&source).into_iter().map(|f| (f.name.to_owned(), f.lines, f.parameters, f.bools)).collect()
    }

    #[test]
    fn bodies_are_counted_without_blanks_and_comments() {
        let text = "fn a() {\n  // b\n\n  c();\n  \"d\ne\";\n}\nfn f() { g() }\nfn h() {}\n";
        let expected = [("a".to_owned(), 3, 0, 0), ("f".to_owned(), 1, 0, 0), ("h".to_owned(), 0, 0, 0)];
        assert_eq!(shapes(text), expected);
    }

    #[test]
    fn parameters_are_split_outside_of_brackets() {
        let text = "fn a<F: Fn(u8, bool) -> bool>(&self, b: bool, (c, d): (u8, u8), e: Map<u8, bool>, f: F,) -> [u8; 2];";
        assert_eq!(shapes(text), [("a".to_owned(), 0, 5, 1)]);
    }

    #[test]
    fn types_of_functions_are_not_functions() {
        assert_eq!(shapes("type A = fn(bool, bool);"), []);
    }

    #[test]
    fn where_clauses_and_array_results_come_before_the_body() {
        assert_eq!(
            shapes("fn a<T>(b: T) -> [u8; 4]\nwhere\n T: Fn(u8) -> u8,\n{\n b;\n}"),
            [("a".to_owned(), 1, 1, 0)]
        );
    }

    #[test]
    fn long_and_wide_functions_are_found() {
        let long = format!("fn a() {{\n{}}}\n", "b();\n".repeat(61));
        let wide = "fn c(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8, g: u8) {}\nfn d(a: bool, b: bool) {}\n";
        let text = long + wide;
        let found: Vec<String> =
            check(&Source::new("src/x.rs", &text)).iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "src/x.rs:1: function `a` has 61 lines of code, more than 60",
                "src/x.rs:64: function `c` takes 7 parameters, more than 6",
                "src/x.rs:65: function `d` takes 2 bools; name them with an enum or a struct",
            ]
        );
    }

    #[test]
    fn sixty_lines_and_tests_are_fine() {
        let fine = format!("fn a() {{\n{}}}\n", "b();\n".repeat(60));
        assert!(check(&Source::new("src/x.rs", &fine)).is_empty());
        let test = format!("#[test]\nfn a() {{\n{}}}\n", "b();\n".repeat(80));
        assert!(check(&Source::new("src/x.rs", &test)).is_empty());
    }

    #[test]
    fn broken_text_ends() {
        for text in ["fn", "fn a", "fn a<", "fn a(", "fn a() {", "fn a() }", "fn a()"] {
            check(&Source::new("src/x.rs", text));
        }
    }
}
