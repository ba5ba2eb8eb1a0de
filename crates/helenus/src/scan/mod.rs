//! All rows of a table, read by pieces of the ring: each piece is asked of its replicas, several at a time, and the whole
//! can be gone on with where it was left.
//!
//! * `range`: which pieces there are. * `checkpoint`: which are left, as text. * `query`: what a piece is asked by.

mod checkpoint;
mod query;
mod range;

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use helenus_protocol::value::CqlValue;

pub use checkpoint::Checkpoint;
use checkpoint::Part;
use query::Queries;
pub use range::{TokenRange, pieces};

use crate::error::Error;
use crate::future::ResponseFuture;
use crate::result::{FromRow, ResultSet};
use crate::routing::{Partitioner, Token};
use crate::session::Session;
use crate::statement::{Statement, StatementOptions};

/// What a scan reads, and how; see [`Session::scan`].
#[derive(Debug, Clone)]
#[must_use = "a scan reads nothing before it is begun"]
pub struct TableScan {
    session: Session,
    keyspace: String,
    table: String,
    columns: Vec<String>,
    splits: usize,
    concurrency: usize,
    options: Box<StatementOptions>,
    checkpoint: Option<Checkpoint>,
}

impl TableScan {
    pub(crate) fn new(session: Session, keyspace: &str, table: &str) -> Self {
        Self {
            session,
            keyspace: keyspace.into(),
            table: table.into(),
            columns: Vec::new(),
            splits: 1,
            concurrency: 8,
            options: Box::default(),
            checkpoint: None,
        }
    }

    /// Reads these columns, in this order; without it, all of them.
    pub fn columns<S: Into<String>>(mut self, columns: impl IntoIterator<Item = S>) -> Self {
        self.columns = columns.into_iter().map(Into::into).collect();
        self
    }

    /// Has each range of the ring read in so many parts (1): more of them make smaller queries, and less to be read again
    /// elsewhere when one fails.
    pub const fn splits(mut self, splits: usize) -> Self {
        self.splits = if splits == 0 { 1 } else { splits };
        self
    }

    /// Asks for so many pieces at a time (8). Of each of them one page is under way or waits to be taken.
    pub const fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = if concurrency == 0 { 1 } else { concurrency };
        self
    }

    /// How many rows a page may have (the session's page size).
    pub fn page_size(mut self, rows: i32) -> Self {
        self.options.page_size = Some(rows);
        self
    }

    /// The options of each query: consistency, timeout of each page, and the like.
    pub fn options_mut(&mut self) -> &mut StatementOptions {
        &mut self.options
    }

    /// Reads what is left by this checkpoint, instead of all.
    pub fn resume(mut self, checkpoint: Checkpoint) -> Self {
        self.checkpoint = Some(checkpoint);
        self
    }

    /// Prepares the queries, and begins.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] where the schema has no such table, or the checkpoint is of another statement, partitioner or
    /// protocol version; else what preparing says.
    pub async fn begin(self) -> Result<Scan, Error> {
        let snapshot = self.session.cluster().snapshot();
        let Some(table) = snapshot.schema().table(&self.keyspace, &self.table) else {
            let name = format!("{}.{}", self.keyspace, self.table);
            return Err(Error::Configuration(format!("a scan of {name}, which the schema does not have")));
        };
        if table.is_virtual {
            return Err(Error::Configuration(
                "a scan of a virtual table, which each node has for itself".into(),
            ));
        }
        let queries = Queries::new(table, &self.columns);
        let partitioner = snapshot.token_map().map(crate::routing::TokenMap::partitioner);
        let version = self.session.inner.context.version;
        let left = match self.checkpoint {
            None => {
                let ranges = snapshot
                    .token_map()
                    .map_or_else(|| vec![TokenRange::ALL], |map| pieces(map, self.splits));
                ranges.into_iter().map(|range| Part { range, state: None }).collect()
            }
            Some(checkpoint) => {
                let refuse =
                    |why: String| Err(Error::Configuration(format!("the checkpoint of a scan: {why}")));
                if checkpoint.query != queries.text() {
                    return refuse(format!(
                        "it is of {:?} and this is {:?}",
                        checkpoint.query,
                        queries.text()
                    ));
                }
                if checkpoint.partitioner != partitioner {
                    return refuse("the cluster has another partitioner".into());
                }
                if checkpoint.version != version && checkpoint.left.iter().any(|part| part.state.is_some()) {
                    return refuse(format!(
                        "it was made in version {} of the protocol",
                        checkpoint.version.number()
                    ));
                }
                VecDeque::from(checkpoint.left)
            }
        };
        let mut scan = Scan {
            queries,
            partitioner,
            left,
            active: Vec::new(),
            concurrency: self.concurrency,
            options: self.options,
            session: self.session,
        };
        scan.prepare().await?;
        Ok(scan)
    }
}

