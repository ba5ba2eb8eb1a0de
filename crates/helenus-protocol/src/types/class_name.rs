//! Java class names: `org.apache.cassandra.db.marshal.MapType(…)`, the spelling of the server's own type parser.
//!
//! They reach a client as the `custom` option of section 4.2.5.2 (a vector always, and every type that is newer than
//! the protocol version in use), and in the arguments of older schema tables. This file reads and prints the classes
//! that have a CQL type; every other class, `CompositeType` and `DynamicCompositeType` among them, becomes
//! [`CqlType::Custom`] with its parameters left as they are.

use std::fmt;
use std::sync::Arc;

use super::scanner::Scanner;
use super::{CqlType, MAX_DEPTH, UserType};
use crate::error::DecodeError;

/// The package that a class name without a dot belongs to.
const PACKAGE: &str = "org.apache.cassandra.db.marshal.";
const WHAT: &str = "class name";

/// The classes without parameters. The first name of a type is the one that is printed.
const NATIVE: [(&str, CqlType); 22] = [
    ("AsciiType", CqlType::Ascii),
    ("LongType", CqlType::Bigint),
    ("BytesType", CqlType::Blob),
    ("BooleanType", CqlType::Boolean),
    ("CounterColumnType", CqlType::Counter),
    ("SimpleDateType", CqlType::Date),
    ("DecimalType", CqlType::Decimal),
    ("DoubleType", CqlType::Double),
    ("DurationType", CqlType::Duration),
    ("FloatType", CqlType::Float),
    ("InetAddressType", CqlType::Inet),
    ("Int32Type", CqlType::Int),
    ("ShortType", CqlType::Smallint),
    ("UTF8Type", CqlType::Text),
    ("TimeType", CqlType::Time),
    ("TimestampType", CqlType::Timestamp),
    // What timestamps were called before Cassandra 1.2; tables that old still say it.
    ("DateType", CqlType::Timestamp),
    ("TimeUUIDType", CqlType::Timeuuid),
    // Of tables whose time UUIDs are sorted as they were before Cassandra 2.0.
    ("LegacyTimeUUIDType", CqlType::Timeuuid),
    ("ByteType", CqlType::Tinyint),
    ("UUIDType", CqlType::Uuid),
    ("IntegerType", CqlType::Varint),
];

/// Reads a class name: the type, and whether it stands in a `ReversedType` (a clustering column in descending order).
///
/// Short names (`Int32Type`) and blanks are accepted as the server accepts them. A class that is not known is
/// [`CqlType::Custom`]; a known one with parameters that make no sense is an error, and so is nesting beyond
/// [`MAX_DEPTH`].
pub fn parse(text: &str) -> Result<(CqlType, bool), DecodeError> {
    let mut first = Parser(Scanner::new(text, WHAT));
    first.0.skip_blanks();
    let reversed = strip_package(first.identifier()) == "ReversedType";
    parse_nested(text, 0).map(|parsed| (parsed, reversed))
}

/// As [`parse`], for a class name that stands at `depth` inside another type.
pub(super) fn parse_nested(text: &str, depth: usize) -> Result<CqlType, DecodeError> {
    let mut parser = Parser(Scanner::new(text, WHAT));
    let parsed = parser.class(depth)?;
    parser.0.finish()?;
    Ok(parsed)
}

impl CqlType {
    /// The type with this Java class name; see [`class_name::parse`](parse). A `ReversedType` around it is dropped.
    pub fn from_class_name(text: &str) -> Result<Self, DecodeError> {
        parse(text).map(|(parsed, _reversed)| parsed)
    }

    /// The Java class name in full, as the server's own parser reads it.
    #[must_use]
    pub fn class_name(&self) -> String {
        ClassName(self).to_string()
    }
}

fn strip_package(name: &str) -> &str {
    name.strip_prefix(PACKAGE).unwrap_or(name)
}

struct Parser<'a>(Scanner<'a>);

/// Whether the server allows this character in a name.
const fn is_part_of_a_name(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'+' | b'.' | b'_' | b'&')
}

