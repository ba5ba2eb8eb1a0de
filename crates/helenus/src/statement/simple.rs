//! A statement as text.

use helenus_protocol::request::SerializedValues;

use super::StatementOptions;

/// CQL text, with values for its bind markers or without. With values it is the server that gives them types: they
/// must already be encoded as the types of their columns.
#[derive(Debug, Clone, Default)]
pub struct SimpleStatement {
    /// The text.
    pub text: String,
    /// The values of its bind markers.
    pub values: SerializedValues,
    /// How it is to be run. Boxed, so that statements are small things to move.
    pub options: Box<StatementOptions>,
}

impl From<&str> for SimpleStatement {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for SimpleStatement {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl SimpleStatement {
    /// A statement without values.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}