/// A piece whose next page is under way.
#[derive(Debug)]
struct Active {
    part: Part,
    page: ResponseFuture,
}

/// A scan under way. Dropping it cancels what it has asked for.
#[derive(Debug)]
pub struct Scan {
    session: Session,
    queries: Queries,
    partitioner: Option<Partitioner>,
    left: VecDeque<Part>,
    active: Vec<Active>,
    concurrency: usize,
    options: Box<StatementOptions>,
}

impl Scan {
    async fn prepare(&mut self) -> Result<(), Error> {
        let mut forms = Vec::new();
        for part in &self.left {
            let form = Queries::form(&part.range);
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
        for form in forms {
            let prepared = self.session.prepare(&self.queries.with_form(form)).await?;
            self.queries.set(form, prepared);
        }
        Ok(())
    }

    /// The next page with rows, of any piece; `None` once all are read. Pages are asked for while others are looked at, one
    /// of each piece that is being read.
    ///
    /// # Errors
    ///
    /// Those of the request that fetches a page; calling again asks for that page again. No row is given twice.
    pub async fn next_page(&mut self) -> Result<Option<ResultSet>, Error> {
        std::future::poll_fn(|cx| self.poll_page(cx)).await
    }

    /// [`next_page`](Self::next_page), polled: for streams and futures of your own.
    pub fn poll_page(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<ResultSet>, Error>> {
        loop {
            while self.active.len() < self.concurrency
                && let Some(part) = self.left.pop_front()
            {
                match self.ask(part) {
                    Ok(active) => self.active.push(active),
                    Err(refused) => {
                        let (part, error) = *refused;
                        self.left.push_front(part);
                        return Poll::Ready(Err(error));
                    }
                }
            }
            if self.active.is_empty() {
                return Poll::Ready(Ok(None));
            }
            let ready = self.active.iter_mut().enumerate().find_map(|(at, active)| {
                match Pin::new(&mut active.page).poll(cx) {
                    Poll::Ready(answer) => Some((at, answer)),
                    Poll::Pending => None,
                }
            });
            let Some((at, answer)) = ready else { return Poll::Pending };
            // It is asked again behind all others, so that each piece gets its turn.
            let Active { mut part, .. } = self.active.remove(at);
            match answer {
                Err(error) => {
                    self.left.push_front(part);
                    return Poll::Ready(Err(error));
                }
                Ok(page) => {
                    if let Some(state) = page.paging_state() {
                        part.state = Some(state.clone());
                        // What cannot be asked is told when its turn comes.
                        match self.ask(part) {
                            Ok(active) => self.active.push(active),
                            Err(refused) => self.left.push_front(refused.0),
                        }
                    }
                    if !page.is_empty() {
                        return Poll::Ready(Ok(Some(page)));
                    }
                }
            }
        }
    }

    /// Asks for the next page of a piece.
    fn ask(&self, part: Part) -> Result<Active, Box<(Part, Error)>> {
        let ends = [&part.range.after, &part.range.upto];
        let tokens: Vec<_> = ends.into_iter().flatten().map(token_value).collect();
        let Some(prepared) = self.queries.prepared(Queries::form(&part.range)) else {
            return Err(Box::new((part, Error::Dropped)));
        };
        let mut prepared = prepared.clone();
        let options = prepared.options_mut();
        options.clone_from(&self.options);
        options.paging_state.clone_from(&part.state);
        options.routing_token = self.partitioner.map(|partitioner| part.range.sample(partitioner));
        match prepared.bind(tokens) {
            Ok(bound) => {
                let page = self.session.execute(Statement::from(bound));
                Ok(Active { part, page })
            }
            Err(error) => Err(Box::new((part, error.into()))),
        }
    }

    /// How far it has come: all rows of the pages that it gave count as read.
    #[must_use]
    pub fn checkpoint(&self) -> Checkpoint {
        let active = self.active.iter().map(|active| &active.part);
        Checkpoint {
            query: self.queries.text().to_owned(),
            partitioner: self.partitioner,
            version: self.session.inner.context.version,
            left: active.chain(&self.left).cloned().collect(),
        }
    }

    /// All rows that are left, as owned values, in no order.
    ///
    /// # Errors
    ///
    /// Those of a page's request, or of a row that is not a `T`.
    pub async fn collect_as<T>(mut self) -> Result<Vec<T>, Error>
    where
        T: for<'a> FromRow<'a>,
    {
        let mut all = Vec::new();
        while let Some(page) = self.next_page().await? {
            for row in page.rows_as::<T>() {
                all.push(row?);
            }
        }
        Ok(all)
    }
}

/// A token as a value of what `token(…)` is.
fn token_value(token: &Token) -> CqlValue {
    match token {
        Token::Murmur3(token) => CqlValue::Bigint(*token),
        Token::Random(token) => CqlValue::Varint((*token).into()),
        Token::ByteOrdered(bytes) => CqlValue::Blob(bytes.to_vec()),
    }
}
