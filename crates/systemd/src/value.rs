//! Properties of units.

/// A value, in one of the types that properties have (D-Bus specification, "Type System").
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `s`
    Text(String),
    /// `b`
    Flag(bool),
    /// `u`
    Unsigned32(u32),
    /// `i`
    Signed32(i32),
    /// `t`
    Unsigned(u64),
    /// `x`
    Signed(i64),
    /// `ay`
    Bytes(Vec<u8>),
    /// `au`
    Numbers(Vec<u32>),
    /// `as`
    Texts(Vec<String>),
    /// `a(ss)`
    Pairs(Vec<(String, String)>),
}

/// A property's name and value.
pub type Property = (String, Value);

impl Value {
    /// Its type, as messages carry it.
    pub(crate) fn signature(&self) -> &'static str {
        match self {
            Self::Text(_) => "s",
            Self::Flag(_) => "b",
            Self::Unsigned32(_) => "u",
            Self::Signed32(_) => "i",
            Self::Unsigned(_) => "t",
            Self::Signed(_) => "x",
            Self::Bytes(_) => "ay",
            Self::Numbers(_) => "au",
            Self::Texts(_) => "as",
            Self::Pairs(_) => "a(ss)",
        }
    }
}
