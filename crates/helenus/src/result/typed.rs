//! The rows of one page as Rust values: all, the first, the only one.

use std::fmt;
use std::marker::PhantomData;

use helenus_protocol::DecodeError;
use helenus_protocol::response::{RawRows, Rows};

use super::layout::RowLayout;
use super::{FromRow, ResultSet, Row};
use crate::error::Error;

impl ResultSet {
    /// The rows of this page as values of type `T`: a tuple of the columns' types, or a struct that derives [`FromRow`].
    ///
    /// # Errors
    ///
    /// Where the columns are not those that `T` wants or not of its types, once, instead of any row; where a row holds a null
    /// that `T` does not take, or the server's bytes are not what they should be, instead of that row.
    pub fn rows_as<'a, T: FromRow<'a>>(&'a self) -> RowsAs<'a, T> {
        let rows = self.raw_rows().map(|rows| (T::layout(self.columns()), rows.rows()));
        let (layout, rows) = match rows {
            Some((Ok(layout), rows)) => (Some(Ok(layout)), Some(rows)),
            Some((Err(error), _)) => (Some(Err(error)), None),
            None => (None, None),
        };
        RowsAs { result: self, layout, rows, value: PhantomData }
    }

    /// The first row as `T`, if there is one, or `None`; further ones are not looked at.
    ///
    /// # Errors
    ///
    /// See [`rows_as`](Self::rows_as).
    pub fn first_as<'a, T: FromRow<'a>>(&'a self) -> Result<Option<T>, Error> {
        let Some(rows) = self.raw_rows() else { return Ok(None) };
        let layout = T::layout(self.columns())?;
        Row::read(self.columns(), rows, &mut rows.rows())
            .map(|row| T::from_row(&row?, &mut layout.places()))
            .transpose()
            .map_err(|error| self.sent(error))
    }

    /// The only row as `T`, or `None` where there is none.
    ///
    /// # Errors
    ///
    /// Where there are more rows than one, here or on a further page; or see [`rows_as`](Self::rows_as).
    pub fn maybe_one_as<'a, T: FromRow<'a>>(&'a self) -> Result<Option<T>, Error> {
        if self.len() > 1 || self.has_more_pages() {
            let more = if self.has_more_pages() { " and more pages" } else { "" };
            let why = format!("the result has {} rows{more}, one at most is wanted", self.len());
            return Err(DecodeError::misread("the only row", why).into());
        }
        self.first_as()
    }

    /// The only row as `T`.
    ///
    /// # Errors
    ///
    /// Where there is no row, or more than one, here or on a further page; or see [`rows_as`](Self::rows_as).
    pub fn one_as<'a, T: FromRow<'a>>(&'a self) -> Result<T, Error> {
        let none = || {
            let why = if self.metadata().is_some() {
                "the result has no rows"
            } else {
                "the statement gives no rows"
            };
            Error::from(DecodeError::misread("the only row", why))
        };
        self.maybe_one_as()?.ok_or_else(none)
    }
}

/// Iterates over the rows of a page as values of type `T`: see [`ResultSet::rows_as`].
pub struct RowsAs<'a, T> {
    result: &'a ResultSet,
    /// An error is told once, instead of the rows.
    layout: Option<Result<RowLayout, Error>>,
    rows: Option<Rows<'a>>,
    value: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for RowsAs<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowsAs").field("rows", &self.rows).finish_non_exhaustive()
    }
}

impl<'a, T: FromRow<'a>> Iterator for RowsAs<'a, T> {
    type Item = Result<T, Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let Some(Ok(layout)) = &self.layout else { return self.layout.take().and_then(Result::err).map(Err) };
        let raw: &'a RawRows = self.result.raw_rows()?;
        let row = Row::read(self.result.columns(), raw, self.rows.as_mut()?)?;
        let value = row.and_then(|row| T::from_row(&row, &mut layout.places()));
        Some(value.map_err(|error| self.result.sent(error)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match (&self.layout, &self.rows) {
            (Some(Err(_)), _) => (1, Some(1)),
            (_, Some(rows)) => rows.size_hint(),
            (_, None) => (0, Some(0)),
        }
    }
}

impl<'a, T: FromRow<'a>> std::iter::FusedIterator for RowsAs<'a, T> {}
