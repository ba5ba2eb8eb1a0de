//! The values of a statement's bind markers, already in the form in which they travel: `[value]`s one after another,
//! each behind its name where they are named (section 4.1.4).

use std::fmt;

use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Value, Writer};
use crate::types::CqlType;
use crate::value::{EncodeValue, Encoded, encode_cell};
use crate::version::ProtocolVersion;

/// Bind values as bytes. All have names, or none has.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SerializedValues {
    count: u16,
    named: bool,
    has_unset: bool,
    bytes: Vec<u8>,
}

impl SerializedValues {
    /// No values.
    #[must_use]
    pub const fn new() -> Self {
        Self { count: 0, named: false, has_unset: false, bytes: Vec::new() }
    }

    /// `count` values without names that were framed elsewhere: each a `[value]`, one after another.
    #[must_use]
    pub fn from_wire(count: u16, bytes: Vec<u8>) -> Self {
        let mut reader = Reader::new(&bytes);
        // The length of a value that is not set is -2.
        let mut has_unset = false;
        while !reader.is_empty()
            && let Ok(value) = reader.value()
        {
            has_unset |= matches!(value, Value::Unset);
        }
        Self { count, named: false, has_unset, bytes }
    }

    /// No values yet, and room for `bytes` bytes of them.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), ..Self::new() }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether they have names.
    #[must_use]
    pub const fn are_named(&self) -> bool {
        self.named
    }

    /// Whether one of them is *not set*, which v3 cannot say.
    #[must_use]
    pub const fn have_unset(&self) -> bool {
        self.has_unset
    }

    /// How many bytes they take.
    #[must_use]
    pub const fn byte_length(&self) -> usize {
        self.bytes.len()
    }

    /// Appends a value.
    pub fn push(&mut self, value: Value<&[u8]>) -> Result<(), EncodeError> {
        self.push_with(|out| Writer::new(out).value(value))
    }

    /// Appends a value with its name.
    pub fn push_named(&mut self, name: &str, value: Value<&[u8]>) -> Result<(), EncodeError> {
        self.push_named_with(name, |out| Writer::new(out).value(value))
    }

    /// Lets `encode` append a value, that is one whole `[value]` with its length. What it leaves behind when it fails
    /// is taken away again.
    pub fn push_with<F>(&mut self, encode: F) -> Result<(), EncodeError>
    where
        F: FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    {
        self.append(None, encode)
    }

    /// As [`push_with`](Self::push_with), with a name.
    pub fn push_named_with<F>(&mut self, name: &str, encode: F) -> Result<(), EncodeError>
    where
        F: FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    {
        self.append(Some(name), encode)
    }

    /// Appends `value` as one of type `cql_type`. What [`push_with`](Self::push_with) has to check of what it is given, a
    /// [cell](encode_cell) is by itself.
    pub fn push_cell<T: EncodeValue + ?Sized>(
        &mut self,
        value: &T,
        cql_type: &CqlType,
    ) -> Result<(), EncodeError> {
        let count = self.next_count(false)?;
        let encoded = encode_cell(value, cql_type, &mut self.bytes)?;
        self.count = count;
        self.named = false;
        self.has_unset |= encoded == Encoded::Unset;
        Ok(())
    }

    /// How many there are with one more.
    fn next_count(&self, named: bool) -> Result<u16, EncodeError> {
        if self.count > 0 && self.named != named {
            return Err(EncodeError::new("bind values", "some have names and some have none"));
        }
        let more = || EncodeError::new("bind values", "there are more than 65535");
        self.count.checked_add(1).ok_or_else(more)
    }

    fn append<F>(&mut self, name: Option<&str>, encode: F) -> Result<(), EncodeError>
    where
        F: FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
    {
        let named = name.is_some();
        let count = self.next_count(named)?;
        let start = self.bytes.len();
        let append = |bytes: &mut Vec<u8>| {
            if let Some(name) = name {
                Writer::new(bytes).string(name)?;
            }
            let value = bytes.len();
            encode(bytes)?;
            one_value(bytes.get(value..).unwrap_or_default())
        };
        match append(&mut self.bytes) {
            Ok(is_unset) => {
                self.count = count;
                self.named = named;
                self.has_unset |= is_unset;
                Ok(())
            }
            Err(error) => {
                self.bytes.truncate(start);
                Err(error)
            }
        }
    }

