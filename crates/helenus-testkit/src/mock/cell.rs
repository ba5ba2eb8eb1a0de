//! Values as the bytes of a cell, for the few types that system tables are made of.

use std::net::IpAddr;

use uuid::Uuid;

/// A cell of a row: the value's bytes, or null.
pub type Cell = Option<Vec<u8>>;

/// `text`
#[must_use]
pub fn text(value: &str) -> Cell {
    Some(value.as_bytes().to_vec())
}

/// `int`
#[must_use]
pub fn int(value: i32) -> Cell {
    Some(value.to_be_bytes().to_vec())
}

/// `bigint`, `counter`, `timestamp`
#[must_use]
pub fn bigint(value: i64) -> Cell {
    Some(value.to_be_bytes().to_vec())
}

/// `double`
#[must_use]
pub fn double(value: f64) -> Cell {
    Some(value.to_be_bytes().to_vec())
}

/// `boolean`
#[must_use]
pub fn boolean(value: bool) -> Cell {
    Some(vec![value.into()])
}

/// `uuid`, `timeuuid`
#[must_use]
pub fn uuid(value: Uuid) -> Cell {
    Some(value.as_bytes().to_vec())
}

/// `inet`
#[must_use]
pub fn inet(value: IpAddr) -> Cell {
    Some(match value {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    })
}

/// `list<text>`, `set<text>` (give a set in order)
pub fn texts<S: AsRef<str>>(values: impl IntoIterator<Item = S>) -> Cell {
    collection(values.into_iter().map(|value| [value.as_ref().as_bytes().to_vec()]))
}

/// `map<text, text>`
pub fn text_map<K: AsRef<str>, V: AsRef<str>>(entries: impl IntoIterator<Item = (K, V)>) -> Cell {
    collection(
        entries
            .into_iter()
            .map(|(key, value)| [key.as_ref().as_bytes().to_vec(), value.as_ref().as_bytes().to_vec()]),
    )
}

fn collection<const N: usize>(elements: impl Iterator<Item = [Vec<u8>; N]>) -> Cell {
    let mut cell = vec![0; 4];
    let mut count = 0_i32;
    for element in elements {
        count += 1;
        for part in element {
            let length = i32::try_from(part.len()).expect("an element of a test is smaller than 2 GiB");
            cell.extend_from_slice(&length.to_be_bytes());
            cell.extend_from_slice(&part);
        }
    }
    cell[..4].copy_from_slice(&count.to_be_bytes());
    Some(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collection_is_its_count_and_its_framed_elements() {
        assert_eq!(texts(["a", ""]).unwrap(), [0, 0, 0, 2, 0, 0, 0, 1, b'a', 0, 0, 0, 0]);
        assert_eq!(text_map([("k", "v")]).unwrap(), [0, 0, 0, 1, 0, 0, 0, 1, b'k', 0, 0, 0, 1, b'v']);
    }
}
