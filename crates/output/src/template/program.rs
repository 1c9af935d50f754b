//! A parsed template, checked once and run over many values.

use std::collections::BTreeSet;
use std::sync::Arc;

use gotmpl::parse::{CommandNode, Expr, ListNode, Node, Parser, PipeNode, SmolStr};
use gotmpl::{FuncMap, MissingKey, TemplateError, Value};

use super::functions;
use super::json::Order;
use crate::Error;

/// The name under which the text outside every `{{define}}` is run; nobody defines a blank.
const ROOT: &str = " ";

/// The longest template in bytes. The interpreter's parser recurses at most a hundred levels deep,
/// but takes memory in proportion to the text.
const LONGEST: usize = 64 * 1024;

/// The most rounds of all `range` loops of one run.
const MOST_ROUNDS: u64 = 1_000_000;

/// What a key that is not there means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Missing {
    /// It prints as `<no value>`.
    NoValue,
    /// It is an error.
    Refused,
}

/// A template that parses and calls only functions that there are.
#[derive(Debug)]
pub struct Template {
    trees: Vec<(SmolStr, ListNode)>,
    fields: BTreeSet<SmolStr>,
}

impl Template {
    /// Parses a Go template.
    ///
    /// # Errors
    /// [`Error::Template`] with the position for what does not parse, for an unknown function and
    /// for a text above 64 KiB.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > LONGEST {
            return Err(Error::Template(format!("longer than {LONGEST} bytes")));
        }
        let (root, defines) =
            Parser::new(text, "{{", "}}").and_then(Parser::parse).map_err(|error| refused(&error))?;
        let mut trees = vec![(SmolStr::new_static(ROOT), root)];
        trees.extend(defines.into_iter().map(|define| (define.name, define.body)));
        let mut survey = Survey::default();
        for (_, tree) in &mut trees {
            survey.list(tree)?;
        }
        Ok(Self { trees, fields: survey.fields })
    }

    /// Whether the template looks at `field`, or may do so because it takes a value whole.
    pub(super) fn mentions(&self, field: &str) -> bool {
        self.fields.contains(field) || self.fields.contains(".")
    }

    /// Makes the template ready to run over values.
    pub(super) fn program(&self, order: Option<&Arc<Order>>, missing: Missing) -> Program {
        self.build(functions::for_values(order.cloned()), missing)
    }

    /// Renders the line above a table. A header is never worth an error: what comes before the
    /// trouble is printed.
    pub(super) fn render_header(&self, header: &Value) -> String {
        let mut text = String::new();
        // The trouble is met again, with a better message, on the first row.
        let _ = self
            .build(functions::for_header(), Missing::NoValue)
            .0
            .execute_template_fmt(&mut text, ROOT, header);
        text
    }

    fn build(&self, functions: FuncMap, missing: Missing) -> Program {
        let missing = match missing {
            Missing::NoValue => MissingKey::Invalid,
            Missing::Refused => MissingKey::Error,
        };
        let empty =
            gotmpl::Template::new("").max_range_iters(MOST_ROUNDS).missing_key(missing).funcs(functions);
        Program(
            self.trees.iter().fold(empty, |program, (name, tree)| program.add_parse_tree(name, tree.clone())),
        )
    }
}

/// A template with its functions, ready to run.
pub(super) struct Program(gotmpl::Template);

impl Program {
    /// Renders one value.
    ///
    /// # Errors
    /// [`Error::Template`] where the template does not fit the value.
    pub(super) fn run(&self, value: &Value) -> Result<String, Error> {
        let mut text = String::new();
        match self.0.execute_template_fmt(&mut text, ROOT, value) {
            Ok(()) => Ok(text),
            Err(TemplateError::MissingKey { key }) => Err(unknown_field(&key, value)),
            Err(error) => Err(refused(&error)),
        }
    }
}

/// The refusal of a field that rows do not have, with those that they do have.
fn unknown_field(key: &str, row: &Value) -> Error {
    let fields: Vec<&str> = match row {
        Value::Map(entries) => entries.keys().map(AsRef::as_ref).collect(),
        _ => Vec::new(),
    };
    Error::Template(format!("can't evaluate field {key}; the fields are {}", fields.join(", ")))
}

fn refused(error: &TemplateError) -> Error {
    match error {
        TemplateError::Exec(reason) => Error::Template(reason.clone()),
        other => Error::Template(other.to_string()),
    }
}

/// One walk over a fresh tree: it notes the fields in use, refuses functions that nobody has, and
/// turns `.Label "key"`, a method's call in Go, into the call of a function kept in a field.
#[derive(Default)]
struct Survey {
    fields: BTreeSet<SmolStr>,
}

impl Survey {
    fn list(&mut self, list: &mut ListNode) -> Result<(), Error> {
        list.nodes.iter_mut().try_for_each(|node| self.node(node))
    }

    fn node(&mut self, node: &mut Node) -> Result<(), Error> {
        match node {
            Node::List(list) => self.list(list),
            Node::Action(action) => self.pipe(&mut action.pipe),
            Node::If(branch) | Node::Range(branch) | Node::With(branch) => {
                self.pipe(&mut branch.pipe)?;
                self.list(&mut branch.body)?;
                branch.else_body.as_mut().map_or(Ok(()), |body| self.list(body))
            }
            Node::Template(call) => call.pipe.as_mut().map_or(Ok(()), |pipe| self.pipe(pipe)),
            Node::Define(define) => self.list(&mut define.body),
            Node::Text(_) | Node::Break(_) | Node::Continue(_) => Ok(()),
        }
    }

    fn pipe(&mut self, pipe: &mut PipeNode) -> Result<(), Error> {
        pipe.commands.iter_mut().enumerate().try_for_each(|(position, command)| {
            command.args.iter_mut().try_for_each(|argument| self.expression(argument))?;
            call_method(command, position > 0);
            Ok(())
        })
    }

    fn expression(&mut self, expression: &mut Expr) -> Result<(), Error> {
        match expression {
            Expr::Field(_, path) => self.fields.extend(path.iter().cloned()),
            Expr::Variable(_, _, path) if !path.is_empty() => self.fields.extend(path.iter().cloned()),
            Expr::Dot(_) | Expr::Variable(..) => {
                self.fields.insert(SmolStr::new_static("."));
            }
            Expr::Identifier(position, name) if !functions::KNOWN.contains(&name.as_str()) => {
                let line = position.line;
                return Err(Error::Template(format!("template: :{line}: function {name:?} not defined")));
            }
            Expr::Pipe(_, pipe) => self.pipe(pipe)?,
            Expr::Chain(_, inner, path) => {
                self.fields.extend(path.iter().cloned());
                self.expression(inner)?;
            }
            Expr::Identifier(..) | Expr::String(..) | Expr::Number(..) | Expr::Bool(..) | Expr::Nil(_) => {}
        }
        Ok(())
    }
}

/// Puts `call` before a field that is given arguments, by hand or by a pipe.
fn call_method(command: &mut CommandNode, piped: bool) {
    let method = match command.args.first() {
        Some(Expr::Field(..)) => true,
        Some(Expr::Variable(_, _, path)) => !path.is_empty(),
        _ => false,
    };
    if method && (piped || command.args.len() > 1) {
        command.args.insert(0, Expr::Identifier(command.pos, SmolStr::new_static("call")));
    }
}
