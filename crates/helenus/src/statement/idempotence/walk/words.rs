//! Word by word: the next one, and what each says wherever it stands.

use super::Walk;
use crate::statement::idempotence::Idempotence;
use crate::statement::idempotence::functions::Function;
use crate::statement::lexer::Token;
use Idempotence::{NotIdempotent, Undecidable};

impl<'t> Walk<'t, '_> {
    /// Takes the name of a table or a column, which is no function whatever follows.
    pub(super) fn name(&mut self) -> Option<Token<'t>> {
        matches!(self.next, Token::Name(_) | Token::Quoted(_)).then(|| self.shift())
    }

    pub(super) fn expect(&mut self, word: &str) -> Option<()> {
        self.next.is(word).then(|| _ = self.shift())
    }

    pub(super) fn accept(&mut self, symbol: u8) -> bool {
        let found = self.next == Token::Symbol(symbol);
        if found {
            self.bump();
        }
        found
    }

    /// Takes the next word wherever it stands: conditions and calls count in any place.
    pub(super) fn bump(&mut self) -> Token<'t> {
        let before = self.last;
        let token = self.shift();
        match token {
            Token::Invalid => self.worsen(Undecidable),
            Token::Symbol(symbol) => self.count(symbol),
            _ if token.is("IF") => self.worsen(NotIdempotent),
            Token::Name(name) | Token::Quoted(name)
                if self.next == Token::Symbol(b'(')
                    && !["AND", "IN", "WHERE", "NOT"].iter().any(|word| token.is(word)) =>
            {
                let qualified = before[1] == Token::Symbol(b'.');
                let qualifier = if qualified { before[0].identifier() } else { None };
                self.call(qualifier.as_deref(), name);
            }
            _ => {}
        }
        token
    }

    fn count(&mut self, symbol: u8) {
        match symbol {
            b'{' => self.braces += 1,
            b'}' => self.braces = self.braces.saturating_sub(1),
            // Before a name it may be a marker's, or stand between a key and its value.
            b':' if self.braces > 0 => {
                if matches!(self.next, Token::Name(_) | Token::Quoted(_)) {
                    self.markers = None;
                }
            }
            b'?' | b':' => self.markers = self.markers.map(|markers| markers + 1),
            _ => {}
        }
    }

    fn call(&mut self, qualifier: Option<&str>, name: &str) {
        match Function::named(qualifier, name) {
            Function::Changing => self.worsen(NotIdempotent),
            Function::Scalar => {}
            Function::Unknown => self.worsen(Undecidable),
        }
    }

    fn shift(&mut self) -> Token<'t> {
        let token = std::mem::replace(&mut self.next, self.lexer.next());
        self.last = [self.last[1], token];
        token
    }

    pub(super) fn worsen(&mut self, verdict: Idempotence) {
        self.verdict = self.verdict.max(verdict);
    }

    pub(super) fn is_over(&self) -> bool {
        match self.next {
            Token::End | Token::Invalid | Token::Symbol(b';') => true,
            Token::Name(_) if self.in_batch => {
                ["INSERT", "UPDATE", "DELETE", "APPLY"].iter().any(|word| self.next.is(word))
            }
            _ => false,
        }
    }

    /// Goes past what stands in brackets, and past the brackets.
    pub(super) fn brackets(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.bump() {
                Token::Symbol(b'(' | b'[' | b'{') => depth += 1,
                Token::Symbol(b')' | b']' | b'}') => depth -= 1,
                Token::End | Token::Invalid => return self.worsen(Undecidable),
                _ => {}
            }
            if depth == 0 {
                return;
            }
        }
    }
}
