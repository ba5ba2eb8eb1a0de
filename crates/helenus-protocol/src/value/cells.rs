//! The cells inside a value: the elements of a collection or a vector, the fields of a tuple or a user type.
//!
//! [`Cells`] splits without decoding, so that whoever wants something else than Rust values (the Python door) can turn
//! borrowed bytes straight into its own. Sections 6.12 to 6.14, 6.21 and 7 of the v5 specification; vectors are in none
//! (they came with Cassandra 5.0) and were checked against a real server.

use crate::error::DecodeError;
use crate::notation::Reader;
use crate::types::CqlType;

/// How many cells an unproven count makes room for at once.
const UNPROVEN_ROOM: usize = 64;

/// How the end of a cell is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `[bytes]`, all of them present: collections.
    Counted,
    /// `[bytes]`, of which the last ones may be missing: tuples and user types.
    Trailing,
    /// All of one size: vectors of elements of a fixed size.
    Sized(usize),
    /// Behind an `[unsigned vint]` length: vectors of anything else.
    VintLength,
}

/// The cells of one value, in order: an iterator of as many items as [`len`](Self::len) says, or fewer when it ends with
/// an error. `None` is a null cell.
///
/// Every length is checked against the bytes that are there. Bytes left over behind the last cell are an error too,
/// told instead of the last cell.
#[derive(Debug, Clone)]
pub struct Cells<'a> {
    reader: Reader<'a>,
    left: usize,
    form: Form,
    what: &'static str,
    /// Cells behind the last known one are fields of which the type does not know yet.
    may_have_more: bool,
}

impl<'a> Cells<'a> {
    /// The elements of a list.
    pub fn of_list(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        Self::counted(bytes, 1, "list")
    }

    /// The elements of a set.
    pub fn of_set(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        Self::counted(bytes, 1, "set")
    }

    /// The keys and values of a map, in turns: twice as many cells as the map has entries.
    pub fn of_map(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        Self::counted(bytes, 2, "map")
    }

    fn counted(bytes: &'a [u8], cells: usize, what: &'static str) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let count = reader.count(4 * cells, what)?;
        if count == 0 {
            reader.finish(what)?;
        }
        Ok(Self { reader, left: count * cells, form: Form::Counted, what, may_have_more: false })
    }

    /// The elements of a tuple of `arity` elements. Missing last ones are null.
    pub fn of_tuple(bytes: &'a [u8], arity: usize) -> Result<Self, DecodeError> {
        let reader = Reader::new(bytes);
        if arity == 0 {
            reader.finish("tuple")?;
        }
        Ok(Self { reader, left: arity, form: Form::Trailing, what: "tuple", may_have_more: false })
    }

    /// The fields of a user type that is known with `fields` fields. Missing last ones are null; further ones are passed
    /// over, since a field may have been added to the type where the value was written and not yet where it was read.
    pub fn of_user_type(bytes: &'a [u8], fields: usize) -> Result<Self, DecodeError> {
        let mut cells = Self {
            reader: Reader::new(bytes),
            left: fields,
            form: Form::Trailing,
            what: "user type",
            may_have_more: true,
        };
        if fields == 0 {
            cells.pass_over_further_fields()?;
        }
        Ok(cells)
    }

    /// The elements of a `vector<element, dimension>`.
    pub fn of_vector(bytes: &'a [u8], element: &CqlType, dimension: u32) -> Result<Self, DecodeError> {
        let reader = Reader::new(bytes);
        let count = dimension as usize;
        // An element without a fixed size takes one byte at least, that of its length.
        let (form, due) = match fixed_size(element) {
            Some(size) => (Form::Sized(size), count.checked_mul(size)),
            None => (Form::VintLength, Some(count)),
        };
        let fits = match form {
            Form::Sized(_) => due == Some(bytes.len()),
            _ => due.is_some_and(|due| due <= bytes.len()) && (count > 0 || bytes.is_empty()),
        };
        if !fits {
            let why = format!("{} bytes cannot be {dimension} elements of type {element}", bytes.len());
            return Err(DecodeError::new("vector", 0, why));
        }
        Ok(Self { reader, left: count, form, what: "vector", may_have_more: false })
    }

    /// How many cells are left.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.left
    }

    /// Whether no cell is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// How many cells to make room for at once. A count by itself proves nothing, and counts nest: whoever allocates for
    /// what is announced on every level can be made to allocate far more than was sent.
    #[must_use]
    pub fn room(&self) -> usize {
        match self.form {
            // The bytes are there.
            Form::Sized(_) => self.left,
            _ => self.left.min(UNPROVEN_ROOM),
        }
    }

    /// Where the next cell begins, in bytes from the start of the value.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.reader.offset()
    }

    #[inline]
    fn cell(&mut self) -> Result<Option<&'a [u8]>, DecodeError> {
        match self.form {
            Form::Sized(size) => self.reader.take(size, self.what).map(Some),
            Form::VintLength => {
                let length = self.reader.unsigned_vint()?;
                // More than fits in memory is more than is left.
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                self.reader.take(length, self.what).map(Some)
            }
            Form::Trailing if self.reader.is_empty() => Ok(None),
            Form::Counted | Form::Trailing => self.bytes(),
        }
    }

    /// `[bytes]`, with -1 alone for null: nothing writes any other negative length.
    #[inline]
    fn bytes(&mut self) -> Result<Option<&'a [u8]>, DecodeError> {
        let at = self.reader.offset();
        match self.reader.int()? {
            -1 => Ok(None),
            length => match usize::try_from(length) {
                Ok(length) => self.reader.take(length, self.what).map(Some),
                Err(_) => Err(DecodeError::new(self.what, at, format!("a cell has no length {length}"))),
            },
        }
    }

    fn pass_over_further_fields(&mut self) -> Result<(), DecodeError> {
        while !self.reader.is_empty() {
            self.bytes()?;
        }
        Ok(())
    }

    /// What stands where the last cell should be: it, or an error. After an error there is nothing more.
    fn last(&mut self, cell: Result<Option<&'a [u8]>, DecodeError>) -> Result<Option<&'a [u8]>, DecodeError> {
        self.left = 0;
        let cell = cell?;
        if self.may_have_more {
            self.pass_over_further_fields()?;
        } else {
            self.reader.finish(self.what)?;
        }
        Ok(cell)
    }
}

