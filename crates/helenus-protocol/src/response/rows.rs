//! RESULT *rows* (section 4.2.5.2): a page of rows whose cells stay bytes until someone asks.
//!
//! Decoding a page looks at its metadata and its counts; the lengths of its cells are checked on the way through them,
//! in [`RawRow`]. What a cell's bytes mean is told in [`value`](crate::value).

use std::fmt;
use std::sync::Arc;

use bytes::{Buf, Bytes};

use super::ResultKind;
use super::metadata::{
    GLOBAL_TABLE_SPEC, MAX_COLUMNS, NO_METADATA, ResultMetadata, RowsMetadata, same_table,
};
use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::version::ProtocolVersion;

/// A page of rows.
#[derive(Clone, PartialEq, Eq)]
pub struct RawRows {
    /// The columns; `None` if the request said that it knows them.
    pub metadata: Option<Arc<RowsMetadata>>,
    /// Where the next page begins, if there is one.
    pub paging_state: Option<Bytes>,
    /// The id of `metadata`, if it is not what the request knew (v5).
    pub new_metadata_id: Option<Bytes>,
    /// Whether the server says that all columns are of one table; only of use where `metadata` is `None`, to say the
    /// same again.
    pub global_table_spec: bool,
    /// How many cells each row has.
    pub columns_count: usize,
    /// How many rows there are.
    pub rows_count: usize,
    /// The cells of all rows, one after another, each a `[bytes]`. More may follow, which means nothing.
    pub cells: Bytes,
}

impl RawRows {
    /// Reads what stands before the cells; they are to be taken from where the reader stands then.
    pub(super) fn decode(version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let header = ResultMetadata::decode(version, reader)?;
        let at = reader.offset();
        // Each cell has a length of four bytes.
        let rows_count = reader.count(header.columns_count.saturating_mul(4), "rows")?;
        if header.columns_count == 0 && rows_count > 0 {
            return Err(DecodeError::new("rows", at, format!("there are {rows_count} without any column")));
        }
        Ok(Self {
            metadata: header.metadata,
            paging_state: header.paging_state,
            new_metadata_id: header.new_metadata_id,
            global_table_spec: header.global_table_spec,
            columns_count: header.columns_count,
            rows_count,
            cells: Bytes::new(),
        })
    }

    /// Reads the whole body of a RESULT with nothing in front of it that is of the [kind](ResultKind::of_body) *rows*. They
    /// keep the body itself, so that nothing is allocated for them.
    pub fn decode_body(version: ProtocolVersion, mut body: Bytes) -> Result<Self, DecodeError> {
        if let Some(rows) = Self::undescribed(&mut body) {
            return Ok(rows);
        }
        let mut reader = Reader::new(&body);
        let kind = ResultKind::decode(&mut reader)?;
        if kind != ResultKind::Rows {
            return Err(DecodeError::new("RESULT", 0, format!("{kind:?} instead of rows")));
        }
        let mut rows = Self::decode(version, &mut reader)?;
        let cells = reader.offset();
        body.advance(cells);
        rows.cells = body;
        Ok(rows)
    }

    /// The most common page: the only one of its result, of columns that the request said it knows. Four numbers stand before
    /// its cells. `None`, and `body` as it was, for any other, and for one with anything wrong about it.
    fn undescribed(body: &mut Bytes) -> Option<Self> {
        const NUMBERS: usize = 16;
        let (numbers, cells) = body.split_first_chunk::<NUMBERS>()?;
        let [kind, flags, columns, rows] = [0, 4, 8, 12]
            .map(|at| i32::from_be_bytes([numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]]));
        if kind != ResultKind::Rows as i32 || flags & !GLOBAL_TABLE_SPEC != NO_METADATA {
            return None;
        }
        let (columns_count, rows_count) = (usize::try_from(columns).ok()?, usize::try_from(rows).ok()?);
        // Each cell has a length of four bytes.
        let room = cells.len() / 4;
        if !(1..=MAX_COLUMNS).contains(&columns_count) || rows_count.checked_mul(columns_count)? > room {
            return None;
        }
        let mut cells = std::mem::take(body);
        cells.advance(NUMBERS);
        Some(Self {
            metadata: None,
            paging_state: None,
            new_metadata_id: None,
            global_table_spec: flags & GLOBAL_TABLE_SPEC != 0,
            columns_count,
            rows_count,
            cells,
        })
    }

    /// Appends the page.
    pub(super) fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        ResultMetadata {
            global_table_spec: self.global_table_spec,
            columns_count: self.columns_count,
            paging_state: self.paging_state.clone(),
            new_metadata_id: self.new_metadata_id.clone(),
            metadata: self.metadata.clone(),
        }
        .encode(version, out)?;
        out.int_count(self.rows_count, "rows")?;
        out.raw(&self.cells);
        Ok(())
    }

    /// A page of these rows. Each must have as many cells as there are columns.
    pub fn from_rows<R, C>(
        metadata: Arc<RowsMetadata>,
        rows: impl IntoIterator<Item = R>,
    ) -> Result<Self, EncodeError>
    where
        R: IntoIterator<Item = Option<C>>,
        C: AsRef<[u8]>,
    {
        let columns_count = metadata.columns.len();
        let global_table_spec = same_table(&metadata.columns).is_some();
        let mut rows_count = 0;
        let mut cells = Vec::new();
        for row in rows {
            let mut count = 0;
            for cell in row {
                Writer::new(&mut cells).bytes(cell.as_ref().map(AsRef::as_ref))?;
                count += 1;
            }
            if count != columns_count || count == 0 {
                return Err(EncodeError::new(
                    format!("row {rows_count}"),
                    format!("it has {count} cells, there are {columns_count} columns"),
                ));
            }
            rows_count += 1;
        }
        Ok(Self {
            metadata: Some(metadata),
            paging_state: None,
            new_metadata_id: None,
            global_table_spec,
            columns_count,
            rows_count,
            cells: cells.into(),
        })
    }

    /// The columns: those that came with the page, or else `known`, which must be as many.
    pub fn resolve_metadata<'a>(
        &'a self,
        known: Option<&'a Arc<RowsMetadata>>,
    ) -> Result<&'a Arc<RowsMetadata>, DecodeError> {
        let metadata = self.metadata.as_ref().or(known).ok_or_else(|| {
            DecodeError::new("rows", 0, "the server left their metadata out, which nobody had asked for")
        })?;
        if metadata.columns.len() != self.columns_count {
            let known = metadata.columns.len();
            let why = format!("they have {} columns, the known metadata has {known}", self.columns_count);
            return Err(DecodeError::new("rows", 0, why));
        }
        Ok(metadata)
    }

    /// How many bytes its cells are.
    #[must_use]
    pub fn size(&self) -> usize {
        self.cells.len()
    }

    /// The rows in order. After an error there are no more.
    #[must_use]
    pub fn rows(&self) -> Rows<'_> {
        Rows { reader: Reader::new(&self.cells), columns: self.columns_count, left: self.rows_count }
    }

    /// The rows from `position` on, which must be one of the same page; that of another page gives an error or other rows.
    #[must_use]
    pub fn rows_at(&self, position: RowsPosition) -> Rows<'_> {
        let RowsPosition { offset, left } = position;
        let rest = self.cells.get(offset..).unwrap_or_default();
        Rows { reader: Reader::at(rest, offset), columns: self.columns_count, left }
    }
}

