//! All rows of all pages, one page at a time.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::{FromRow, ResultSet, TypedRowStream};
use crate::error::Error;
use crate::future::ResponseFuture;

/// Goes through the pages of a result. Each page is a request with a deadline of its own. With
/// [`prefetch`](crate::statement::StatementOptions::prefetch) the page behind the one that is looked at is on its way. Dropping
/// the stream gives it up.
///
/// Rows may borrow from their page:
///
/// ```no_run
/// # async fn read(session: helenus::Session) -> Result<(), helenus::Error> {
/// let mut pages = session.execute("SELECT name FROM users").await?.into_stream();
/// while let Some(page) = pages.next_page().await? {
///     for row in page.rows_as::<(&str,)>() {
///         let (name,) = row?;
///         println!("{name}");
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct RowStream {
    page: Option<ResultSet>,
    /// The page behind `page`, on its way.
    next: Option<ResponseFuture>,
    fresh: bool,
}

impl RowStream {
    pub(super) fn new(first: ResultSet) -> Self {
        let next = Self::read_ahead(&first);
        Self { page: Some(first), next, fresh: true }
    }

    /// The page behind `page`, if it is to be asked for before it is wanted.
    fn read_ahead(page: &ResultSet) -> Option<ResponseFuture> {
        if page.statement().options().prefetch { page.next_page() } else { None }
    }

    /// The next page with rows, or `None` after the last.
    ///
    /// # Errors
    ///
    /// Those of the request that fetches the page; calling again tries the same page again.
    pub async fn next_page(&mut self) -> Result<Option<&ResultSet>, Error> {
        let there = poll_fn(|cx| self.poll_next_page(cx)).await?;
        Ok(self.page.as_ref().filter(|_| there))
    }

    /// Goes to the next page with rows; tells whether there is one.
    pub(super) fn poll_next_page(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Error>> {
        loop {
            if !std::mem::take(&mut self.fresh) {
                if self.next.is_none() {
                    self.next = self.page.as_ref().and_then(ResultSet::next_page);
                }
                match &mut self.next {
                    Some(next) => {
                        let answer = ready!(Pin::new(next).poll(cx));
                        self.next = None;
                        let page = answer?;
                        self.next = Self::read_ahead(&page);
                        self.page = Some(page);
                    }
                    None => self.page = None,
                }
            }
            match &self.page {
                Some(page) if page.is_empty() && page.has_more_pages() => {}
                Some(page) => return Poll::Ready(Ok(!page.is_empty())),
                None => return Poll::Ready(Ok(false)),
            }
        }
    }

    /// The page whose rows are read now.
    pub(super) const fn page(&self) -> Option<&ResultSet> {
        self.page.as_ref()
    }

    /// All rows that are left as owned values of type `T`, one after another over all pages.
    pub const fn rows<T: for<'a> FromRow<'a>>(self) -> TypedRowStream<T> {
        TypedRowStream::new(self)
    }

    /// All rows that are left, as owned values.
    ///
    /// # Errors
    ///
    /// Those of a page's request, or of a row that is not a `T`.
    pub async fn collect_as<T>(self) -> Result<Vec<T>, Error>
    where
        T: for<'a> FromRow<'a>,
    {
        let mut rows = self.rows::<T>();
        let mut all = Vec::new();
        while let Some(row) = rows.next().await {
            all.push(row?);
        }
        Ok(all)
    }
}
