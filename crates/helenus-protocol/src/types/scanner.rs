//! A place in the text of a type, for the two spellings that are text: class names and CQL. What they share is here, so that both
//! mean the same by a blank, a bracket that is due, and the dimension of a vector.

use std::borrow::Cow;

use crate::error::DecodeError;

/// See the [module](self). Everything but brackets, quotes and names is the parsers' own.
pub(super) struct Scanner<'a> {
    text: &'a str,
    at: usize,
    /// What the text is, for errors.
    what: &'static str,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(text: &'a str, what: &'static str) -> Self {
        Self { text, at: 0, what }
    }

    /// How far it is, in bytes.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Back to where it was before.
    pub(super) const fn go_back(&mut self, at: usize) {
        self.at = at;
    }

    /// An error at this place.
    #[cold]
    pub(super) fn error(&self, why: impl Into<Cow<'static, str>>) -> DecodeError {
        self.error_at(self.at, why)
    }

    /// An error at an earlier place.
    #[cold]
    pub(super) fn error_at(&self, at: usize, why: impl Into<Cow<'static, str>>) -> DecodeError {
        DecodeError::new(self.what, at, why)
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Takes the next byte, which the caller has seen and which is a character by itself.
    pub(super) fn bump(&mut self) {
        self.at += 1;
    }

    pub(super) fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Takes `wanted` if it is next, behind blanks.
    pub(super) fn accept(&mut self, wanted: u8) -> bool {
        self.skip_blanks();
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect(&mut self, wanted: u8) -> Result<(), DecodeError> {
        if self.accept(wanted) {
            return Ok(());
        }
        Err(self.error(format!("a '{}' is due", char::from(wanted))))
    }

    /// As many characters as are, all of them ASCII, `is_part` of a word; possibly none.
    pub(super) fn word(&mut self, is_part: impl Fn(u8) -> bool) -> &'a str {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii() && is_part(byte)) {
            self.at += 1;
        }
        self.since(start)
    }

    /// What was read since it was at `start`.
    pub(super) fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// What stands before the next `end`, which is taken too; `None`, and nothing is taken, where there is none.
    pub(super) fn before(&mut self, end: char) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?;
        let length = rest.find(end)?;
        self.at += length + end.len_utf8();
        rest.get(..length)
    }

    /// The dimension of a vector: a word of digits alone, from 1 to 2^31 - 1 (a Java `int`).
    pub(super) fn dimension(&mut self, is_part: impl Fn(u8) -> bool) -> Result<u32, DecodeError> {
        self.skip_blanks();
        let at = self.at;
        let digits = self.word(is_part);
        let number =
            if digits.bytes().all(|digit| digit.is_ascii_digit()) { digits.parse().ok() } else { None };
        number
            .filter(|dimension| (1..=i32::MAX.cast_unsigned()).contains(dimension))
            .ok_or_else(|| self.error_at(at, "the dimension of a vector is a number from 1 to 2147483647"))
    }

    /// Fails unless nothing but blanks is left.
    pub(super) fn finish(&mut self) -> Result<(), DecodeError> {
        self.skip_blanks();
        if self.at < self.text.len() {
            return Err(self.error("there is something behind the type's end"));
        }
        Ok(())
    }
}
