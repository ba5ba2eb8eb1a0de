//! Terms: what stands on the right of a `=`, among VALUES, or as the key of an element.

use super::Walk;
use crate::statement::idempotence::assignment::Part;
use crate::statement::idempotence::functions::Function;
use crate::statement::lexer::Token;

impl<'t> Walk<'t, '_> {
    /// The parts of a term, up to the comma, bracket or clause that ends it.
    pub(super) fn term(&mut self) -> Vec<Part<'t>> {
        let mut parts = Vec::new();
        while !self.is_over() {
            parts.push(match self.next {
                Token::Symbol(b',' | b')' | b']' | b'}') => break,
                Token::Symbol(open @ (b'(' | b'[' | b'{')) => {
                    self.brackets();
                    Part::Brackets(open)
                }
                Token::Symbol(b'?') => self.part(Part::Marker(self.markers)),
                Token::Symbol(b':') => {
                    let marker = Part::Marker(self.markers);
                    self.bump();
                    self.part(marker)
                }
                Token::Symbol(sign @ (b'+' | b'-')) => self.part(Part::Sign(sign)),
                Token::Integer => self.part(Part::Integer),
                Token::Text(_) | Token::Number | Token::Uuid | Token::Blob => self.part(Part::Constant),
                Token::Name(_) | Token::Quoted(_) => match self.named_part() {
                    Some(part) => part,
                    None => break,
                },
                _ => self.part(Part::Other),
            });
        }
        parts
    }

    fn part(&mut self, part: Part<'t>) -> Part<'t> {
        self.bump();
        part
    }

    /// A part that begins with a name. None if it is a keyword that ends the term.
    fn named_part(&mut self) -> Option<Part<'t>> {
        if ["WHERE", "IF", "USING"].iter().any(|word| self.next.is(word)) {
            return None;
        }
        if ["TRUE", "FALSE", "NULL", "NAN", "INFINITY"].iter().any(|word| self.next.is(word)) {
            return Some(self.part(Part::Constant));
        }
        let mut name = self.bump();
        let mut qualifier = None;
        if self.accept(b'.') {
            qualifier = name.identifier();
            name = self.bump();
        }
        if self.next != Token::Symbol(b'(') {
            return Some(Part::Column(name));
        }
        self.brackets();
        let called = Function::named(qualifier.as_deref(), &name.identifier().unwrap_or_default());
        Some(if called == Function::Scalar { Part::ScalarCall } else { Part::Call })
    }
}
