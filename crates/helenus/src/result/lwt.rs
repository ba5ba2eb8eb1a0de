//! Lightweight transactions: whether they were applied, and what stood in their way.

use helenus_protocol::DecodeError;

use super::{FromRow, ResultSet};
use crate::error::Error;

/// The column in which the server says whether it has applied a lightweight transaction; always the first.
const APPLIED: &str = "[applied]";

/// What became of a lightweight transaction: see [`ResultSet::lwt_as`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Lwt<T> {
    /// The condition held, and it was written.
    Applied,
    /// The condition did not hold; nothing was written.
    NotApplied {
        /// The rows that the server shows as the reason. None where there is no such row (`UPDATE … IF v = 1` of a row that
        /// does not exist); one for a single statement; one or more for a batch.
        existing: Vec<T>,
    },
}

impl<T> Lwt<T> {
    /// Whether the condition held, so that it was written.
    #[must_use]
    pub const fn is_applied(&self) -> bool {
        matches!(self, Self::Applied)
    }

    /// The (first) row that stood in its way, if it was not applied and there was one.
    #[must_use]
    pub fn into_existing(self) -> Option<T> {
        match self {
            Self::Applied => None,
            Self::NotApplied { existing } => existing.into_iter().next(),
        }
    }
}

impl ResultSet {
    /// Whether a lightweight transaction was applied; true for all other statements.
    ///
    /// # Errors
    ///
    /// Where the server's bytes are not what they should be.
    pub fn was_applied(&self) -> Result<bool, Error> {
        match self.columns().first() {
            Some(column) if &*column.name == APPLIED => match self.rows().next() {
                Some(row) => row?.get(0),
                None => Ok(true),
            },
            _ => Ok(true),
        }
    }

    /// What became of a lightweight transaction, with the existing row as a `T` where it was not applied. The server shows the
    /// whole row after `IF NOT EXISTS`, else the columns of the conditions; `[applied]` itself is none of the columns of `T`.
    ///
    /// ```no_run
    /// # async fn register(session: helenus::Session) -> Result<(), helenus::Error> {
    /// use helenus::Lwt;
    ///
    /// let result = session.execute("UPDATE seats SET owner = 'Dido' WHERE seat = 7 IF owner = null").await?;
    /// match result.lwt_as::<(Option<String>,)>()? {
    ///     Lwt::Applied => println!("it is hers"),
    ///     Lwt::NotApplied { existing } => println!("taken: {existing:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the statement was no lightweight transaction, or where the existing row is no `T`: see
    /// [`rows_as`](Self::rows_as).
    pub fn lwt_as<'a, T: FromRow<'a>>(&'a self) -> Result<Lwt<T>, Error> {
        let columns = self.columns().split_first().filter(|(first, _)| &*first.name == APPLIED);
        let Some((_, columns)) = columns else {
            let why = "the statement was not conditional: its result has no column \"[applied]\"";
            return Err(DecodeError::misread("what became of a lightweight transaction", why).into());
        };
        if self.was_applied()? {
            return Ok(Lwt::Applied);
        }
        if columns.is_empty() {
            return Ok(Lwt::NotApplied { existing: Vec::new() });
        }
        let layout = T::layout(columns)?;
        let mut existing = Vec::new();
        for row in self.rows() {
            existing.push(T::from_row(&row?.behind_first(), &mut layout.places())?);
        }
        Ok(Lwt::NotApplied { existing })
    }
}
