//! `--format`: Go templates over what a command found.
//!
//! Three shapes of command print through here: a list of rows ([`list`]), the whole truth about
//! some objects ([`Inspection`]), and one object such as the version ([`object`]).

mod functions;
mod json;
mod program;
mod row;
#[cfg(test)]
mod tests;

pub use program::Template;
pub use row::Row;

use std::io::Write;

use serde_json::Value;

use super::{Error, table};
use json::Converted;
use program::Missing;

/// Escapes that a list's format may spell out, as a shell passes them on.
const ESCAPES: [(&str, &str); 2] = [("\\t", "\t"), ("\\n", "\n")];

/// How a list is to be printed.
#[derive(Debug)]
pub enum Format {
    /// `table TEMPLATE`: a header, then a line for each row, in columns.
    Table(Template),
    /// `TEMPLATE`: a line for each row, as it comes.
    Lines(Template),
    /// `json`: a JSON object a line.
    Json,
}

impl Format {
    /// Reads the `--format` of a list; `default` (in the same language) stands in for an empty one
    /// and for the bare word `table`.
    ///
    /// # Errors
    /// [`Error::Template`] for what is no template, or calls an unknown function.
    pub fn parse(text: &str, default: &str) -> Result<Self, Error> {
        let text = if matches!(text.trim(), "" | "table") { default } else { text };
        if text == "json" {
            return Ok(Self::Json);
        }
        match text.strip_prefix("table") {
            Some(columns) => Ok(Self::Table(Template::parse(&unescape(columns))?)),
            None => Ok(Self::Lines(Template::parse(&unescape(text))?)),
        }
    }

    /// Whether the format looks at `field`; what is costly to find out is left out otherwise.
    pub fn mentions(&self, field: &str) -> bool {
        match self {
            Self::Table(template) | Self::Lines(template) => template.mentions(field),
            Self::Json => true,
        }
    }
}

/// Replaces the escapes of a list's format and drops the blanks around it.
fn unescape(text: &str) -> String {
    ESCAPES
        .iter()
        .fold(text.trim_matches(' ').to_owned(), |text, (escape, character)| text.replace(escape, character))
}

/// Prints `rows` as `format` says. `headers` gives the column title of each field.
///
/// # Errors
/// [`Error::Template`] where the template does not fit the rows (nothing has been written then),
/// [`Error::Write`] when `out` does not take the text.
pub fn list(
    out: &mut dyn Write,
    format: &Format,
    headers: &[(&str, &str)],
    rows: impl IntoIterator<Item = Row>,
) -> Result<(), Error> {
    let mut text = String::new();
    match format {
        Format::Json => {
            for row in rows {
                text.push_str(&json::encode(&row.into_value(), None));
                text.push('\n');
            }
        }
        Format::Lines(template) => lines(&mut text, template, rows)?,
        Format::Table(template) => {
            text.push_str(&template.render_header(&row::header(headers)));
            text.push('\n');
            lines(&mut text, template, rows)?;
            text = table::align(&text);
        }
    }
    Ok(out.write_all(text.as_bytes())?)
}

/// Renders each row on a line of its own.
fn lines(text: &mut String, template: &Template, rows: impl IntoIterator<Item = Row>) -> Result<(), Error> {
    let program = template.program(None, Missing::Refused);
    for row in rows {
        text.push_str(&program.run(&row.into_value())?);
        text.push('\n');
    }
    Ok(())
}

/// How `inspect` prints what it found.
#[derive(Debug)]
pub enum Inspection {
    /// No `--format`: a JSON array with an indent of four.
    Indented,
    /// `--format json`: a JSON array on one line.
    Compact,
    /// `--format TEMPLATE`: a line for each object.
    Lines(Template),
}

impl Inspection {
    /// Reads the `--format` of an inspection. Unlike a list's it has no escapes and no tables.
    ///
    /// # Errors
    /// [`Error::Template`] for what is no template, or calls an unknown function.
    pub fn parse(text: &str) -> Result<Self, Error> {
        match text {
            "" => Ok(Self::Indented),
            "json" => Ok(Self::Compact),
            template => Ok(Self::Lines(Template::parse(template)?)),
        }
    }

    /// Prints `objects`. A missing key prints `<no value>`. Where the template does not fit an
    /// object the others are printed all the same; where it fits none, an empty line is.
    ///
    /// # Errors
    /// [`Error::Template`] with one line for each object that the template does not fit,
    /// [`Error::Write`] when `out` does not take the text.
    pub fn write(&self, out: &mut dyn Write, objects: &[Value]) -> Result<(), Error> {
        match self {
            Self::Indented => Ok(writeln!(out, "{}", json::indented(objects))?),
            Self::Compact => {
                let converted = Converted::new(objects);
                Ok(writeln!(out, "{}", json::encode(&converted.list(), Some(converted.order())))?)
            }
            Self::Lines(template) => inspect_lines(out, template, objects),
        }
    }
}

/// Renders each object on a line of its own, going on past those that do not fit.
fn inspect_lines(out: &mut dyn Write, template: &Template, objects: &[Value]) -> Result<(), Error> {
    let converted = Converted::new(objects);
    let program = template.program(Some(converted.order()), Missing::NoValue);
    let mut text = String::new();
    let mut refusals = Vec::new();
    for object in converted.values() {
        match program.run(object) {
            Ok(line) => text.extend([line.as_str(), "\n"]),
            Err(Error::Template(reason)) => refusals.push(reason),
            Err(other) => return Err(other),
        }
    }
    if text.is_empty() {
        text.push('\n');
    }
    out.write_all(text.as_bytes())?;
    if refusals.is_empty() { Ok(()) } else { Err(Error::Template(refusals.join("\n"))) }
}

/// Prints one object as `info` and `version` do with a `--format`: `json` or a template, which has
/// no escapes and prints `<no value>` for a missing key.
///
/// # Errors
/// [`Error::Template`] for a template that is none or does not fit, [`Error::Write`] when `out`
/// does not take the text.
pub fn object(out: &mut dyn Write, format: &str, object: &Value) -> Result<(), Error> {
    let source = if format == "json" { "{{json .}}" } else { format };
    let converted = Converted::new(std::slice::from_ref(object));
    let template = Template::parse(source)?;
    let program = template.program(Some(converted.order()), Missing::NoValue);
    for value in converted.values() {
        writeln!(out, "{}", program.run(value)?)?;
    }
    Ok(())
}
