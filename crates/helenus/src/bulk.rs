//! Many statements, so many at a time, and their results in order.

use std::collections::VecDeque;
use std::future::Future;
use std::iter::Fuse;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use crate::error::Error;
use crate::future::ResponseFuture;
use crate::result::ResultSet;
use crate::session::Session;
use crate::statement::Statement;

/// Runs the statements of an iterator; see [`Session::execute_many`].
///
/// Results come in the order of the statements. A statement is taken from the iterator when there is room for it: at most so
/// many as were asked for lie between the oldest whose result was not taken yet and the youngest that was begun. Whoever
/// takes no results begins no statements. Dropping it cancels those that are under way; a server may run them all the same.
#[derive(Debug)]
#[must_use = "no more statements are begun than results are taken"]
pub struct ExecuteMany<I: Iterator> {
    session: Session,
    statements: Fuse<I>,
    begun: VecDeque<ResponseFuture>,
    concurrency: usize,
}

impl<I> ExecuteMany<I>
where
    I: Iterator,
    I::Item: Into<Statement>,
{
    pub(crate) fn new(session: Session, statements: I, concurrency: usize) -> Self {
        let mut many = Self {
            session,
            statements: statements.fuse(),
            begun: VecDeque::new(),
            concurrency: concurrency.max(1),
        };
        many.begin();
        many
    }

    /// Begins as many as there is room for.
    fn begin(&mut self) {
        while self.begun.len() < self.concurrency
            && let Some(statement) = self.statements.next()
        {
            self.begun.push_back(self.session.execute(statement));
        }
    }

    /// The result of the next statement, in their order; `None` after the last. Giving it up in the middle loses nothing: the
    /// next call waits for the same.
    pub async fn next(&mut self) -> Option<Result<ResultSet, Error>> {
        std::future::poll_fn(|cx| self.poll_next_result(cx)).await
    }

    /// [`next`](Self::next), polled: for streams and futures of your own.
    pub fn poll_next_result(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<ResultSet, Error>>> {
        let Some(first) = self.begun.front_mut() else { return Poll::Ready(None) };
        let result = ready!(Pin::new(first).poll(cx));
        self.begun.pop_front();
        self.begin();
        Poll::Ready(Some(result))
    }

    /// All results, good or bad, in order.
    pub async fn collect(mut self) -> Vec<Result<ResultSet, Error>> {
        let mut all = Vec::new();
        while let Some(result) = self.next().await {
            all.push(result);
        }
        all
    }

    /// All results, in order, if all are good. The first error ends it: no statement is begun after it, and those that are
    /// under way are cancelled.
    ///
    /// # Errors
    ///
    /// The place of the statement that failed, from 0, and its error.
    pub async fn try_collect(mut self) -> Result<Vec<ResultSet>, (usize, Error)> {
        let mut all = Vec::new();
        while let Some(result) = self.next().await {
            all.push(result.map_err(|error| (all.len(), error))?);
        }
        Ok(all)
    }
}
