//! User-defined functions and aggregates (`system_schema.functions`, `system_schema.aggregates`).

/// A function that a user has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The keyspace that it belongs to.
    pub keyspace: Box<str>,
    /// Its name, as the server keeps it.
    pub name: Box<str>,
    /// The names and types of its arguments, the types in CQL.
    pub arguments: Vec<(Box<str>, Box<str>)>,
    /// The type of what it returns, in CQL.
    pub return_type: Box<str>,
    /// The language that it is written in.
    pub language: Box<str>,
    /// Its text in that language.
    pub body: Box<str>,
    /// Whether it is called where an argument is null, and not simply null itself.
    pub called_on_null_input: bool,
    /// Whether it gives the same for the same arguments. No Cassandra says so yet; servers made from it do.
    pub deterministic: bool,
    /// In which of its arguments it is monotonic. As above.
    pub monotonic: Monotonic,
}

/// Whether a function keeps the order of its arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Monotonic {
    /// Nothing is said.
    #[default]
    Unknown,
    /// In all of its arguments.
    All,
    /// In this argument.
    On(Box<str>),
}

/// A function of many rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregate {
    /// The keyspace that it belongs to.
    pub keyspace: Box<str>,
    /// Its name, as the server keeps it.
    pub name: Box<str>,
    /// The types of its arguments, in CQL.
    pub argument_types: Vec<Box<str>>,
    /// The function that takes the state and a row's arguments and gives the next state.
    pub state_function: Box<str>,
    /// The type of the state, in CQL.
    pub state_type: Box<str>,
    /// The function that makes the result of the last state. Without one, the state is the result.
    pub final_function: Option<Box<str>>,
    /// The first state, as a CQL literal; null without one.
    pub initial_condition: Option<Box<str>>,
    /// The type of the result, in CQL.
    pub return_type: Box<str>,
    /// As [`Function::deterministic`].
    pub deterministic: bool,
}

/// What tells functions of one name apart: `name(int,text)`, as the keys of maps of functions have it.
#[must_use]
pub fn signature<'a>(name: &str, argument_types: impl IntoIterator<Item = &'a str>) -> String {
    let types = argument_types.into_iter().collect::<Vec<_>>().join(",");
    format!("{name}({types})")
}

impl Function {
    /// Its name and its arguments' types: `plus(int,int)`.
    #[must_use]
    pub fn signature(&self) -> String {
        signature(&self.name, self.arguments.iter().map(|(_, kind)| &**kind))
    }
}

impl Aggregate {
    /// Its name and its arguments' types: `total(int)`.
    #[must_use]
    pub fn signature(&self) -> String {
        signature(&self.name, self.argument_types.iter().map(|kind| &**kind))
    }
}
