//! The bind markers of a statement: their names, and where their types come from.

use super::token::Token;
use super::{Marker, MarkerRole};

/// The markers in order.
pub(super) fn markers(tokens: &[Token]) -> Vec<Marker> {
    let inserted = inserted_columns(tokens);
    let values = tokens.iter().position(|token| token.is("VALUES")).filter(|_| !inserted.is_empty());
    let mut found = Vec::new();
    let mut role = MarkerRole::Unknown;
    let (mut depth, mut position) = (0_usize, 0_usize);
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') => depth = depth.saturating_sub(1),
            Token::Symbol(',') if depth == 1 => position += 1,
            Token::Symbol('=' | '<' | '>' | '!') => match before {
                Some(Token::Symbol(')')) => role = MarkerRole::Bigint,
                Some(before) => {
                    if let Some(column) = before.identifier() {
                        role = MarkerRole::Column(column);
                    }
                }
                None => {}
            },
            Token::Marker(name) => {
                let in_values = values.is_some_and(|values| at > values) && depth > 0;
                let role = match inserted.get(position).filter(|_| in_values) {
                    Some(column) => MarkerRole::Column(column.clone()),
                    None => role.clone(),
                };
                found.push(marker(name.as_deref(), role, before));
            }
            _ if token.is("VALUES") => (depth, position) = (0, 0),
            _ if token.is("IN") => {
                if let Some(column) = before.and_then(Token::identifier) {
                    let whole = matches!(tokens.get(at + 1), Some(Token::Marker(_)));
                    role = if whole { MarkerRole::ListOf(column) } else { MarkerRole::Column(column) };
                }
            }
            _ if token.is("LIMIT") || token.is("TTL") => role = MarkerRole::Int,
            _ if token.is("TIMESTAMP") => role = MarkerRole::Bigint,
            _ => {}
        }
    }
    found
}

fn marker(own: Option<&str>, role: MarkerRole, before: Option<&Token>) -> Marker {
    let name = match (&role, own, before) {
        (_, Some(own), _) => own.to_owned(),
        (MarkerRole::Column(column), ..) => column.clone(),
        (MarkerRole::ListOf(column), ..) => format!("in({column})"),
        (MarkerRole::Int | MarkerRole::Bigint, None, Some(Token::Word(word))) => {
            format!("[{}]", word.to_ascii_lowercase())
        }
        (MarkerRole::Bigint, ..) => "partition key token".to_owned(),
        _ => "[unknown]".to_owned(),
    };
    Marker { name, role }
}

fn inserted_columns(tokens: &[Token]) -> Vec<String> {
    let Some(start) = tokens.iter().position(|token| *token == Token::Symbol('(')) else { return Vec::new() };
    if !tokens.first().is_some_and(|token| token.is("INSERT")) {
        return Vec::new();
    }
    tokens[start + 1..]
        .iter()
        .take_while(|token| **token != Token::Symbol(')'))
        .filter_map(Token::identifier)
        .collect()
}