    /// The values in order, with their names if they have any.
    #[must_use]
    pub fn iter(&self) -> SerializedValuesIter<'_> {
        SerializedValuesIter { reader: Reader::new(&self.bytes), named: self.named, left: self.len() }
    }

    /// The bytes of the value at `index`, from 0. `None` if there is no such value, it is null or not set, or they have names.
    #[must_use]
    pub fn bytes_at(&self, index: usize) -> Option<&[u8]> {
        if self.named || index >= self.len() {
            return None;
        }
        let mut rest = self.bytes.as_slice();
        for _ in 0..index {
            let (length, behind) = rest.split_first_chunk::<4>()?;
            // Null and unset have no bytes, and a length below zero.
            let length = usize::try_from(i32::from_be_bytes(*length)).unwrap_or(0);
            rest = behind.get(length..)?;
        }
        let (length, behind) = rest.split_first_chunk::<4>()?;
        behind.get(..usize::try_from(i32::from_be_bytes(*length)).ok()?)
    }

    /// The values as they travel, without their count.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Appends the count and the values.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        self.encode_count(version, out)?;
        out.raw(&self.bytes);
        Ok(())
    }

    /// Appends the count; [`as_bytes`](Self::as_bytes) follows it.
    pub(super) fn encode_count(
        &self,
        version: ProtocolVersion,
        out: &mut Writer<'_>,
    ) -> Result<(), EncodeError> {
        if self.has_unset && !version.has_unset() {
            return Err(super::parameters::not_in(version, "an unset value", "v4"));
        }
        out.short(self.count);
        Ok(())
    }

    /// Reads the count and the values.
    pub fn decode(
        named: bool,
        version: ProtocolVersion,
        reader: &mut Reader<'_>,
    ) -> Result<Self, DecodeError> {
        let count = reader.short_count(if named { 6 } else { 4 }, "bind values")?;
        let all = reader.rest();
        let mut has_unset = false;
        for _ in 0..count {
            if named {
                reader.string()?;
            }
            let at = reader.offset();
            if reader.value()? == Value::Unset {
                if !version.has_unset() {
                    return Err(DecodeError::new("[value]", at, format!("{version} has no unset values")));
                }
                has_unset = true;
            }
        }
        let bytes = all[..all.len() - reader.remaining()].to_vec();
        // `short_count` cannot give more than a u16 holds.
        Ok(Self { count: count as u16, named: named && count > 0, has_unset, bytes })
    }
}

/// Whether the one `[value]` that `bytes` must be is *not set*.
fn one_value(bytes: &[u8]) -> Result<bool, EncodeError> {
    let mut reader = Reader::new(bytes);
    match reader.value() {
        Ok(value) if reader.is_empty() => Ok(value == Value::Unset),
        _ => Err(EncodeError::new("bind value", "its encoder did not append exactly one [value]")),
    }
}

impl fmt::Debug for SerializedValues {
    // Values are the user's data, which belong in no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.named { "named " } else { "" };
        write!(f, "SerializedValues({} {kind}values, {} bytes)", self.count, self.bytes.len())
    }
}

impl<'a> IntoIterator for &'a SerializedValues {
    type Item = (Option<&'a str>, Value<&'a [u8]>);
    type IntoIter = SerializedValuesIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// Iterates over [`SerializedValues`]: names, if there are any, and values.
#[derive(Debug, Clone)]
pub struct SerializedValuesIter<'a> {
    reader: Reader<'a>,
    named: bool,
    left: usize,
}

impl<'a> Iterator for SerializedValuesIter<'a> {
    type Item = (Option<&'a str>, Value<&'a [u8]>);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        // Whatever is in there was checked when it came in, so neither of the two can fail.
        let name = if self.named { Some(self.reader.string().ok()?) } else { None };
        Some((name, self.reader.value().ok()?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for SerializedValuesIter<'_> {}
