//! All rows of all pages, one page at a time.

use super::{FromRow, ResultSet};
use crate::error::Error;

/// Goes through the pages of a result. Each page is a request with a deadline of its own.
#[derive(Debug)]
pub struct RowStream {
    page: Option<ResultSet>,
    fresh: bool,
}

impl RowStream {
    pub(super) const fn new(first: ResultSet) -> Self {
        Self { page: Some(first), fresh: true }
    }

    /// The next page with rows, or `None` after the last.
    ///
    /// # Errors
    ///
    /// Those of the request that fetches the page; calling again tries the same page again.
    pub async fn next_page(&mut self) -> Result<Option<&ResultSet>, Error> {
        loop {
            if !std::mem::take(&mut self.fresh) {
                match self.page.as_ref().and_then(ResultSet::next_page) {
                    Some(next) => self.page = Some(next.await?),
                    None => self.page = None,
                }
            }
            match &self.page {
                Some(page) if page.is_empty() && page.has_more_pages() => {}
                Some(page) if page.is_empty() => return Ok(None),
                Some(_) => return Ok(self.page.as_ref()),
                None => return Ok(None),
            }
        }
    }

    /// All rows that are left, as owned values.
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
