//! Prepared statements, and the values bound to one.

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use arc_swap::ArcSwapOption;
use bytes::Bytes;
use helenus_protocol::EncodeError;
use helenus_protocol::request::SerializedValues;
use helenus_protocol::response::{ColumnSpec, Prepared, RowsMetadata};
use smallvec::SmallVec;
use uuid::Uuid;

use super::Idempotence;
use super::StatementOptions;
use super::conditional;
use super::markers;
use super::partitions::Partitions;
use super::result_columns::{ResultColumns, WhichColumns};
use super::routing_key;
use super::to_row::{self, ToRow};
use crate::lock::lock;

/// What every handle to one prepared statement shares.
pub struct Shared {
    id: Bytes,
    query: Arc<str>,
    keyspace: Option<Arc<str>>,
    bind: Arc<[ColumnSpec]>,
    partition_key_indexes: Box<[u16]>,
    /// What its answers' columns were when it was prepared.
    result: Arc<ResultColumns>,
    /// What they have become since; mostly nothing, which is quicker to see than a newer one is to take.
    newer: ArcSwapOption<ResultColumns>,
    has_newer: AtomicBool,
    idempotence: OnceLock<Idempotence>,
    is_conditional: OnceLock<bool>,
    partitions: OnceLock<Partitions>,
    /// The name of markers that cannot be told apart by it.
    ambiguous: OnceLock<Option<Box<str>>>,
    /// Whose turn it is to prepare it again on a host, and when that was done last.
    turns: Mutex<HashMap<Uuid, Turn>>,
}

/// See [`Shared::turn_on`].
type Turn = Arc<tokio::sync::Mutex<Option<Instant>>>;

impl Shared {
    pub(crate) fn new(query: Arc<str>, keyspace: Option<Arc<str>>, prepared: Prepared) -> Self {
        let columns = ResultColumns::new(&prepared.id, prepared.result_metadata_id, prepared.result);
        Self {
            id: prepared.id,
            query,
            keyspace,
            bind: prepared.bind.columns.into(),
            partition_key_indexes: prepared.bind.partition_key_indexes.into(),
            result: Arc::new(columns),
            newer: ArcSwapOption::empty(),
            has_newer: AtomicBool::new(false),
            idempotence: OnceLock::new(),
            is_conditional: OnceLock::new(),
            partitions: OnceLock::new(),
            ambiguous: OnceLock::new(),
            turns: Mutex::default(),
        }
    }

    pub(crate) const fn id(&self) -> &Bytes {
        &self.id
    }

    pub(crate) fn query(&self) -> &str {
        &self.query
    }

    pub(crate) fn keyspace(&self) -> Option<&str> {
        self.keyspace.as_deref()
    }

    pub(crate) const fn bind(&self) -> &Arc<[ColumnSpec]> {
        &self.bind
    }

    /// Whether it is the same statement: the same text in the same keyspace, with the same bind markers.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (&self.id, &self.query, &self.keyspace) == (&other.id, &other.query, &other.keyspace)
            && self.bind == other.bind
            && self.partition_key_indexes == other.partition_key_indexes
    }

    /// What the server said of the columns of its answers.
    pub(crate) fn into_result_columns(self) -> Arc<ResultColumns> {
        self.newer.into_inner().unwrap_or(self.result)
    }

    /// As [`set_result_columns`](Self::set_result_columns), with what another handle has.
    pub(crate) fn replace_result_columns(&self, columns: Arc<ResultColumns>) {
        // A statement that is prepared again has mostly the same.
        if *self.result_columns() != *columns {
            self.newer.store(Some(columns));
            self.has_newer.store(true, Ordering::Release);
        }
    }

    /// The lock under which the statement is prepared again on a host, holding when that was done last.
    pub(crate) fn turn_on(&self, host: Uuid) -> Turn {
        Arc::clone(lock(&self.turns).entry(host).or_default())
    }

    /// What the answers' columns are, as last heard.
    pub(crate) fn result_columns(&self) -> Arc<ResultColumns> {
        Arc::clone(self.columns(&self.present_columns()))
    }

    /// Which columns the answers have, as last heard.
    pub(crate) fn present_columns(&self) -> WhichColumns {
        let newer = if self.has_newer.load(Ordering::Acquire) { self.newer.load_full() } else { None };
        newer.map_or(WhichColumns::First, WhichColumns::Newer)
    }

    /// The columns themselves.
    pub(crate) const fn columns<'a>(&'a self, which: &'a WhichColumns) -> &'a Arc<ResultColumns> {
        match which {
            WhichColumns::First => &self.result,
            WhichColumns::Newer(columns) => columns,
        }
    }

    /// What the server said when it prepared the statement again, or when a page came with new columns.
    pub(crate) fn set_result_columns(&self, id: Option<Bytes>, metadata: Option<Arc<RowsMetadata>>) {
        self.replace_result_columns(Arc::new(ResultColumns::new(&self.id, id, metadata)));
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("query", &self.query).finish_non_exhaustive()
    }
}