impl fmt::Debug for RawRows {
    // Cells are the user's data, which belong in no log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRows")
            .field("metadata", &self.metadata)
            .field("paging_state", &self.paging_state.as_ref().map(Bytes::len))
            .field("new_metadata_id", &self.new_metadata_id)
            .field("columns_count", &self.columns_count)
            .field("rows_count", &self.rows_count)
            .field("cells", &format_args!("{} bytes", self.cells.len()))
            .finish_non_exhaustive()
    }
}

/// How far the rows of a page were read, for whoever cannot keep a [`Rows`] that borrows the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowsPosition {
    offset: usize,
    left: usize,
}

/// Iterates over the rows of a page.
#[derive(Clone)]
pub struct Rows<'a> {
    reader: Reader<'a>,
    columns: usize,
    left: usize,
}

impl<'a> Rows<'a> {
    /// Where the next row begins: [`RawRows::rows_at`] goes on from there.
    #[must_use]
    pub const fn position(&self) -> RowsPosition {
        RowsPosition { offset: self.reader.offset(), left: self.left }
    }

    /// Gives the cells of the next row to `cell`, in order; `None` after the last row. After an error, which may come
    /// when some cells were given, there are no more rows. The same as the iterator, without a second way through the
    /// cells.
    #[inline]
    pub fn next_cells(&mut self, mut cell: impl FnMut(Option<&'a [u8]>)) -> Option<Result<(), DecodeError>> {
        self.left = self.left.checked_sub(1)?;
        for _ in 0..self.columns {
            match decode_cell(&mut self.reader) {
                Ok(bytes) => cell(bytes),
                Err(error) => {
                    self.left = 0;
                    return Some(Err(error));
                }
            }
        }
        Some(Ok(()))
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Result<RawRow<'a>, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let start = self.reader.clone();
        let columns = self.columns;
        Some(self.next_cells(|_| {})?.map(|()| RawRow { reader: start, left: columns }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // An error ends it early.
        (usize::from(self.left > 0), Some(self.left))
    }
}

impl std::iter::FusedIterator for Rows<'_> {}

/// The cells of one row: bytes, or null. Their lengths have been checked.
#[derive(Clone)]
pub struct RawRow<'a> {
    reader: Reader<'a>,
    left: usize,
}

impl<'a> Iterator for RawRow<'a> {
    type Item = Option<&'a [u8]>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        // `Rows` has been here before, so it cannot fail.
        decode_cell(&mut self.reader).ok()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for RawRow<'_> {}
impl std::iter::FusedIterator for RawRow<'_> {}

impl fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("left", &self.left).finish_non_exhaustive()
    }
}

impl fmt::Debug for RawRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawRow").field("left", &self.left).finish_non_exhaustive()
    }
}

/// Reads a cell. The notation allows any negative length for null; a server only ever sends -1, so that anything else
/// means that the place is wrong.
#[inline]
fn decode_cell<'a>(reader: &mut Reader<'a>) -> Result<Option<&'a [u8]>, DecodeError> {
    let at = reader.offset();
    match reader.int()? {
        -1 => Ok(None),
        length => match usize::try_from(length) {
            Ok(length) => reader.take(length, "cell").map(Some),
            Err(_) => Err(DecodeError::new("cell", at, format!("there is no length {length}"))),
        },
    }
}