impl<'a> Parser<'a> {
    /// A name; possibly none.
    fn identifier(&mut self) -> &'a str {
        self.0.word(is_part_of_a_name)
    }

    /// Whether another parameter follows; takes the comma or the closing parenthesis.
    fn another(&mut self) -> Result<bool, DecodeError> {
        if self.0.accept(b',') {
            return Ok(true);
        }
        if self.0.accept(b')') {
            return Ok(false);
        }
        Err(self.0.error("a ',' or a ')' is due"))
    }

    fn class(&mut self, depth: usize) -> Result<CqlType, DecodeError> {
        if depth >= MAX_DEPTH {
            return Err(self.0.error(format!("types nest deeper than {MAX_DEPTH}")));
        }
        self.0.skip_blanks();
        let start = self.0.at();
        let name = self.identifier();
        if name.is_empty() {
            return Err(self.0.error("a class is due"));
        }
        self.0.skip_blanks();
        match strip_package(name) {
            "ListType" => Ok(CqlType::List(self.only(depth)?)),
            "SetType" => Ok(CqlType::Set(self.only(depth)?)),
            "MapType" => self.map(depth),
            "TupleType" => self.tuple(depth),
            "UserType" => self.user_type(depth),
            "VectorType" => self.vector(depth),
            "FrozenType" => Ok(CqlType::Frozen(self.only(depth)?)),
            // The order says nothing about the values.
            "ReversedType" => self.only(depth).map(Arc::unwrap_or_clone),
            simple => self.native_or_custom(simple, start),
        }
    }

    /// `(T)`
    fn only(&mut self, depth: usize) -> Result<Arc<CqlType>, DecodeError> {
        self.0.expect(b'(')?;
        let only = self.class(depth + 1)?;
        self.0.expect(b')')?;
        Ok(Arc::new(only))
    }

    /// `(K,V)`
    fn map(&mut self, depth: usize) -> Result<CqlType, DecodeError> {
        self.0.expect(b'(')?;
        let key = self.class(depth + 1)?;
        self.0.expect(b',')?;
        let value = self.class(depth + 1)?;
        self.0.expect(b')')?;
        Ok(CqlType::Map(Arc::new(key), Arc::new(value)))
    }

    /// `(T,…)`
    fn tuple(&mut self, depth: usize) -> Result<CqlType, DecodeError> {
        self.0.expect(b'(')?;
        let mut elements = Vec::new();
        if self.0.accept(b')') {
            return Ok(CqlType::Tuple(elements.into()));
        }
        loop {
            elements.push(self.class(depth + 1)?);
            if !self.another()? {
                return Ok(CqlType::Tuple(elements.into()));
            }
        }
    }

    /// `(keyspace,hex of the name,hex of a field:T,…)`
    fn user_type(&mut self, depth: usize) -> Result<CqlType, DecodeError> {
        self.0.expect(b'(')?;
        self.0.skip_blanks();
        let keyspace = self.identifier().to_owned();
        self.0.expect(b',')?;
        let name = self.hex_name()?;
        let mut fields = Vec::new();
        while self.another()? {
            let field = self.hex_name()?;
            self.0.expect(b':')?;
            fields.push((field, self.class(depth + 1)?));
        }
        Ok(CqlType::Udt(Arc::new(UserType { keyspace, name, fields })))
    }

    /// `(T , dimension)`
    fn vector(&mut self, depth: usize) -> Result<CqlType, DecodeError> {
        self.0.expect(b'(')?;
        let element = self.class(depth + 1)?;
        self.0.expect(b',')?;
        let dimension = self.0.dimension(is_part_of_a_name)?;
        self.0.expect(b')')?;
        Ok(CqlType::Vector(Arc::new(element), dimension))
    }

    /// A class that takes no parameters, or one that nobody here knows.
    fn native_or_custom(&mut self, simple: &str, start: usize) -> Result<CqlType, DecodeError> {
        let behind_the_name = self.0.at();
        let mut has_parameters = false;
        if self.0.peek() == Some(b'(') {
            self.skip_parameters()?;
            let parameters = self.0.since(behind_the_name);
            let within = parameters.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
            has_parameters = within.is_some_and(|within| !within.trim().is_empty());
        }
        match NATIVE.iter().find(|(class, _)| *class == simple) {
            Some((_, native)) if !has_parameters => Ok(native.clone()),
            // The blanks behind the name are not part of it.
            _ => Ok(CqlType::Custom(full_name(self.0.since(start).trim_end()).into())),
        }
    }

    /// Skips balanced parentheses without looking at what they hold, so their depth needs no limit.
    fn skip_parameters(&mut self) -> Result<(), DecodeError> {
        let mut open = 0_usize;
        loop {
            match self.0.peek() {
                Some(b'(') => open += 1,
                Some(b')') => open -= 1,
                Some(_) => {}
                None => return Err(self.0.error("a ')' is due")),
            }
            self.0.bump();
            if open == 0 {
                return Ok(());
            }
        }
    }

    fn hex_name(&mut self) -> Result<String, DecodeError> {
        self.0.skip_blanks();
        let at = self.0.at();
        let digits = self.identifier();
        let bytes = digits
            .as_bytes()
            .chunks(2)
            .map(|pair| {
                let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?;
                // `from_str_radix` takes a sign; a name's bytes have none.
                pair.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(())?;
                u8::from_str_radix(pair, 16).ok()
            })
            .collect::<Option<Vec<u8>>>();
        bytes
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .ok_or_else(|| self.0.error_at(at, "a name in hexadecimal UTF-8 is due"))
    }
}

/// A short name gets its package, so that a custom type has one spelling.
fn full_name(written: &str) -> String {
    let class = written.split(['(', ' ', '\t', '\n', '\r']).next().unwrap_or(written);
    if class.contains('.') { written.to_owned() } else { format!("{PACKAGE}{written}") }
}

/// Prints a type as its Java class name.
struct ClassName<'a>(&'a CqlType);

impl fmt::Display for ClassName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            CqlType::Custom(name) => f.write_str(name),
            CqlType::List(element) => write!(f, "{PACKAGE}ListType({})", ClassName(element)),
            CqlType::Set(element) => write!(f, "{PACKAGE}SetType({})", ClassName(element)),
            CqlType::Map(key, value) => {
                write!(f, "{PACKAGE}MapType({},{})", ClassName(key), ClassName(value))
            }
            CqlType::Frozen(inner) => write!(f, "{PACKAGE}FrozenType({})", ClassName(inner)),
            CqlType::Vector(element, dimension) => {
                write!(f, "{PACKAGE}VectorType({} , {dimension})", ClassName(element))
            }
            CqlType::Tuple(elements) => {
                write!(f, "{PACKAGE}TupleType(")?;
                for (index, element) in elements.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{}", ClassName(element))?;
                }
                f.write_str(")")
            }
            CqlType::Udt(udt) => {
                write!(f, "{PACKAGE}UserType({},{}", udt.keyspace, Hex(&udt.name))?;
                for (field, field_type) in &udt.fields {
                    write!(f, ",{}:{}", Hex(field), ClassName(field_type))?;
                }
                f.write_str(")")
            }
            native => match NATIVE.iter().find(|(_, known)| known == native) {
                Some((class, _)) => write!(f, "{PACKAGE}{class}"),
                None => unreachable!("every type without parameters is in the table"),
            },
        }
    }
}

struct Hex<'a>(&'a str);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.bytes().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests;
