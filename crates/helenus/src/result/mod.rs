//! What a statement gave: rows that stay bytes until they are asked for, and how to get the next page.

mod from_row;
#[cfg(feature = "serde_json")]
mod json;
mod layout;
mod lwt;
mod row;
mod stream;
mod typed;
mod typed_stream;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use helenus_protocol::DecodeError;
use helenus_protocol::ResponseOpcode;
use helenus_protocol::envelope::{Envelope, Flags};
use helenus_protocol::response::{
    ColumnSpec, Message, RawRows, Response, ResultKind, ResultMessage, RowsMetadata, SchemaChange,
};
use uuid::Uuid;

pub use from_row::FromRow;
pub use layout::{Places, RowLayout};
pub use lwt::Lwt;
pub use row::Row;
pub use stream::RowStream;
pub use typed::RowsAs;
pub use typed_stream::TypedRowStream;

pub(crate) use layout::NOWHERE;

use crate::cluster::Host;
use crate::error::{Attempt, Error};
use crate::future::ResponseFuture;
use crate::request::{Request, Success};
use crate::statement::Statement;

/// One page of a result, or that a statement without rows was run.
pub struct ResultSet {
    request: Arc<Request>,
    rows: Option<RawRows>,
    host: Arc<Host>,
    extras: Option<Box<Extras>>,
}

/// What few answers have, kept apart so that the others stay small.
#[derive(Debug, Default)]
struct Extras {
    schema_change: Option<SchemaChange>,
    keyspace: Option<String>,
    tracing_id: Option<Uuid>,
    warnings: Vec<String>,
    custom_payload: Vec<(String, Option<Bytes>)>,
    attempts: Vec<Attempt>,
    schema_disputed: bool,
}

impl fmt::Debug for ResultSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResultSet")
            .field("rows", &self.len())
            .field("has_more_pages", &self.has_more_pages())
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

/// The page of an answer, if it has one; what else it says goes to `extras`.
fn read(
    request: &Request,
    envelope: Envelope,
    extras: &mut Option<Box<Extras>>,
) -> Result<Option<RawRows>, Error> {
    let header = envelope.header;
    let version = request.version();
    let message = if header.flags == Flags::empty() && header.opcode == ResponseOpcode::Result {
        // Nearly all are of one of two kinds.
        match ResultKind::of_body(&envelope.body)? {
            ResultKind::Void => return Ok(None),
            ResultKind::Rows => {
                let rows = RawRows::decode_body(version, envelope.body)?;
                return Ok(Some(with_columns(request, rows)?));
            }
            _ => ResultMessage::decode_body(version, envelope.body)?,
        }
    } else {
        let response = Response::decode(version, header.flags, header.opcode, &envelope.body)?;
        let extras = extras.get_or_insert_default();
        extras.tracing_id = response.tracing_id;
        extras.warnings = response.warnings;
        extras.custom_payload = response.custom_payload;
        match response.message {
            Message::Result(message) => message,
            other => {
                let why = format!("{} instead of RESULT", other.opcode());
                return Err(DecodeError::new("answer", 0, why).into());
            }
        }
    };
    match message {
        ResultMessage::Rows(rows) => return Ok(Some(with_columns(request, rows)?)),
        ResultMessage::SchemaChange(change) => extras.get_or_insert_default().schema_change = Some(change),
        ResultMessage::SetKeyspace(keyspace) => extras.get_or_insert_default().keyspace = Some(keyspace),
        ResultMessage::Void | ResultMessage::Prepared(_) => {}
    }
    Ok(None)
}

/// The page with its columns: its own, or those that the prepared statement knows. New ones are remembered (v5).
fn with_columns(request: &Request, mut rows: RawRows) -> Result<RawRows, DecodeError> {
    if let (Some(id), Some(metadata)) = (&rows.new_metadata_id, &rows.metadata)
        && let Statement::Bound(bound) = request.statement()
    {
        bound.prepared.shared().set_result_columns(Some(id.clone()), Some(Arc::clone(metadata)));
    }
    // Before v5 nothing but preparing it tells what a page looks like that leaves its columns out.
    if rows.metadata.is_none()
        && request.was_prepared_again()
        && !request.version().has_result_metadata_id()
        && let Statement::Bound(bound) = request.statement()
    {
        rows.metadata.clone_from(&bound.prepared.result_columns().metadata);
    }
    rows.resolve_metadata(known_columns(request))?;
    Ok(rows)
}

/// What is wrong with the page is told with who has sent it.
#[cold]
fn sent_by(host: &Host, error: Error) -> Error {
    error.sent_by(host.address())
}

/// What the request said it knows, and not what has been learnt since by another.
fn known_columns(request: &Request) -> Option<&Arc<RowsMetadata>> {
    request.columns()?.metadata.as_ref()
}

