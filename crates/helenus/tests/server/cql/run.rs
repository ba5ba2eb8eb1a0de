//! One session of this door, and what a step of the corpus does with it.

use std::collections::HashMap;
use std::fmt::Display;

use helenus::protocol::request::BatchKind;
use helenus::protocol::value::{CqlValue, encode_cell};
use helenus::protocol::{Consistency, CqlType, SerialConsistency};
use helenus::schema::without_frozen;
use helenus::statement::StatementOptions;
use helenus::{
    BatchStatement, ClusterBuilder, Error, PreparedStatement, ResultSet, Session, SimpleStatement, Statement,
};
use serde_json::Value;

use super::corpus::{Case, Entry, Mode, Names, Refusal, Step};
use super::{schema, values};

/// What went otherwise than the corpus says, in words.
pub(super) type Checked<T = ()> = Result<T, String>;

fn words(error: impl Display) -> String {
    error.to_string()
}

/// What the cases of one file run on.
pub(super) struct Door {
    pub(super) builder: ClusterBuilder,
    pub(super) session: Session,
    pub(super) version: u8,
    pub(super) names: Names,
    /// Sessions of other roles, for as long as the case runs.
    roles: HashMap<String, Session>,
    /// Statements that the case keeps prepared.
    kept: HashMap<String, PreparedStatement>,
}

impl Door {
    pub(super) fn new(builder: ClusterBuilder, session: Session, version: u8, keyspace: String) -> Self {
        let names = Names { keyspace, number: 0 };
        Self { builder, session, version, names, roles: HashMap::new(), kept: HashMap::new() }
    }

    /// Runs all steps of a case; the error names the step.
    pub(super) async fn case(&mut self, case: &Case, mode: Mode) -> Checked {
        self.names.number += 1;
        let mut outcome = Ok(());
        for (number, raw) in case.steps.iter().enumerate() {
            outcome = self.step(raw, mode).await;
            if let Err(why) = outcome {
                outcome = Err(format!("step {}: {why}", number + 1));
                break;
            }
        }
        for (_, session) in self.roles.drain() {
            session.cluster().shut_down();
        }
        self.kept.clear();
        // Whatever the case has used, the next one begins where all begin.
        if self.session.keyspace().as_deref() != Some(&self.names.keyspace) {
            self.session.set_keyspace(&self.names.keyspace).await.map_err(words)?;
        }
        outcome
    }

    async fn step(&mut self, raw: &Value, mode: Mode) -> Checked {
        let step = self.names.fill(raw)?;
        if step.versions.as_ref().is_some_and(|versions| !versions.contains(&self.version)) {
            return Ok(());
        }
        let outcome = self.outcome(&step, mode).await?;
        match (outcome, &step.error) {
            (Ok(result), None) => self.accept(&step, result).await?,
            (Ok(_), Some(refusal)) => return Err(format!("it worked, {refusal:?} was expected")),
            (Err(error), None) => return Err(words(error)),
            (Err(error), Some(refusal)) => self.refuse(&error, refusal).await?,
        }
        if let Some(wanted) = &step.keyspace
            && self.session.keyspace().as_ref() != Some(wanted)
        {
            return Err(format!("the session's keyspace is {:?}, not {wanted}", self.session.keyspace()));
        }
        step.schema.iter().try_for_each(|part| schema::check(&self.session, &self.names.keyspace, part))
    }

    /// What the step gives: a result, or an error of the driver. An error of our own is one of the corpus.
    async fn outcome(&mut self, step: &Step, mode: Mode) -> Checked<Result<ResultSet, Error>> {
        let session = match self.session_of(step).await {
            Ok(session) => session,
            Err(error) => return Ok(Err(error)),
        };
        let options = options(step)?;
        let statement = if let Some(kind) = &step.batch {
            self.batch(&session, kind, &step.statements, mode).await?
        } else {
            self.single(&session, step, mode).await?
        };
        let mut statement = match statement {
            Ok(statement) => statement,
            Err(error) => return Ok(Err(error)),
        };
        *statement.options_mut() = options;
        Ok(session.execute(statement).await)
    }

    async fn session_of(&mut self, step: &Step) -> Result<Session, Error> {
        let Some(role) = &step.role else { return Ok(self.session.clone()) };
        if let Some(session) = self.roles.get(role) {
            return Ok(session.clone());
        }
        let cluster = self.builder.clone().credentials(role, "pw").connect().await?;
        let session = cluster.session(None).await?;
        self.roles.insert(role.clone(), session.clone());
        Ok(session)
    }

