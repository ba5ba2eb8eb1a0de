//! The way through a statement's words. It follows the grammar only as far as it must to find what is written, and
//! calls undecidable whatever it does not follow.

mod term;
mod words;

use std::borrow::Cow;

use helenus_protocol::CqlType;

use super::assignment::{self, Part};
use super::{ColumnPath, Idempotence};
use crate::statement::lexer::{Lexer, Token};
use Idempotence::{Idempotent, IdempotentWithTimestamp, NotIdempotent, Undecidable};

type ColumnType<'a> = &'a dyn Fn(&ColumnPath<'_>) -> Option<CqlType>;

/// One text, read once from its beginning to its end.
pub(super) struct Walk<'t, 'a> {
    lexer: Lexer<'t>,
    /// The word before the next, and the one before that: what a call's name may consist of.
    last: [Token<'t>; 2],
    next: Token<'t>,
    in_batch: bool,
    /// How many bind markers were read, as long as that is clear.
    markers: Option<usize>,
    braces: usize,
    verdict: Idempotence,
    column_type: ColumnType<'a>,
}

struct Table<'t> {
    keyspace: Option<Cow<'t, str>>,
    name: Cow<'t, str>,
}

impl<'t, 'a> Walk<'t, 'a> {
    pub(super) fn new(cql: &'t str, column_type: ColumnType<'a>) -> Self {
        let mut lexer = Lexer::new(cql);
        let next = lexer.next();
        Self {
            lexer,
            last: [Token::End; 2],
            next,
            in_batch: false,
            markers: Some(0),
            braces: 0,
            verdict: Idempotent,
            column_type,
        }
    }

    /// The verdict, and how many bind markers the text has, where that is clear.
    pub(super) fn judge(mut self) -> (Idempotence, Option<usize>) {
        self.statement();
        (self.verdict, self.markers)
    }

    fn statement(&mut self) {
        let first = match self.bump() {
            Token::Name(first) => first.to_ascii_uppercase(),
            _ => return self.worsen(Undecidable),
        };
        let followed = match &*first {
            // USE is here because it does the same each time; what it does to the connection is the sender's part.
            "SELECT" | "LIST" | "DESCRIBE" | "DESC" | "USE" => return,
            "CREATE" | "ALTER" | "DROP" | "TRUNCATE" | "GRANT" | "REVOKE" | "ADD" => {
                return self.worsen(NotIdempotent);
            }
            "INSERT" => self.insert(false),
            "UPDATE" => self.update(false),
            "DELETE" => self.delete(false),
            "BEGIN" => self.batch(),
            _ => None,
        };
        self.accept(b';');
        if followed.is_none() || self.next != Token::End {
            self.worsen(Undecidable);
        }
    }

    /// `INSERT` was read. None where the text is not as it should be.
    fn insert(&mut self, timed: bool) -> Option<()> {
        self.expect("INTO")?;
        let table = self.table()?;
        if self.next.is("JSON") {
            self.bump();
            // The text of a JSON object may hold a list, and always does so between brackets.
            let harmless = matches!(self.bump(), Token::Text(json) if !json.contains('['));
            if !harmless {
                self.worsen(Undecidable);
            }
        } else {
            let columns = self.columns()?;
            self.expect("VALUES")?;
            self.accept(b'(').then_some(())?;
            for (i, column) in columns.iter().enumerate() {
                if i > 0 {
                    self.accept(b',').then_some(())?;
                }
                let value = self.term();
                let judged = assignment::replace(&value, || self.type_of(&table, *column, &value, false));
                self.worsen(judged);
            }
            self.accept(b')').then_some(())?;
        }
        self.finish(timed)
    }

    /// The list of an INSERT's columns, with its parentheses.
    fn columns(&mut self) -> Option<Vec<Token<'t>>> {
        self.accept(b'(').then_some(())?;
        let mut columns = vec![self.name()?];
        while self.accept(b',') {
            columns.push(self.name()?);
        }
        self.accept(b')').then_some(columns)
    }

    /// `UPDATE` was read.
    fn update(&mut self, timed: bool) -> Option<()> {
        let table = self.table()?;
        let timed = self.until("SET") || timed;
        self.expect("SET")?;
        loop {
            self.assignment(&table)?;
            if !self.accept(b',') {
                break;
            }
        }
        self.finish(timed)
    }

    fn assignment(&mut self, table: &Table<'t>) -> Option<()> {
        let column = self.name()?;
        if self.accept(b'[') {
            self.element(table, column)?;
            self.accept(b'=').then_some(())?;
            self.term();
            return Some(());
        }
        if self.accept(b'.') {
            // One field of a user type: what is nested in one is frozen, so nothing in it is a list.
            self.name()?;
            self.accept(b'=').then_some(())?;
            let value = self.term();
            let judged = assignment::replace(&value, || Some(CqlType::Blob));
            self.worsen(judged);
            return Some(());
        }
        let sign = [b'+', b'-'].into_iter().find(|&sign| self.accept(sign));
        self.accept(b'=').then_some(())?;
        let value = self.term();
        let cql_type = || self.type_of(table, column, &value, false);
        let judged = match (sign, &*value) {
            (Some(sign), change) => assignment::change(sign, change, cql_type),
            (None, [Part::Column(itself), Part::Sign(sign), change @ ..])
                if itself.identifier() == column.identifier() =>
            {
                assignment::change(*sign, change, cql_type)
            }
            // `c = [0] + c` is the only other form that names a column, and prepends to a list.
            (None, value) => assignment::replace(value, cql_type),
        };
        self.worsen(judged);
        Some(())
    }

    /// `c[` was read.
    fn element(&mut self, table: &Table<'t>, column: Token<'t>) -> Option<()> {
        let key = self.term();
        let judged = assignment::element(&key, || self.type_of(table, column, &key, true));
        self.worsen(judged);
        self.accept(b']').then_some(())
    }

    /// `DELETE` was read.
    fn delete(&mut self, timed: bool) -> Option<()> {
        let mut elements = Vec::new();
        while !self.next.is("FROM") {
            let column = self.name()?;
            if self.accept(b'[') {
                elements.push((column, self.term()));
                self.accept(b']').then_some(())?;
            } else if self.accept(b'.') {
                self.name()?;
            }
            if !self.accept(b',') {
                break;
            }
        }
        self.expect("FROM")?;
        let table = self.table()?;
        for (column, key) in elements {
            let judged = assignment::element(&key, || self.type_of(&table, column, &key, true));
            self.worsen(judged);
        }
        self.finish(timed)
    }

    /// `BEGIN` was read.
    fn batch(&mut self) -> Option<()> {
        if self.next.is("COUNTER") || self.next.is("TRANSACTION") {
            self.worsen(NotIdempotent);
            return None;
        }
        if self.next.is("UNLOGGED") {
            self.bump();
        }
        self.expect("BATCH")?;
        self.in_batch = true;
        let timed = self.next.is("USING") && self.until("APPLY");
        loop {
            while self.accept(b';') {}
            match self.bump() {
                word if word.is("INSERT") => self.insert(timed)?,
                word if word.is("UPDATE") => self.update(timed)?,
                word if word.is("DELETE") => self.delete(timed)?,
                word if word.is("APPLY") => return self.expect("BATCH"),
                _ => return None,
            }
        }
    }

    /// Goes on to the end of a modification.
    fn finish(&mut self, timed: bool) -> Option<()> {
        if !(self.until("") || timed) {
            self.worsen(IdempotentWithTimestamp);
        }
        Some(())
    }

    /// Goes on to `word` or the end of a modification. True if a constant timestamp was given on the way; one that
    /// is bound may be left unset and is then none.
    fn until(&mut self, word: &str) -> bool {
        let (mut using, mut timed) = (false, false);
        while !self.is_over() && !self.next.is(word) {
            let token = self.bump();
            using = (using || token.is("USING")) && !token.is("WHERE");
            if using && token.is("TIMESTAMP") {
                self.accept(b'-');
                timed |= self.next == Token::Integer;
            }
        }
        timed
    }

    fn table(&mut self) -> Option<Table<'t>> {
        let name = self.name()?.identifier()?;
        if !self.accept(b'.') {
            return Some(Table { keyspace: None, name });
        }
        Some(Table { keyspace: Some(name), name: self.name()?.identifier()? })
    }

    /// The type of a column that `value` is written to, or of which `value` is the key of an element.
    fn type_of(
        &self,
        table: &Table<'_>,
        column: Token<'_>,
        value: &[Part<'_>],
        is_element: bool,
    ) -> Option<CqlType> {
        let column = column.identifier()?;
        let marker = match value {
            [.., Part::Marker(marker)] => *marker,
            _ => None,
        };
        (self.column_type)(&ColumnPath {
            keyspace: table.keyspace.as_deref(),
            table: &table.name,
            column: &column,
            marker,
            is_element,
        })
    }
}