impl ResultSet {
    #[inline]
    pub(crate) fn new(request: Arc<Request>, success: Success) -> Result<Self, Error> {
        let Success { envelope, host, attempts } = success;
        let schema_agreed = request.schema_agreed();
        let mut extras: Option<Box<Extras>> = None;
        if !attempts.is_empty() || !schema_agreed {
            let kept = extras.get_or_insert_default();
            kept.attempts = attempts;
            kept.schema_disputed = !schema_agreed;
        }
        match envelope.map_or(Ok(None), |envelope| read(&request, envelope, &mut extras)) {
            Ok(rows) => Ok(Self { request, rows, host, extras }),
            Err(error) => Err(sent_by(&host, error)),
        }
    }

    fn sent(&self, error: Error) -> Error {
        sent_by(&self.host, error)
    }

    fn known_columns(&self) -> Option<&Arc<RowsMetadata>> {
        known_columns(&self.request)
    }

    /// The columns, in order, with their names and types; empty for a statement without rows.
    #[must_use]
    pub fn columns(&self) -> &[ColumnSpec] {
        self.metadata().map_or(&[], |metadata| &metadata.columns)
    }

    /// The description of the columns, shared with the other pages; `None` for a statement without rows.
    #[must_use]
    pub fn metadata(&self) -> Option<&Arc<RowsMetadata>> {
        self.rows.as_ref()?.metadata.as_ref().or_else(|| self.known_columns())
    }

    /// The page's bytes, for whoever decodes them in another way.
    #[must_use]
    pub const fn raw_rows(&self) -> Option<&RawRows> {
        self.rows.as_ref()
    }

    /// How many rows the page has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.as_ref().map_or(0, |rows| rows.rows_count)
    }

    /// Whether the page has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows of this page, borrowed from its bytes; those behind it are [`next_page`](Self::next_page)'s. Nothing is decoded
    /// before a cell is asked for.
    ///
    /// # Errors
    ///
    /// An item is [`Error::Decode`] where the page ends within a row, or a cell's length cannot be; it is the last one then.
    pub fn rows(&self) -> impl Iterator<Item = Result<Row<'_>, Error>> {
        let mut rows = self.rows.as_ref().map(|page| (page, page.rows()));
        std::iter::from_fn(move || {
            let (page, rows) = rows.as_mut()?;
            Some(Row::read(self.columns(), page, rows)?.map_err(|error| self.sent(error)))
        })
    }

    /// Whether there is a page behind this one.
    #[must_use]
    pub fn has_more_pages(&self) -> bool {
        self.paging_state().is_some()
    }

    /// Where the next page begins; give it to the same statement to go on, also in another process.
    #[must_use]
    pub fn paging_state(&self) -> Option<&Bytes> {
        self.rows.as_ref().and_then(|rows| rows.paging_state.as_ref())
    }

    /// Asks for the next page, with a fresh deadline of its own. `None` where this is the last one, or the session is gone.
    #[must_use]
    pub fn next_page(&self) -> Option<ResponseFuture> {
        let mut statement = self.statement().clone();
        statement.options_mut().paging_state = Some(self.paging_state()?.clone());
        Some(ResponseFuture::begin(&self.request.session()?, statement))
    }

    /// All rows of this page and those behind it, fetched as they are asked for: page by page, with rows that may borrow from
    /// their page.
    #[must_use]
    pub fn into_stream(self) -> RowStream {
        RowStream::new(self)
    }

    /// All rows of this page and those behind it as owned values of type `T`, fetched as they are asked for.
    pub fn into_rows<T: for<'a> FromRow<'a>>(self) -> TypedRowStream<T> {
        self.into_stream().rows()
    }

    /// The statement that gave this.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        self.request.statement()
    }

    /// The host that answered: the coordinator of the request, or of the attempt that won.
    #[must_use]
    pub const fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// The attempts that had failed before this answer came, in order; empty where the first one succeeded.
    #[must_use]
    pub fn failed_attempts(&self) -> &[Attempt] {
        self.extras.as_ref().map_or(&[], |extras| &extras.attempts)
    }

    /// The id of the trace, where one was asked for.
    #[must_use]
    pub fn tracing_id(&self) -> Option<Uuid> {
        self.extras.as_ref().and_then(|extras| extras.tracing_id)
    }

    /// What the server warns of.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        self.extras.as_ref().map_or(&[], |extras| &extras.warnings)
    }

    /// What the server's query handler said beside.
    #[must_use]
    pub fn custom_payload(&self) -> &[(String, Option<Bytes>)] {
        self.extras.as_ref().map_or(&[], |extras| &extras.custom_payload)
    }

    /// What the statement changed of the schema.
    #[must_use]
    pub fn schema_change(&self) -> Option<&SchemaChange> {
        self.extras.as_ref()?.schema_change.as_ref()
    }

    /// The keyspace that a USE has set.
    #[must_use]
    pub fn keyspace(&self) -> Option<&str> {
        self.extras.as_ref()?.keyspace.as_deref()
    }

    /// After a change of the schema: whether all nodes agreed on it in time.
    #[must_use]
    pub fn is_schema_agreed(&self) -> bool {
        self.extras.as_ref().is_none_or(|extras| !extras.schema_disputed)
    }
}