    async fn single(
        &mut self,
        session: &Session,
        step: &Step,
        mode: Mode,
    ) -> Checked<Result<Statement, Error>> {
        if let Some(kept) = &step.run {
            let prepared = self.kept.get(kept).ok_or_else(|| format!("no statement {kept:?} is kept"))?;
            return self.bound(prepared, &step.values, step.error.is_none());
        }
        if step.keep.is_none() && mode == Mode::Simple {
            return Ok(self.simple(&step.cql, &step.values)?.map(Into::into));
        }
        let prepared = match session.prepare(&step.cql).await {
            Ok(prepared) => prepared,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(name) = &step.keep {
            self.kept.insert(name.clone(), prepared.clone());
        }
        self.bound(&prepared, &step.values, step.error.is_none())
    }

    fn cql_type(&self, text: &str) -> Checked<CqlType> {
        let snapshot = self.session.cluster().snapshot();
        let keyspace =
            snapshot.schema().keyspace(&self.names.keyspace).ok_or("the keyspace of the file is gone")?;
        keyspace.cql_type(text).map_err(words)
    }

    fn row(&self, typed: &[(String, Value)]) -> Checked<Vec<(CqlType, CqlValue)>> {
        let one = |(text, json): &(String, Value)| {
            let cql_type = self.cql_type(text)?;
            let value = values::value(&cql_type, json)?;
            Ok((cql_type, value))
        };
        typed.iter().map(one).collect()
    }

    /// Text, with its values beside it as bytes.
    fn simple(&self, text: &str, typed: &[(String, Value)]) -> Checked<Result<SimpleStatement, Error>> {
        let mut statement = SimpleStatement::new(text);
        for (cql_type, value) in self.row(typed)? {
            let written = statement.values.push_with(|out| encode_cell(&value, &cql_type, out).map(drop));
            if let Err(error) = written {
                return Ok(Err(error.into()));
            }
        }
        Ok(Ok(statement))
    }

    fn bound(
        &self,
        prepared: &PreparedStatement,
        typed: &[(String, Value)],
        is_good: bool,
    ) -> Checked<Result<Statement, Error>> {
        let row = self.row(typed)?;
        // What the server says of its markers is what the corpus says of them.
        let wanted: Vec<_> = row.iter().map(|(cql_type, _)| plain(&cql_type.to_string())).collect();
        let found: Vec<_> =
            prepared.bind_columns().iter().map(|column| plain(&column.cql_type.to_string())).collect();
        if is_good && wanted != found {
            return Err(format!("the markers are of the types {found:?}, expected {wanted:?}"));
        }
        let row: Vec<_> = row.into_iter().map(|(_, value)| value).collect();
        Ok(prepared.bind(row).map(Into::into).map_err(Into::into))
    }

    async fn batch(
        &self,
        session: &Session,
        kind: &str,
        entries: &[Entry],
        mode: Mode,
    ) -> Checked<Result<Statement, Error>> {
        let mut batch = BatchStatement::new(match kind {
            "logged" => BatchKind::Logged,
            "unlogged" => BatchKind::Unlogged,
            "counter" => BatchKind::Counter,
            other => return Err(format!("there is no kind of batch {other:?}")),
        });
        for entry in entries {
            let added = match mode {
                Mode::Simple => self.simple(&entry.cql, &entry.values)?.map(Statement::Simple),
                Mode::Prepared => match session.prepare(&entry.cql).await {
                    Ok(prepared) => self.bound(&prepared, &entry.values, true)?,
                    Err(error) => Err(error),
                },
            };
            match added {
                Ok(Statement::Simple(statement)) => batch.push(statement),
                Ok(Statement::Bound(statement)) => batch.push(statement),
                Ok(Statement::Batch(_)) => return Err("a batch in a batch".into()),
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(batch.into()))
    }

    /// Holds a result against what is expected of it.
    async fn accept(&self, step: &Step, result: ResultSet) -> Checked {
        if result.schema_change().is_some() && !result.is_schema_agreed() {
            return Err("the schema was not agreed on".into());
        }
        if let Some(wanted) = &step.warning
            && !result.warnings().iter().any(|warning| warning.contains(wanted.as_str()))
        {
            return Err(format!("the warnings are {:?}, expected one with {wanted:?}", result.warnings()));
        }
        if let Some(wanted) = step.applied
            && result.was_applied().map_err(words)? != wanted
        {
            return Err(format!("whether it was applied is {}, expected {wanted}", !wanted));
        }
        if let Some(wanted) = &step.columns {
            let found: Vec<_> = result
                .columns()
                .iter()
                .map(|c| format!("{}: {}", c.name, plain(&c.cql_type.to_string())))
                .collect();
            let wanted: Vec<_> = wanted.iter().map(|column| plain(column)).collect();
            if found != wanted {
                return Err(format!("the columns are {found:?}, expected {wanted:?}"));
            }
        }
        self.accept_rows(step, result).await
    }

    async fn accept_rows(&self, step: &Step, result: ResultSet) -> Checked {
        let mut found = Vec::new();
        let mut pages = result.into_stream();
        while let Some(page) = pages.next_page().await.map_err(words)? {
            for row in page.rows() {
                let row = row.map_err(words)?;
                let cells = (0..row.len()).map(|index| row.get::<CqlValue>(index));
                found.push(cells.collect::<Result<Vec<_>, _>>().map_err(words)?);
            }
        }
        if let Some(wanted) = step.count
            && found.len() != wanted
        {
            return Err(format!("there are {} rows, expected {wanted}", found.len()));
        }
        let Some(rows) = &step.rows else { return Ok(()) };
        let columns = step.columns.as_ref().ok_or("rows are given without their columns")?;
        let types = columns.iter().map(|column| {
            let (_, text) = column.split_once(": ").ok_or_else(|| format!("{column:?} has no type"))?;
            self.cql_type(text)
        });
        let types: Vec<_> = types.collect::<Checked<_>>()?;
        let expected = rows.iter().map(|row| {
            if row.len() != types.len() {
                return Err(format!("the corpus expects a row of {} values", row.len()));
            }
            types
                .iter()
                .zip(row)
                .map(|(cql_type, json)| values::value(cql_type, json))
                .collect::<Checked<Vec<_>>>()
        });
        // Text of values with their types: numbers that are none are equal in it, zeros of two signs are not.
        let shown = |row: Vec<CqlValue>| format!("{row:?}");
        let mut found: Vec<_> = found.into_iter().map(shown).collect();
        let mut expected: Vec<_> = expected.map(|row| row.map(shown)).collect::<Checked<_>>()?;
        if step.any_order {
            found.sort();
            expected.sort();
        }
        if found == expected {
            Ok(())
        } else {
            Err(format!("the rows are {found:#?}, expected {expected:#?}"))
        }
    }

    /// Holds an error against the one that is expected, and sees whether the session still answers.
    async fn refuse(&self, error: &Error, refusal: &Refusal) -> Checked {
        let text = words(error);
        let class = class(error);
        if class != refusal.class || !text.contains(&refusal.text) {
            return Err(format!("the error is {class}: {text}; expected {refusal:?}"));
        }
        if let Some(hidden) = refusal.hides.as_ref().filter(|hidden| text.contains(*hidden)) {
            return Err(format!("the error shows {hidden:?}: {text}"));
        }
        let host = self.session.cluster().snapshot().hosts()[0].address().to_string();
        if error.server_error().is_some() && !text.contains(&host) {
            return Err(format!("the error does not name the host {host}: {text}"));
        }
        self.session.execute("SELECT key FROM system.local").await.map(drop).map_err(words)
    }
}

fn options(step: &Step) -> Checked<StatementOptions> {
    let level = |name: &String| {
        let all = (0..=0x000A).filter_map(Consistency::from_number);
        all.into_iter().find(|level| level.name() == name).ok_or_else(|| format!("no consistency {name}"))
    };
    let serial = |name: &String| match name.as_str() {
        "SERIAL" => Ok(SerialConsistency::Serial),
        "LOCAL_SERIAL" => Ok(SerialConsistency::LocalSerial),
        other => Err(format!("no serial consistency {other}")),
    };
    Ok(StatementOptions {
        page_size: step.page_size,
        consistency: step.consistency.as_ref().map(level).transpose()?,
        serial_consistency: step.serial.as_ref().map(serial).transpose()?,
        ..StatementOptions::default()
    })
}

/// A type, or a column with its type, without `frozen<…>`, which the wire does not tell.
fn plain(text: &str) -> String {
    without_frozen(text).into_owned()
}

/// What the corpus calls an error.
fn class(error: &Error) -> &'static str {
    use helenus::protocol::response::ServerError as E;
    match error.server_error() {
        Some(E::SyntaxError { .. }) => "SyntaxError",
        Some(E::Invalid { .. }) => "Invalid",
        Some(E::Unauthorized { .. }) => "Unauthorized",
        Some(E::ConfigError { .. }) => "ConfigError",
        Some(E::AlreadyExists { .. }) => "AlreadyExists",
        Some(E::FunctionFailure { .. }) => "FunctionFailure",
        Some(E::TruncateError { .. }) => "TruncateError",
        Some(E::ServerError { .. }) => "ServerError",
        Some(E::ProtocolError { .. }) => "ProtocolError",
        Some(_) => "another error of the server",
        None => match error {
            Error::Encode(_) => "Refused",
            Error::Connect(_) => "Connect",
            _ => "another error of the driver",
        },
    }
}
