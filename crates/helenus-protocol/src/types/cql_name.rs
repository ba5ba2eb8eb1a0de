//! CQL text: `map<text, frozen<list<int>>>`, as `system_schema` tells the types of columns and as people write them.
//!
//! A name that is no built-in type is a user type, which the caller resolves; a string is the class name of a custom
//! type. [`Display`](fmt::Display) of [`CqlType`] prints this spelling, with identifiers quoted where CQL needs it.

use std::fmt;
use std::sync::Arc;

use super::class_name;
use super::identifier::{quote_identifier, quote_type_identifier};
use super::scanner::Scanner;
use super::{CqlType, MAX_DEPTH, UserType};
use crate::error::DecodeError;

const WHAT: &str = "CQL type";

const NATIVE: [(&str, CqlType); 20] = [
    ("ascii", CqlType::Ascii),
    ("bigint", CqlType::Bigint),
    ("blob", CqlType::Blob),
    ("boolean", CqlType::Boolean),
    ("counter", CqlType::Counter),
    ("date", CqlType::Date),
    ("decimal", CqlType::Decimal),
    ("double", CqlType::Double),
    ("duration", CqlType::Duration),
    ("float", CqlType::Float),
    ("inet", CqlType::Inet),
    ("int", CqlType::Int),
    ("smallint", CqlType::Smallint),
    ("text", CqlType::Text),
    ("time", CqlType::Time),
    ("timestamp", CqlType::Timestamp),
    ("timeuuid", CqlType::Timeuuid),
    ("tinyint", CqlType::Tinyint),
    ("uuid", CqlType::Uuid),
    ("varint", CqlType::Varint),
];

/// The one custom class that the server's text has a word for, `empty`: what a compact table without a value column has.
const EMPTY_CLASS: &str = "org.apache.cassandra.db.marshal.EmptyType";

/// Finds a user type by its keyspace, where one was written, and its name.
pub trait ResolveUserType {
    /// The user type `name` of `keyspace`, or of the keyspace at hand where that is `None`.
    fn resolve(&self, keyspace: Option<&str>, name: &str) -> Option<Arc<UserType>>;
}

impl<F: Fn(Option<&str>, &str) -> Option<Arc<UserType>>> ResolveUserType for F {
    fn resolve(&self, keyspace: Option<&str>, name: &str) -> Option<Arc<UserType>> {
        self(keyspace, name)
    }
}

impl CqlType {
    /// The name in CQL of a type that has no other types in it, and no parameters: `int`. `None` for all others, custom types
    /// among them.
    #[must_use]
    pub fn native_name(&self) -> Option<&'static str> {
        NATIVE.iter().find(|(_, known)| known == self).map(|(name, _)| *name)
    }

    /// Reads a type in CQL text. `user_types` resolves every name that is not a built-in type; a closure
    /// `|keyspace: Option<&str>, name: &str| -> Option<Arc<UserType>>` will do.
    ///
    /// Names without quotes are of any case, as in CQL. An unknown name, nonsense, or nesting beyond [`MAX_DEPTH`] is
    /// an error that tells the place.
    pub fn from_cql(text: &str, user_types: &impl ResolveUserType) -> Result<Self, DecodeError> {
        let mut parser = Parser { scanner: Scanner::new(text, WHAT), user_types };
        let parsed = parser.cql_type(0)?;
        parser.scanner.finish()?;
        Ok(parsed)
    }
}

struct Parser<'a, R> {
    scanner: Scanner<'a>,
    user_types: &'a R,
}

/// Whether CQL allows this character in a name without quotes.
const fn is_part_of_a_name(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_')
}