/// A statement that the server has prepared. Handles are cheap to clone.
#[derive(Clone)]
pub struct PreparedStatement {
    /// Shared by all that is bound, until one is given other options.
    handle: Arc<Handle>,
}

#[derive(Clone)]
struct Handle {
    shared: Arc<Shared>,
    options: StatementOptions,
}

impl fmt::Debug for PreparedStatement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedStatement").field("query", &self.query()).finish_non_exhaustive()
    }
}

impl PreparedStatement {
    pub(crate) fn new(shared: Arc<Shared>, options: StatementOptions) -> Self {
        Self { handle: Arc::new(Handle { shared, options }) }
    }

    /// What it shares with all other handles to the same statement.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.handle.shared
    }

    /// The options of each execution.
    #[must_use]
    pub fn options(&self) -> &StatementOptions {
        &self.handle.options
    }

    /// The options of each execution of this handle, to change them.
    pub fn options_mut(&mut self) -> &mut StatementOptions {
        &mut Arc::make_mut(&mut self.handle).options
    }

    /// The server's id for it: bytes that mean nothing here, the same on each node for the same text and keyspace.
    #[must_use]
    pub fn id(&self) -> &Bytes {
        &self.shared().id
    }

    /// Its text, as it was given to [`prepare`](crate::Session::prepare).
    #[must_use]
    pub fn query(&self) -> &str {
        &self.shared().query
    }

    /// The keyspace in which it was prepared, where one was set.
    #[must_use]
    pub fn keyspace(&self) -> Option<&str> {
        self.shared().keyspace.as_deref()
    }

    /// The bind markers, in order.
    #[must_use]
    pub fn bind_columns(&self) -> &Arc<[ColumnSpec]> {
        &self.shared().bind
    }

    /// Which bind markers make the partition key, in its order; empty where the server did not say (v3).
    #[must_use]
    pub fn partition_key_indexes(&self) -> &[u16] {
        &self.shared().partition_key_indexes
    }

    /// What its answers' columns are, as last heard.
    #[must_use]
    pub fn result_columns(&self) -> Arc<ResultColumns> {
        self.shared().result_columns()
    }

    /// The statement with values for its bind markers: in their order by a tuple, or a slice or vector where they are all of
    /// one type; by their names by a struct that derives [`ToRow`], or a map. `None` is null;
    /// [`Unset`](helenus_protocol::value::Unset) leaves a column as it is (v4 and later).
    ///
    /// # Errors
    ///
    /// Where they are not as many as the markers, or not called as these; where one is not of its column's type or outside of
    /// its range. Nothing is sent.
    pub fn bind(&self, values: impl ToRow) -> Result<BoundStatement, EncodeError> {
        if values.is_by_name() {
            self.tell_apart()?;
        }
        let values = to_row::serialize(&values, self.bind_columns())?;
        Ok(BoundStatement { prepared: self.clone(), values })
    }

    /// That each marker has a name of its own, or is a named one.
    fn tell_apart(&self) -> Result<(), EncodeError> {
        let shared = self.shared();
        let ambiguous =
            shared.ambiguous.get_or_init(|| markers::ambiguous(&shared.query, &shared.bind).map(Box::from));
        let Some(name) = ambiguous else { return Ok(()) };
        let why = format!(
            "the statement has two markers `?` called {name:?}: name them apart (`:low`, `:high`), or bind a tuple"
        );
        Err(EncodeError::new("bind values by name", why))
    }

    /// Whether its text, and the types of what is bound to it, prove that it may be run twice without harm.
    #[must_use]
    pub fn idempotence(&self) -> Idempotence {
        let shared = self.shared();
        *shared.idempotence.get_or_init(|| Idempotence::of_prepared(&shared.query, &shared.bind))
    }

    /// Whether its text says that it is a lightweight transaction.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        *self.shared().is_conditional.get_or_init(|| conditional::is_conditional(&self.shared().query))
    }

    /// The partitions that it writes to, as far as its text tells.
    pub(crate) fn partitions(&self) -> &Partitions {
        self.shared().partitions.get_or_init(|| Partitions::of(&self.shared().query))
    }

    /// The partition key's bytes among `values`, which must be positional.
    ///
    /// # Errors
    ///
    /// If a component is null, not set, or longer than the 65,535 bytes that Cassandra allows.
    pub fn routing_key(&self, values: &SerializedValues) -> Result<Option<Bytes>, EncodeError> {
        if self.shared().partition_key_indexes.is_empty() || values.are_named() {
            return Ok(None);
        }
        let mut components: SmallVec<[&[u8]; 4]> = SmallVec::new();
        for index in &self.shared().partition_key_indexes {
            match values.bytes_at(usize::from(*index)) {
                Some(bytes) => components.push(bytes),
                None => return Ok(None),
            }
        }
        Ok(routing_key::routing_key(&components)?.map(|key| Bytes::copy_from_slice(&key)))
    }
}

/// A prepared statement with values.
#[derive(Debug, Clone)]
pub struct BoundStatement {
    /// The statement.
    pub prepared: PreparedStatement,
    /// Its values.
    pub values: SerializedValues,
}
