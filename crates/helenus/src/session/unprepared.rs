//! Statements as text with values: prepared behind the caller's back, once for each text and keyspace, and kept as long as
//! they are among those that were used last.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::OnceCell;

use super::deadline::Deadline;
use super::recent::Recent;
use super::{Session, SessionInner};
use crate::error::{AttemptError, Error, RequestFailure};
use crate::future::ResponseFuture;
use crate::lock::lock;
use crate::result::ResultSet;
use crate::statement::{PreparedStatement, SimpleStatement, ToRow};
use helenus_protocol::response::ServerError;

/// A text, and the keyspace in which it means what it does.
type Key = (Arc<str>, Option<Arc<str>>);
/// What one caller prepares and all others of the same key wait for.
type Cell = Arc<OnceCell<Result<PreparedStatement, Error>>>;

/// The statements that were prepared by themselves.
#[derive(Debug)]
pub(super) struct UnpreparedStatements(Mutex<Recent<Key, Cell>>);

impl UnpreparedStatements {
    pub(super) fn new(capacity: usize) -> Self {
        Self(Mutex::new(Recent::new(capacity)))
    }

    fn cell(&self, key: &Key) -> Cell {
        lock(&self.0).get_or_insert_with(key.clone(), Cell::default)
    }

    fn forget(&self, key: &Key, cell: &Cell) {
        lock(&self.0).remove_if(key, |known| Arc::ptr_eq(known, cell));
    }

    fn len(&self) -> usize {
        lock(&self.0).len()
    }
}

impl Session {
    /// Runs a statement with values for its bind markers, `?` or `:name`, in their order. It is prepared the first time, and
    /// kept: values are checked against the types of their columns before anything is sent, and the statement is routed
    /// to its replicas. [`Config::unprepared_statements`](crate::Config::unprepared_statements) says how many are kept.
    ///
    /// A text that holds values is another one each time and is better run by [`execute`](Self::execute).
    ///
    /// # Errors
    ///
    /// [`Error::Encode`] where the values do not fit the statement; nothing is sent then. Else those of preparing and of
    /// running it, both within the one time that the statement is given.
    pub async fn execute_with(
        &self,
        statement: impl Into<SimpleStatement>,
        values: impl ToRow,
    ) -> Result<ResultSet, Error> {
        let began = Instant::now();
        let SimpleStatement { text, options, .. } = statement.into();
        let timeout = options.timeout.or(self.inner.defaults_of(&options).timeout);
        let deadline = Deadline::new(timeout, began);
        let used = self.inner.context.keyspace.load().as_deref().map(|keyspace| Arc::from(keyspace.as_str()));
        let named = options.keyspace.clone().filter(|_| self.inner.context.version.has_request_keyspace());
        let key: Key = (text.into(), named.or(used));
        let (mut prepared, cell) = self.inner.prepare_unprepared(&key, deadline).await?;
        *prepared.options_mut() = *options;
        let bound = prepared.bind(values)?;
        if deadline.is_over(Instant::now()) {
            return Err(deadline.error());
        }
        let answer = ResponseFuture::begin_since(&self.inner, bound.into(), began).await;
        if answer.as_ref().is_err_and(means_another_statement) {
            self.inner.unprepared.forget(&key, &cell);
        }
        answer
    }

    /// How many statements are kept that were prepared by themselves.
    #[must_use]
    pub fn unprepared_statements(&self) -> usize {
        self.inner.unprepared.len()
    }
}

impl SessionInner {
    async fn prepare_unprepared(
        self: &Arc<Self>,
        key: &Key,
        deadline: Deadline,
    ) -> Result<(PreparedStatement, Cell), Error> {
        let (text, keyspace) = key;
        // Before v5 PREPARE has no place for a keyspace: it is the one in use.
        let named = keyspace.as_deref().filter(|_| self.context.version.has_request_keyspace());
        loop {
            let cell = self.unprepared.cell(key);
            let prepare = async || Ok(self.prepare_by(text, named, &[], deadline).await?.0);
            let prepared = deadline.within(cell.get_or_init(prepare)).await;
            match prepared.and_then(Clone::clone) {
                Ok(prepared) => {
                    // Another keyspace may have been used by then.
                    if prepared.keyspace() != keyspace.as_deref() {
                        self.unprepared.forget(key, &cell);
                    }
                    return Ok((prepared, cell));
                }
                Err(error) => {
                    self.unprepared.forget(key, &cell);
                    // Whoever has prepared it may have had less time.
                    if !error.is_timeout() || deadline.is_over(Instant::now()) {
                        return Err(error);
                    }
                }
            }
        }
    }
}

/// Whether the text may mean something else by now than when it was prepared: the next one prepares it anew.
fn means_another_statement(error: &Error) -> bool {
    let Some(failure) = error.request_failure() else { return false };
    match failure {
        // A host has prepared it as something else.
        RequestFailure::Attempt { attempts, .. } | RequestFailure::Exhausted { attempts, .. }
            if attempts.iter().any(|attempt| matches!(attempt.error, AttemptError::Decode(_))) =>
        {
            true
        }
        failure => {
            matches!(
                failure.server_error(),
                Some(ServerError::Invalid { .. } | ServerError::Unprepared { .. })
            )
        }
    }
}
