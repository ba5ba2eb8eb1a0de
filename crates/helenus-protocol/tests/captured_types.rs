//! Which types the golden vectors have values of: all that there are, in each version of the protocol.
//!
//! Not here: what the bytes say, and whether they are written the same (`vectors.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use bytes::BytesMut;
use helenus_protocol::envelope::{Envelope, Flags, MAX_BODY_LENGTH};
use helenus_protocol::response::{Message, RawRows, Response, ResultMessage};
use helenus_protocol::{CqlType, ProtocolVersion};

/// Every type there is. `frozen` is only told inside of the names of classes, which these values have none of.
const TYPES: [&str; 27] = [
    "ascii",
    "bigint",
    "blob",
    "boolean",
    "counter",
    "custom",
    "date",
    "decimal",
    "double",
    "duration",
    "float",
    "inet",
    "int",
    "list",
    "map",
    "set",
    "smallint",
    "text",
    "time",
    "timestamp",
    "timeuuid",
    "tinyint",
    "tuple",
    "user-defined",
    "uuid",
    "varint",
    "vector",
];

/// The names of `cql_type` and of all types in it.
fn name_types(cql_type: &CqlType, names: &mut BTreeSet<&'static str>) {
    names.insert(match cql_type {
        CqlType::Custom(_) => "custom",
        CqlType::List(_) => "list",
        CqlType::Set(_) => "set",
        CqlType::Map(..) => "map",
        CqlType::Tuple(_) => "tuple",
        CqlType::Udt(_) => "user-defined",
        CqlType::Vector(..) => "vector",
        CqlType::Frozen(_) => "frozen",
        native => native.native_name().unwrap_or_else(|| {
            panic!("{native:?} is a type that this test does not know: capture it, and name it here")
        }),
    });
    match cql_type {
        CqlType::List(inner) | CqlType::Set(inner) | CqlType::Vector(inner, _) | CqlType::Frozen(inner) => {
            name_types(inner, names);
        }
        CqlType::Map(key, value) => {
            name_types(key, names);
            name_types(value, names);
        }
        CqlType::Tuple(types) => types.iter().for_each(|inner| name_types(inner, names)),
        CqlType::Udt(user_type) => user_type.fields.iter().for_each(|(_, inner)| name_types(inner, names)),
        _ => {}
    }
}

/// The rows in `hex`, if it is an answer that has some, with their columns. What is compressed is left out: the same is
/// there without.
fn rows(hex: &str) -> Option<(ProtocolVersion, RawRows)> {
    let digits: String = hex.lines().filter(|line| !line.starts_with('#')).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
    let mut bytes: BytesMut = digits.as_bytes().chunks(2).map(byte).collect();
    let version = ProtocolVersion::from_number(bytes[0] & 0x7f).filter(|_| bytes[0] & 0x80 != 0)?;
    let envelope = Envelope::decode(&mut bytes, MAX_BODY_LENGTH).ok()??;
    let header = envelope.header;
    if header.flags.contains(Flags::COMPRESSION) {
        return None;
    }
    let response = Response::decode(version, header.flags, header.opcode, &envelope.body).ok()?;
    match response.message {
        Message::Result(ResultMessage::Rows(rows)) if rows.metadata.is_some() => Some((version, rows)),
        _ => None,
    }
}

/// With a value that is not null, in rows that a server has sent. Types that are younger than a version are told in it
/// by the names of their classes, so each version has all of them.
#[test]
fn every_type_of_every_version_was_captured() {
    let mut captured: BTreeMap<ProtocolVersion, BTreeSet<&'static str>> = BTreeMap::new();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "hex") {
            continue;
        }
        let Some((version, rows)) = rows(&fs::read_to_string(&path).unwrap()) else { continue };
        let columns = &rows.metadata.as_ref().unwrap().columns;
        for row in rows.rows() {
            for (column, _) in columns.iter().zip(row.unwrap()).filter(|(_, cell)| cell.is_some()) {
                name_types(&column.cql_type, captured.entry(version).or_default());
            }
        }
    }
    for version in ProtocolVersion::ALL {
        let found = captured.remove(&version).unwrap_or_default();
        let missing: Vec<_> = TYPES.iter().filter(|name| !found.contains(*name)).collect();
        assert!(missing.is_empty(), "{version}: no value of {missing:?} was captured");
    }
}
