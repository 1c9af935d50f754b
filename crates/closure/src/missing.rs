//! What a program asks for and does not find.

use crate::tree::Id;

/// Something that is asked for and not there.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Missing {
    /// A program's loader.
    Loader {
        /// The program.
        of: Id,
        /// The path that it names.
        path: String,
    },
    /// A library.
    Library {
        /// As its user names it.
        name: String,
        /// Who needs it.
        by: Id,
        /// The program in whose course it is loaded, if that is known.
        program: Option<Id>,
        /// A file of that name that is for another machine or word size.
        unfit: Option<Id>,
    },
    /// A version of a library's symbols.
    Version {
        /// `GLIBC_2.38`.
        version: String,
        /// The library that is there.
        library: Id,
        /// Who needs it.
        by: Id,
    },
    /// An interpreter of a script.
    Interpreter {
        /// The script.
        of: Id,
        /// The path or name that it asks for.
        name: String,
    },
}