impl<'a> Iterator for Cells<'a> {
    type Item = Result<Option<&'a [u8]>, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        match self.cell() {
            Ok(cell) if self.left > 0 => Some(Ok(cell)),
            last => Some(self.last(last)),
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left.min(1), Some(self.left))
    }
}

impl std::iter::FusedIterator for Cells<'_> {}

/// The size of every value of the type, where it has one.
///
/// A vector of such elements is their bytes end to end; in any other vector each element stands behind its length. Only
/// the server's opinion counts, and it is not what one would guess: `tinyint`, `smallint`, `date`, `time` and `counter`
/// have no fixed size. Asked of the type classes of Cassandra 5.0.6 (`valueLengthIfFixed`), every type.
#[must_use]
pub fn fixed_size(cql_type: &CqlType) -> Option<usize> {
    match cql_type {
        CqlType::Boolean => Some(1),
        CqlType::Int | CqlType::Float => Some(4),
        CqlType::Bigint | CqlType::Double | CqlType::Timestamp => Some(8),
        CqlType::Uuid | CqlType::Timeuuid => Some(16),
        CqlType::Vector(element, dimension) => fixed_size(element)?.checked_mul(*dimension as usize),
        CqlType::Frozen(inner) => fixed_size(inner),
        // The one other class of the server's own with a size; `EmptyType`, of none, is left out on purpose: from no
        // bytes at all would come as many elements as anyone likes.
        CqlType::Custom(class) if &**class == "org.apache.cassandra.db.marshal.LexicalUUIDType" => Some(16),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::types::strategy::{cql_type, many_cases};

    fn all<'a>(cells: Result<Cells<'a>, DecodeError>) -> Result<Vec<Option<&'a [u8]>>, (usize, DecodeError)> {
        let mut good = Vec::new();
        for cell in cells.map_err(|error| (0, error))? {
            good.push(cell.map_err(|error| (good.len(), error))?);
        }
        Ok(good)
    }

    #[test]
    fn collections_have_a_count_and_cells() {
        let bytes = [0, 0, 0, 2, 0, 0, 0, 1, 7, 0xFF, 0xFF, 0xFF, 0xFF];
        assert_eq!(all(Cells::of_list(&bytes)).unwrap(), [Some(&[7][..]), None]);
        assert_eq!(all(Cells::of_set(&bytes)).unwrap().len(), 2);
        let map = [0, 0, 0, 1, 0, 0, 0, 1, 7, 0, 0, 0, 0];
        assert_eq!(all(Cells::of_map(&map)).unwrap(), [Some(&[7][..]), Some(&[])]);
        assert!(all(Cells::of_list(&[0; 4])).unwrap().is_empty());
    }

    #[test]
    fn tuples_and_user_types_may_lack_their_last_cells() {
        let one = [0, 0, 0, 1, 7];
        assert_eq!(all(Cells::of_tuple(&one, 3)).unwrap(), [Some(&[7][..]), None, None]);
        assert_eq!(all(Cells::of_user_type(&[], 2)).unwrap(), [None, None]);
    }

    #[test]
    fn a_user_type_may_have_fields_that_nobody_knows_yet() {
        let two = [0, 0, 0, 1, 7, 0xFF, 0xFF, 0xFF, 0xFF];
        assert_eq!(all(Cells::of_user_type(&two, 1)).unwrap(), [Some(&[7][..])]);
        assert!(all(Cells::of_user_type(&two, 0)).unwrap().is_empty());
        // They must be fields, all the same.
        assert_eq!(all(Cells::of_user_type(&two[..7], 1)).unwrap_err().1.offset, 5);
        // A tuple's type never changes.
        assert_eq!(all(Cells::of_tuple(&two, 1)).unwrap_err().1.offset, 5);
    }

    #[test]
    fn vectors_of_a_fixed_and_of_a_variable_size() {
        let three = [0, 0, 0, 1, 0, 0, 0, 2];
        assert_eq!(
            all(Cells::of_vector(&three, &CqlType::Int, 2)).unwrap(),
            [Some(&three[..4]), Some(&three[4..])]
        );
        // As Cassandra 5.0.6 writes ['a', 'bc'].
        let texts = [1, b'a', 2, b'b', b'c'];
        assert_eq!(all(Cells::of_vector(&texts, &CqlType::Text, 2)).unwrap(), [Some(&b"a"[..]), Some(b"bc")]);
        for (bytes, element, dimension) in [
            (&three[..7], CqlType::Int, 2),
            (&three[..], CqlType::Int, 3),
            (&[], CqlType::Int, u32::MAX),
            (&texts, CqlType::Text, 6),
            (&texts, CqlType::Text, 1),
            (&texts, CqlType::Text, 0),
            // A length of 2^64 - 1.
            (&[0xFF; 9], CqlType::Text, 1),
            (&[], CqlType::Vector(Arc::new(CqlType::Vector(Arc::new(CqlType::Uuid), u32::MAX)), u32::MAX), 2),
        ] {
            assert!(all(Cells::of_vector(bytes, &element, dimension)).is_err(), "{element} x {dimension}");
        }
    }

    /// W5 of docs/promises.md.
    #[test]
    fn lengths_and_counts_that_cannot_be_are_refused_with_their_place() {
        for (bytes, good, offset) in [
            // 2^31 - 1 and -1 elements.
            (&[0x7F, 0xFF, 0xFF, 0xFF][..], 0, 0),
            (&[0xFF, 0xFF, 0xFF, 0xFF], 0, 0),
            (&[0, 0, 0], 0, 0),
            // An element of length 2, of which 1 is there; one of length -2.
            (&[0, 0, 0, 1, 0, 0, 0, 2, 7], 0, 8),
            (&[0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFE], 0, 4),
            // A byte too many, behind the last element and behind none.
            (&[0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 9], 1, 12),
            (&[0, 0, 0, 0, 9], 0, 4),
        ] {
            let (before, error) = all(Cells::of_list(bytes)).unwrap_err();
            assert_eq!((before, error.offset), (good, offset), "{bytes:?}: {error}");
        }
    }

    #[test]
    fn an_error_ends_the_iteration() {
        let mut cells = Cells::of_list(&[0, 0, 0, 2, 0x80, 0, 0, 0, 0, 0, 0, 0]).unwrap();
        assert!(cells.next().unwrap().is_err());
        assert!(cells.next().is_none());
        assert!(cells.is_empty());
    }

    #[test]
    fn room_is_made_for_what_is_there() {
        let bytes =
            [0x00, 0x10, 0x00, 0x00].into_iter().chain(std::iter::repeat_n(0, 4 << 20)).collect::<Vec<_>>();
        let cells = Cells::of_list(&bytes).unwrap();
        assert_eq!((cells.len(), cells.room()), (1 << 20, UNPROVEN_ROOM));
        let cells = Cells::of_vector(&bytes[..4096], &CqlType::Float, 1024).unwrap();
        assert_eq!(cells.room(), 1024);
    }

    proptest! {
        #![proptest_config(many_cases())]

        #[test]
        fn no_bytes_give_a_cell_outside_of_them(
            bytes in prop_oneof![any::<Vec<u8>>(), proptest::collection::vec(0_u8..3, 0..40)],
            which in 0_u8..6,
            count in 0_u32..6,
            element in cql_type(),
        ) {
            let cells = match which {
                0 => Cells::of_list(&bytes),
                1 => Cells::of_set(&bytes),
                2 => Cells::of_map(&bytes),
                3 => Cells::of_tuple(&bytes, count as usize),
                4 => Cells::of_user_type(&bytes, count as usize),
                _ => Cells::of_vector(&bytes, &element, count),
            };
            let announced = cells.as_ref().map_or(0, Cells::len);
            if let Ok(cells) = all(cells) {
                prop_assert_eq!(cells.len(), announced);
                prop_assert!(cells.iter().flatten().map(|cell| cell.len()).sum::<usize>() <= bytes.len());
            }
        }
    }
}
