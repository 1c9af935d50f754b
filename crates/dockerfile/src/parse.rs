//! From a text to stages.

use std::collections::HashMap;

use crate::{
    ast::{Dockerfile, From, Heredoc, Instruction, Kind, Stage, Warning},
    directive,
    error::{Error, Fault},
    heredoc, instruction,
    line::{Line, Lines},
    position::Position,
    source::Source,
    statement::Statement,
};

/// Reads a Dockerfile. `name` is what messages call it.
///
/// # Errors
/// The text is too large, not UTF-8, or not a Dockerfile; the error shows the place.
pub fn parse(name: &str, text: &[u8]) -> Result<Dockerfile, Error> {
    let source = Source::new(name, text)?;
    read(&source).map_err(|fault| source.error(fault))
}

/// Reads one instruction that stands alone: a trigger that an image's configuration holds, heredocs
/// included. Its escape character is always the backslash.
///
/// # Errors
/// The text is not exactly one instruction, or one that cannot be a trigger (`FROM`, `ONBUILD`,
/// `MAINTAINER`).
pub fn parse_instruction(text: &str) -> Result<Instruction, Error> {
    let source = Source::new("ONBUILD", text.as_bytes())?;
    read_trigger(&source).map_err(|fault| source.error(fault))
}

fn read_trigger(source: &Source) -> Result<Instruction, Fault> {
    let mut lines = Lines::new(source, '\\', 1);
    let Some(line) = lines.next_line() else {
        return Err(Fault::new(Position::at(1, 0), "the trigger is empty"));
    };
    let statement = Statement::split(&line, '\\');
    statement.check_trigger()?;
    let instruction = read_instruction(&mut lines, &line, &statement)?;
    match lines.next_line() {
        None => Ok(instruction),
        Some(second) => Err(second.fault(0, "a trigger is one instruction only")),
    }
}

fn read(source: &Source) -> Result<Dockerfile, Fault> {
    let directives = directive::read(source)?;
    let escape = directives.escape_character();
    let mut lines = Lines::new(source, escape, directives.line_count + 1);
    let mut file = Dockerfile {
        source: source.clone(),
        directives,
        global_args: Vec::new(),
        stages: Vec::new(),
        escape,
        warnings: Vec::new(),
    };
    let mut names = HashMap::new();
    while let Some(line) = lines.next_line() {
        file.warnings.extend(line.blank_inside.map(blank_continuation));
        let statement = Statement::split(&line, escape);
        if statement.is_from() {
            let (name, from) = instruction::parse_from(&statement)?;
            claim_name(&mut names, name.as_ref(), &from, &statement)?;
            file.stages.push(Stage { name, span: from.span, from, instructions: Vec::new() });
        } else {
            check_order(&file, &statement)?;
            let instruction = read_instruction(&mut lines, &line, &statement)?;
            file.warnings.extend(extension(&instruction));
            place_instruction(&mut file, instruction);
        }
    }
    if file.stages.is_empty() {
        return Err(stageless(source, &file));
    }
    Ok(file)
}

fn read_instruction(
    lines: &mut Lines<'_>,
    line: &Line,
    statement: &Statement<'_>,
) -> Result<Instruction, Fault> {
    let heredocs = read_heredocs(lines, line, statement)?;
    let last_line = if heredocs.is_empty() { 0 } else { lines.line_number() };
    let kind: Kind = instruction::parse(statement, heredocs)?;
    Ok(Instruction {
        kind,
        span: line.span(last_line),
        original: line.text.clone(),
        comments: line.comments.clone(),
    })
}

fn read_heredocs(
    lines: &mut Lines<'_>,
    line: &Line,
    statement: &Statement<'_>,
) -> Result<Vec<Heredoc>, Fault> {
    let mut heredocs = Vec::new();
    for (offset, mut heredoc) in statement.heredocs() {
        heredoc::read_body(lines, line.position(offset), &mut heredoc)?;
        heredocs.push(heredoc);
    }
    Ok(heredocs)
}

/// Only `ARG` may stand before the first `FROM`.
fn check_order(file: &Dockerfile, statement: &Statement<'_>) -> Result<(), Fault> {
    if !file.stages.is_empty() || statement.is_arg() {
        return Ok(());
    }
    if !statement.is_known() {
        return Err(statement.unknown());
    }
    let message = format!("{} before the first FROM: only ARG may stand there", statement.keyword);
    Err(statement.fault(message))
}

/// Names are in lower case already; two stages cannot share one.
fn claim_name(
    names: &mut HashMap<String, u32>,
    name: Option<&String>,
    from: &From,
    statement: &Statement<'_>,
) -> Result<(), Fault> {
    let Some(name) = name else { return Ok(()) };
    match names.insert(name.clone(), from.span.first_line) {
        None => Ok(()),
        Some(line) => Err(statement.fault(format!("stage `{name}` already begins on line {line}"))),
    }
}

fn place_instruction(file: &mut Dockerfile, instruction: Instruction) {
    match file.stages.last_mut() {
        Some(stage) => {
            stage.span.last_line = instruction.span.last_line;
            stage.instructions.push(instruction);
        }
        None => file.global_args.push(instruction),
    }
}

fn stageless(source: &Source, file: &Dockerfile) -> Fault {
    let message = if file.global_args.is_empty() {
        "no instructions: a Dockerfile begins with FROM"
    } else {
        "no FROM: there is nothing to build"
    };
    Fault::new(Position::at(source.line_count().max(1), 0), message)
}

fn blank_continuation(position: Position) -> Warning {
    let message = "blank line inside a continued instruction".to_owned();
    Warning { position, rule: "NoEmptyContinuation", message }
}

/// What other builders refuse.
fn extension(instruction: &Instruction) -> Option<Warning> {
    let Kind::Copy(copy) = &instruction.kind else { return None };
    let flag = copy.closure.as_ref()?;
    let message = "`COPY --closure` is an extension of Tare: other builders refuse it".to_owned();
    Some(Warning { position: flag.position, rule: "Extension", message })
}
