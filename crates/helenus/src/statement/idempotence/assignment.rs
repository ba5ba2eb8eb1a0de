//! What is written to one column: `c = …`, `c += …`, `c[…] = …`, `c` in an INSERT's list.

use helenus_protocol::CqlType;

use super::Idempotence::{self, Idempotent, NotIdempotent, Undecidable};
use crate::statement::lexer::Token;

/// A part of a term at its outermost level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// A bind marker, and how many stand before it, where that is clear.
    Marker(Option<usize>),
    /// A whole number.
    Integer,
    /// Any other constant.
    Constant,
    /// What stands in brackets of this kind.
    Brackets(u8),
    /// A call of a function that is known to give the same scalar each time.
    ScalarCall,
    /// A call of any other function.
    Call,
    /// `+` or `-`.
    Sign(u8),
    /// A column's name.
    Column(Token<'t>),
    /// Anything else.
    Other,
}

/// The value of `c = value`, where `c` may be a list: that is the one type whose replacement cannot be repeated.
pub(super) fn replace(value: &[Part<'_>], cql_type: impl Fn() -> Option<CqlType>) -> Idempotence {
    match value {
        [] => Undecidable,
        // Another column's value is not a constant (and legal in transactions only).
        _ if value.iter().any(|part| matches!(part, Part::Column(_))) => NotIdempotent,
        [Part::Brackets(b'{') | Part::ScalarCall] => Idempotent,
        _ if value.iter().all(|part| matches!(part, Part::Constant | Part::Integer | Part::Sign(_))) => {
            Idempotent
        }
        _ => match cql_type() {
            None => Undecidable,
            Some(CqlType::List(_) | CqlType::Counter) => NotIdempotent,
            Some(_) => Idempotent,
        },
    }
}

/// `c = c + value` and `c = c - value`.
pub(super) fn change(sign: u8, value: &[Part<'_>], cql_type: impl Fn() -> Option<CqlType>) -> Idempotence {
    match value {
        [] => Undecidable,
        _ if value.iter().any(|part| matches!(part, Part::Column(_))) => NotIdempotent,
        [Part::Brackets(b'{')] => Idempotent,
        [Part::Brackets(b'[')] => removal(sign),
        [Part::Constant | Part::Integer | Part::Sign(_), ..] => NotIdempotent,
        _ => match cql_type() {
            None => Undecidable,
            Some(CqlType::Set(_) | CqlType::Map(..)) => Idempotent,
            Some(CqlType::List(_)) => removal(sign),
            Some(_) => NotIdempotent,
        },
    }
}

/// Elements of a list are appended each time, but gone once they are removed.
fn removal(sign: u8) -> Idempotence {
    if sign == b'-' { Idempotent } else { NotIdempotent }
}

/// The key of `c[key]`, written or deleted: of a map or a set it names an element, of a list only a place.
pub(super) fn element(key: &[Part<'_>], cql_type: impl Fn() -> Option<CqlType>) -> Idempotence {
    match key {
        [Part::Constant | Part::Brackets(b'{' | b'[')] => Idempotent,
        _ => match cql_type() {
            None => Undecidable,
            Some(CqlType::Set(_) | CqlType::Map(..)) => Idempotent,
            Some(_) => NotIdempotent,
        },
    }
}
