//! A CQL text as its words, quoted names, literals and bind markers. Comments and blanks are gone.

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A word as written: keyword, identifier, number, uuid.
    Word(String),
    /// A quoted identifier.
    Name(String),
    /// A string literal.
    Text(String),
    /// `?` or `:name`.
    Marker(Option<String>),
    Symbol(char),
}

impl Token {
    pub(super) fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    /// The identifier that it is, as the server would store it.
    pub(super) fn identifier(&self) -> Option<String> {
        match self {
            Self::Word(word) => Some(word.to_ascii_lowercase()),
            Self::Name(name) => Some(name.clone()),
            _ => None,
        }
    }
}

/// The tokens of `text`. An unfinished literal ends with the text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '\'' => quoted(rest, '\'', Token::Text),
            '"' => quoted(rest, '"', Token::Name),
            '$' if rest.starts_with("$$") => {
                let end = rest[2..].find("$$").map_or(rest.len(), |at| at + 2);
                (Some(Token::Text(rest[2..end].to_owned())), (end + 2).min(rest.len()))
            }
            '-' if rest.starts_with("--") => (None, line(rest)),
            '/' if rest.starts_with("//") => (None, line(rest)),
            '/' if rest.starts_with("/*") => (None, rest.find("*/").map_or(rest.len(), |at| at + 2)),
            '?' => (Some(Token::Marker(None)), 1),
            ':' => {
                let length = word_length(&rest[1..]);
                (Some(Token::Marker(Some(rest[1..=length].to_owned()))), length + 1)
            }
            _ => match word_length(rest) {
                0 => (Some(Token::Symbol(first)), first.len_utf8()),
                length => (Some(Token::Word(rest[..length].to_owned())), length),
            },
        };
        tokens.extend(token);
        rest = rest[length..].trim_start();
    }
    tokens
}

fn line(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

fn word_length(rest: &str) -> usize {
    let in_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    rest.find(|c| !in_word(c)).unwrap_or(rest.len())
}

fn quoted(rest: &str, quote: char, token: fn(String) -> Token) -> (Option<Token>, usize) {
    let mut content = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            content.push(c);
        } else if chars.peek().is_some_and(|(_, next)| *next == quote) {
            chars.next();
            content.push(c);
        } else {
            return (Some(token(content)), at + 1);
        }
    }
    (Some(token(content)), rest.len())
}