impl<'a, R: ResolveUserType> Parser<'a, R> {
    fn word(&mut self) -> &'a str {
        self.scanner.word(is_part_of_a_name)
    }

    /// What stands between two of `quote`, where a doubled one stands for itself.
    fn quoted(&mut self, quote: char) -> Result<String, DecodeError> {
        let start = self.scanner.at();
        self.scanner.bump();
        let mut text = String::new();
        loop {
            let Some(part) = self.scanner.before(quote) else {
                return Err(self.scanner.error_at(start, "the quote is never closed"));
            };
            text.push_str(part);
            if self.scanner.peek() != Some(quote as u8) {
                return Ok(text);
            }
            text.push(quote);
            self.scanner.bump();
        }
    }

    fn cql_type(&mut self, depth: usize) -> Result<CqlType, DecodeError> {
        if depth >= MAX_DEPTH {
            return Err(self.scanner.error(format!("types nest deeper than {MAX_DEPTH}")));
        }
        self.scanner.skip_blanks();
        match self.scanner.peek() {
            Some(b'\'') => self.custom(depth),
            Some(b'"') => self.user_type(),
            _ => self.named(depth),
        }
    }

    fn custom(&mut self, depth: usize) -> Result<CqlType, DecodeError> {
        let start = self.scanner.at();
        let class = self.quoted('\'')?;
        class_name::parse_nested(&class, depth).map_err(|error| error.shifted(start + 1))
    }

    fn named(&mut self, depth: usize) -> Result<CqlType, DecodeError> {
        let start = self.scanner.at();
        let word = self.word();
        if word.is_empty() {
            return Err(self.scanner.error("a type is due"));
        }
        self.scanner.skip_blanks();
        match (self.scanner.peek(), word.to_ascii_lowercase().as_str()) {
            (Some(b'<'), "list") => Ok(CqlType::List(self.only(depth)?)),
            (Some(b'<'), "set") => Ok(CqlType::Set(self.only(depth)?)),
            (Some(b'<'), "frozen") => Ok(CqlType::Frozen(self.only(depth)?)),
            (Some(b'<'), "map") => self.map(depth),
            (Some(b'<'), "tuple") => self.tuple(depth),
            (Some(b'<'), "vector") => self.vector(depth),
            (Some(b'<'), _) => Err(self.scanner.error_at(start, "this type takes no parameters")),
            (Some(b'.'), _) => {
                self.scanner.go_back(start);
                self.user_type()
            }
            (_, "varchar") => Ok(CqlType::Text),
            (_, "empty") => Ok(CqlType::Custom(EMPTY_CLASS.into())),
            (_, name) => match NATIVE.iter().find(|(native, _)| *native == name) {
                Some((_, native)) => Ok(native.clone()),
                None => {
                    self.scanner.go_back(start);
                    self.user_type()
                }
            },
        }
    }

    /// `<T>`
    fn only(&mut self, depth: usize) -> Result<Arc<CqlType>, DecodeError> {
        self.scanner.expect(b'<')?;
        let only = self.cql_type(depth + 1)?;
        self.scanner.expect(b'>')?;
        Ok(Arc::new(only))
    }

    /// `<K, V>`
    fn map(&mut self, depth: usize) -> Result<CqlType, DecodeError> {
        self.scanner.expect(b'<')?;
        let key = self.cql_type(depth + 1)?;
        self.scanner.expect(b',')?;
        let value = self.cql_type(depth + 1)?;
        self.scanner.expect(b'>')?;
        Ok(CqlType::Map(Arc::new(key), Arc::new(value)))
    }

    /// `<T, …>`; the server itself prints the tuple of nothing as `tuple<>`.
    fn tuple(&mut self, depth: usize) -> Result<CqlType, DecodeError> {
        self.scanner.expect(b'<')?;
        if self.scanner.accept(b'>') {
            return Ok(CqlType::Tuple(Arc::new([])));
        }
        let mut elements = vec![self.cql_type(depth + 1)?];
        while self.scanner.accept(b',') {
            elements.push(self.cql_type(depth + 1)?);
        }
        self.scanner.expect(b'>')?;
        Ok(CqlType::Tuple(elements.into()))
    }

    /// `<T, dimension>`
    fn vector(&mut self, depth: usize) -> Result<CqlType, DecodeError> {
        self.scanner.expect(b'<')?;
        let element = self.cql_type(depth + 1)?;
        self.scanner.expect(b',')?;
        let dimension = self.scanner.dimension(is_part_of_a_name)?;
        self.scanner.expect(b'>')?;
        Ok(CqlType::Vector(Arc::new(element), dimension))
    }

    /// `name`, `"Name"`, or either behind a keyspace and a dot.
    fn user_type(&mut self) -> Result<CqlType, DecodeError> {
        let start = self.scanner.at();
        let first = self.identifier()?;
        let second = if self.scanner.accept(b'.') { Some(self.identifier()?) } else { None };
        let (keyspace, name) = match &second {
            Some(name) => (Some(first.as_str()), name.as_str()),
            None => (None, first.as_str()),
        };
        match self.user_types.resolve(keyspace, name) {
            Some(user_type) => Ok(CqlType::Udt(user_type)),
            None => {
                let name = quote_identifier(name);
                Err(self.scanner.error_at(start, format!("there is no user type {name}")))
            }
        }
    }

    fn identifier(&mut self) -> Result<String, DecodeError> {
        self.scanner.skip_blanks();
        if self.scanner.peek() == Some(b'"') {
            return self.quoted('"');
        }
        match self.word() {
            "" => Err(self.scanner.error("a name is due")),
            word => Ok(word.to_ascii_lowercase()),
        }
    }
}

impl fmt::Display for CqlType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Custom(class) if **class == *EMPTY_CLASS => f.write_str("empty"),
            Self::Custom(class) => write!(f, "'{}'", class.replace('\'', "''")),
            Self::List(element) => write!(f, "list<{element}>"),
            Self::Set(element) => write!(f, "set<{element}>"),
            Self::Frozen(inner) => write!(f, "frozen<{inner}>"),
            Self::Map(key, value) => write!(f, "map<{key}, {value}>"),
            Self::Vector(element, dimension) => write!(f, "vector<{element}, {dimension}>"),
            Self::Tuple(elements) => {
                f.write_str("tuple<")?;
                for (index, element) in elements.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    write!(f, "{comma}{element}")?;
                }
                f.write_str(">")
            }
            Self::Udt(udt) => f.write_str(&quote_type_identifier(&udt.name)),
            native => match native.native_name() {
                Some(name) => f.write_str(name),
                None => unreachable!("every type without parameters is in the table"),
            },
        }
    }
}

#[cfg(test)]
mod tests;
