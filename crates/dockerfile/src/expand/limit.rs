//! How far an expansion may go, and why it fails.

/// How much longer than its source a result may become, in bytes.
pub(super) const MAX_GROWTH: usize = 1 << 20;

/// Why a word could not be expanded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// A quote was opened and not closed.
    #[error("the quote {0} is never closed")]
    OpenQuote(char),
    /// `${` without its `}`, or `${v/p` without the second `/`.
    #[error("`${{` without its `{0}`")]
    Open(char),
    /// `${}`, `${:...}` or `${{`.
    #[error("`${{` without a variable's name")]
    NoName,
    /// The name is followed by something that is no operator.
    #[error("unknown operator `{0}` in `${{{1}...}}`")]
    Operator(String, String),
    /// `${v?message}` or `${v:?message}` refused.
    #[error("{name}: {message}")]
    Required {
        /// The variable.
        name: String,
        /// The message after `?`, or a general one.
        message: String,
    },
    /// A pattern holds an escape that means nothing.
    #[error("`\\{0}` means nothing in a pattern: escape only `*`, `?`, `\\`, `/` and `}}`")]
    Pattern(String),
    /// The result, the nesting or the work would be out of proportion.
    #[error("the expansion grows too large")]
    TooLarge,
}
