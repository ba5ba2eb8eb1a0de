//! One row, whose cells stay bytes until they are asked for.

use bytes::Bytes;
use helenus_protocol::response::{ColumnSpec, RawRows, Rows};
use helenus_protocol::value::DecodeValue;
use helenus_protocol::{CqlType, DecodeError};
use smallvec::SmallVec;

use crate::error::Error;

/// One row: cells that are decoded when they are asked for.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    columns: &'a [ColumnSpec],
    /// What the cells lie in.
    page: &'a Bytes,
    /// Most rows have few columns: those cost no allocation.
    cells: SmallVec<[Option<&'a [u8]>; 8]>,
}

impl<'a> Row<'a> {
    /// The next of `rows`.
    #[inline]
    pub(crate) fn read(
        columns: &'a [ColumnSpec],
        page: &'a RawRows,
        rows: &mut Rows<'a>,
    ) -> Option<Result<Self, Error>> {
        let mut cells = SmallVec::new();
        match rows.next_cells(|cell| cells.push(cell))? {
            Ok(()) => Some(Ok(Self { columns, page: &page.cells, cells })),
            Err(error) => Some(Err(error.into())),
        }
    }

    /// The row without its first column.
    pub(super) fn behind_first(mut self) -> Self {
        self.columns = self.columns.get(1..).unwrap_or_default();
        if !self.cells.is_empty() {
            self.cells.remove(0);
        }
        self
    }

    /// How many cells it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether it has no cells.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The bytes of a cell; `None` if it is null or not there.
    #[must_use]
    pub fn cell(&self, index: usize) -> Option<&'a [u8]> {
        self.cells.get(index).copied().flatten()
    }

    /// The columns, in the order of the cells.
    #[must_use]
    pub const fn columns(&self) -> &'a [ColumnSpec] {
        self.columns
    }

    /// The type of the column at `index`, from 0; `None` where there is no such column.
    #[must_use]
    pub fn cql_type(&self, index: usize) -> Option<&'a CqlType> {
        self.columns.get(index).map(|column| &column.cql_type)
    }

    /// The value of the column at `index`, from 0.
    ///
    /// # Errors
    ///
    /// Where there is no such column, or it is not of this type; null is an error unless `T` is an `Option`.
    pub fn get<T: DecodeValue<'a>>(&self, index: usize) -> Result<T, Error> {
        let Some(column) = self.columns.get(index) else {
            let why = format!("there are {} columns", self.columns.len());
            return Err(DecodeError::misread(format!("column {index}"), why).into());
        };
        self.decode(column, index)
            .map_err(|error| error.within(format_args!("column \"{}\"", column.name)).into())
    }

    /// The value of the cell at `index`, which is of `column`.
    #[inline]
    pub(crate) fn decode<T: DecodeValue<'a>>(
        &self,
        column: &'a ColumnSpec,
        index: usize,
    ) -> Result<T, DecodeError> {
        T::decode_shared(&column.cql_type, self.cell(index), self.page)
    }

    /// The value of the column called `name`.
    ///
    /// # Errors
    ///
    /// See [`get`](Self::get).
    pub fn get_by_name<T: DecodeValue<'a>>(&self, name: &str) -> Result<T, Error> {
        match self.columns.iter().position(|column| &*column.name == name) {
            Some(index) => self.get(index),
            None => Err(DecodeError::misread(format!("column \"{name}\""), "there is no such column").into()),
        }
    }
}
