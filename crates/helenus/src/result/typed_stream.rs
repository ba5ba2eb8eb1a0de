//! All rows of all pages as owned values, one at a time: a [`Stream`].

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use helenus_protocol::response::{RowsMetadata, RowsPosition};

use super::layout::RowLayout;
use super::{FromRow, ResultSet, Row, RowStream};
use crate::error::Error;

/// Goes through the rows of all pages as values of type `T`. Each page is a request with a deadline of its own; dropping the
/// stream cancels the one under way.
///
/// It is a [`Stream`] for whoever has `futures`, and has what one needs without:
///
/// ```no_run
/// # async fn read(session: helenus::Session) -> Result<(), helenus::Error> {
/// let mut rows = session.execute("SELECT name, age FROM users").await?.into_rows::<(String, i32)>();
/// while let Some(row) = rows.next().await {
///     let (name, age) = row?;
///     println!("{name} is {age}");
/// }
/// # Ok(())
/// # }
/// ```
///
/// Values are owned, since they outlive their page. [`RowStream::next_page`] has rows that borrow.
#[must_use = "a stream does nothing unless it is read"]
pub struct TypedRowStream<T> {
    stream: RowStream,
    /// Where in the current page the next row begins; `None` before its first row.
    position: Option<RowsPosition>,
    /// The layout for the columns beside it, which most pages share.
    layout: Option<(Arc<RowsMetadata>, RowLayout)>,
    ended: bool,
    value: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for TypedRowStream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedRowStream")
            .field("page", &self.stream)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

impl<T: for<'a> FromRow<'a>> TypedRowStream<T> {
    pub(super) const fn new(stream: RowStream) -> Self {
        Self { stream, position: None, layout: None, ended: false, value: PhantomData }
    }

    /// The next row, or `None` after the last.
    ///
    /// # Errors
    ///
    /// Where a row is no `T`: the next call goes on behind it. Where the columns are not those of `T`: the stream has ended. Where
    /// the next page could not be fetched: the next call tries the same page again.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|cx| self.poll_row(cx)).await
    }

    /// The next row, or `None` after the last, for the `?` operator.
    ///
    /// # Errors
    ///
    /// See [`next`](Self::next).
    pub async fn try_next(&mut self) -> Result<Option<T>, Error> {
        self.next().await.transpose()
    }

    /// Where the page behind the current one begins; given to the same statement, it goes on there, also in another process.
    #[must_use]
    pub fn paging_state(&self) -> Option<&Bytes> {
        self.stream.page().and_then(ResultSet::paging_state)
    }

    fn poll_row(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Error>>> {
        loop {
            if self.ended {
                return Poll::Ready(None);
            }
            if self.position.is_some()
                && let Some(row) = self.read_row()
            {
                return Poll::Ready(Some(row));
            }
            self.position = None;
            match ready!(self.stream.poll_next_page(cx)) {
                Err(error) => return Poll::Ready(Some(Err(error))),
                Ok(there) => {
                    if let Err(error) = self.begin_page(there) {
                        self.ended = true;
                        return Poll::Ready(Some(Err(error)));
                    }
                }
            }
        }
    }

    /// Makes ready for the rows of the current page. The layout is that of the page before where the columns are the same.
    fn begin_page(&mut self, there: bool) -> Result<(), Error> {
        self.ended = !there;
        let Some(page) = self.stream.page() else { return Ok(()) };
        let (Some(rows), Some(columns)) = (page.raw_rows(), page.metadata()) else { return Ok(()) };
        if !self.layout.as_ref().is_some_and(|(known, _)| Arc::ptr_eq(known, columns)) {
            self.layout = Some((Arc::clone(columns), T::layout(&columns.columns)?));
        }
        self.position = Some(rows.rows().position());
        Ok(())
    }

    fn read_row(&mut self) -> Option<Result<T, Error>> {
        let page = self.stream.page()?;
        let raw = page.raw_rows()?;
        let (_, layout) = self.layout.as_ref()?;
        let mut rows = raw.rows_at(self.position?);
        let row = Row::read(page.columns(), raw, &mut rows)?;
        let value = row.and_then(|row| T::from_row(&row, &mut layout.places()));
        self.position = Some(rows.position());
        Some(value)
    }
}

impl<T: for<'a> FromRow<'a>> Stream for TypedRowStream<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_row(cx)
    }
}
