//! The `[option]` of section 4.2.5.2: how result and bind metadata tell the type of a column.
//!
//! A type that the protocol version in use does not know comes as *custom* with its Java class, and so does every
//! vector; those go through [`class_name`]. Frozenness is not on the wire.

use std::sync::Arc;

use super::{CqlType, MAX_DEPTH, UserType, class_name};
use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::version::ProtocolVersion;

const WHAT: &str = "[option]";

const CUSTOM: u16 = 0x0000;
const LIST: u16 = 0x0020;
const MAP: u16 = 0x0021;
const SET: u16 = 0x0022;
const UDT: u16 = 0x0030;
const TUPLE: u16 = 0x0031;

/// The ids without a value.
const NATIVE: [(u16, CqlType); 20] = [
    (0x0001, CqlType::Ascii),
    (0x0002, CqlType::Bigint),
    (0x0003, CqlType::Blob),
    (0x0004, CqlType::Boolean),
    (0x0005, CqlType::Counter),
    (0x0006, CqlType::Decimal),
    (0x0007, CqlType::Double),
    (0x0008, CqlType::Float),
    (0x0009, CqlType::Int),
    (0x000B, CqlType::Timestamp),
    (0x000C, CqlType::Uuid),
    (0x000D, CqlType::Text),
    (0x000E, CqlType::Varint),
    (0x000F, CqlType::Timeuuid),
    (0x0010, CqlType::Inet),
    (0x0011, CqlType::Date),
    (0x0012, CqlType::Time),
    (0x0013, CqlType::Smallint),
    (0x0014, CqlType::Tinyint),
    (0x0015, CqlType::Duration),
];

/// What `text` was called in versions 1 and 2; a server may still say it.
const LEGACY_TEXT: u16 = 0x000A;

impl CqlType {
    /// Reads an `[option]`. An unknown id is an error, since what follows it cannot be told apart; an unknown custom
    /// class is [`CqlType::Custom`].
    pub fn decode_option(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        decode(reader, 0)
    }

    /// Writes the `[option]` as the newest protocol version has it.
    pub fn encode_option(&self, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        encode(self, ProtocolVersion::LATEST, out, 0)
    }

    /// Writes the `[option]` as a server does that speaks `version`: types that it lacks go by their class name.
    pub fn encode_option_for(
        &self,
        version: ProtocolVersion,
        out: &mut Writer<'_>,
    ) -> Result<(), EncodeError> {
        encode(self, version, out, 0)
    }
}

fn decode(reader: &mut Reader<'_>, depth: usize) -> Result<CqlType, DecodeError> {
    let at = reader.offset();
    if depth >= MAX_DEPTH {
        return Err(DecodeError::new(WHAT, at, format!("types nest deeper than {MAX_DEPTH}")));
    }
    match reader.short()? {
        CUSTOM => {
            let class = reader.string()?;
            // The string begins behind its id and its length.
            class_name::parse_nested(class, depth).map_err(|error| error.shifted(at + 4))
        }
        LIST => Ok(CqlType::List(Arc::new(decode(reader, depth + 1)?))),
        SET => Ok(CqlType::Set(Arc::new(decode(reader, depth + 1)?))),
        MAP => {
            let key = decode(reader, depth + 1)?;
            let value = decode(reader, depth + 1)?;
            Ok(CqlType::Map(Arc::new(key), Arc::new(value)))
        }
        TUPLE => {
            let count = reader.short_count(2, "tuple type")?;
            let elements = (0..count).map(|_| decode(reader, depth + 1)).collect::<Result<Vec<_>, _>>()?;
            Ok(CqlType::Tuple(elements.into()))
        }
        UDT => decode_user_type(reader, depth),
        LEGACY_TEXT => Ok(CqlType::Text),
        id => match NATIVE.iter().find(|(known, _)| *known == id) {
            Some((_, native)) => Ok(native.clone()),
            None => Err(DecodeError::new(WHAT, at, format!("there is no type with id {id:#06x}"))),
        },
    }
}

fn decode_user_type(reader: &mut Reader<'_>, depth: usize) -> Result<CqlType, DecodeError> {
    let keyspace = reader.string()?.to_owned();
    let name = reader.string()?.to_owned();
    let count = reader.short_count(4, "user type")?;
    let fields = (0..count)
        .map(|_| Ok((reader.string()?.to_owned(), decode(reader, depth + 1)?)))
        .collect::<Result<Vec<_>, DecodeError>>()?;
    Ok(CqlType::Udt(Arc::new(UserType { keyspace, name, fields })))
}

fn encode(
    cql_type: &CqlType,
    version: ProtocolVersion,
    out: &mut Writer<'_>,
    depth: usize,
) -> Result<(), EncodeError> {
    if depth >= MAX_DEPTH {
        return Err(EncodeError::new(WHAT, format!("types nest deeper than {MAX_DEPTH}")));
    }
    match cql_type.unfrozen() {
        CqlType::List(element) => {
            out.short(LIST);
            encode(element, version, out, depth + 1)
        }
        CqlType::Set(element) => {
            out.short(SET);
            encode(element, version, out, depth + 1)
        }
        CqlType::Map(key, value) => {
            out.short(MAP);
            encode(key, version, out, depth + 1)?;
            encode(value, version, out, depth + 1)
        }
        CqlType::Tuple(elements) => {
            out.short(TUPLE);
            out.short_count(elements.len(), "tuple type")?;
            elements.iter().try_for_each(|element| encode(element, version, out, depth + 1))
        }
        CqlType::Udt(udt) => {
            out.short(UDT);
            out.string(&udt.keyspace)?;
            out.string(&udt.name)?;
            out.short_count(udt.fields.len(), "user type")?;
            udt.fields.iter().try_for_each(|(name, field)| {
                out.string(name)?;
                encode(field, version, out, depth + 1)
            })
        }
        custom @ (CqlType::Vector(..) | CqlType::Custom(_)) => encode_custom(custom, out),
        native if !is_known(native, version) => encode_custom(native, out),
        native => match NATIVE.iter().find(|(_, known)| known == native) {
            Some((id, _)) => {
                out.short(*id);
                Ok(())
            }
            None => unreachable!("every type without parameters is in the table"),
        },
    }
}

fn is_known(native: &CqlType, version: ProtocolVersion) -> bool {
    match native {
        CqlType::Date | CqlType::Time | CqlType::Smallint | CqlType::Tinyint => {
            version.has_date_and_small_types()
        }
        CqlType::Duration => version.has_duration(),
        _ => true,
    }
}

fn encode_custom(cql_type: &CqlType, out: &mut Writer<'_>) -> Result<(), EncodeError> {
    out.short(CUSTOM);
    out.string(&cql_type.class_name())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::strategy::{cql_type, many_cases, thawed};
    use super::*;

    fn read(bytes: &[u8]) -> Result<CqlType, DecodeError> {
        let mut reader = Reader::new(bytes);
        let read = CqlType::decode_option(&mut reader)?;
        reader.finish(WHAT)?;
        Ok(read)
    }

    fn written(cql_type: &CqlType, version: ProtocolVersion) -> Vec<u8> {
        let mut out = Vec::new();
        cql_type.encode_option_for(version, &mut Writer::new(&mut out)).unwrap();
        out
    }

    proptest! {
        #![proptest_config(many_cases())]

        #[test]
        fn what_is_written_is_read_again(cql_type in cql_type()) {
            for version in ProtocolVersion::ALL {
                // Frozenness is lost at once, except below a class name, which tells it.
                prop_assert_eq!(thawed(&read(&written(&cql_type, version)).unwrap()), thawed(&cql_type));
            }
        }

        #[test]
        fn no_truncation_is_a_type(cql_type in cql_type()) {
            let bytes = written(&cql_type, ProtocolVersion::V5);
            for end in 0..bytes.len() {
                prop_assert!(read(&bytes[..end]).is_err(), "cut at {}", end);
            }
        }

        #[test]
        fn any_bytes_are_a_type_or_an_error(bytes: Vec<u8>, ids in proptest::collection::vec(0_u16..0x33, 0..40)) {
            let _outcome = read(&bytes).is_ok();
            let ids: Vec<u8> = ids.into_iter().flat_map(u16::to_be_bytes).collect();
            let _outcome = read(&ids).is_ok();
        }
    }

    #[test]
    fn the_bytes_of_the_specification() {
        let text = || Arc::new(CqlType::Text);
        let udt = UserType {
            keyspace: "k".into(),
            name: "u".into(),
            fields: vec![("f".into(), CqlType::Inet), ("g".into(), CqlType::List(text()))],
        };
        for (cql_type, bytes) in [
            (CqlType::Ascii, &[0, 1][..]),
            (CqlType::Timestamp, &[0, 0x0B]),
            (CqlType::Duration, &[0, 0x15]),
            (CqlType::Set(text()), &[0, 0x22, 0, 0x0D]),
            (CqlType::Map(Arc::new(CqlType::Int), text()), &[0, 0x21, 0, 9, 0, 0x0D]),
            (CqlType::Tuple([CqlType::Int, CqlType::Blob].into()), &[0, 0x31, 0, 2, 0, 9, 0, 3]),
            (
                CqlType::Udt(Arc::new(udt)),
                &[0, 0x30, 0, 1, b'k', 0, 1, b'u', 0, 2, 0, 1, b'f', 0, 0x10, 0, 1, b'g', 0, 0x20, 0, 0x0D],
            ),
            (CqlType::Custom("a.B".into()), &[0, 0, 0, 3, b'a', b'.', b'B']),
        ] {
            assert_eq!(written(&cql_type, ProtocolVersion::V5), bytes, "{cql_type:?}");
            assert_eq!(read(bytes).unwrap(), cql_type);
        }
        assert_eq!(read(&[0, 0x0A]).unwrap(), CqlType::Text);
    }

    #[test]
    fn types_newer_than_the_version_go_by_their_class() {
        for (cql_type, version, class) in [
            (CqlType::Duration, ProtocolVersion::V4, Some("DurationType")),
            (CqlType::Duration, ProtocolVersion::V5, None),
            (CqlType::Date, ProtocolVersion::V3, Some("SimpleDateType")),
            (CqlType::Time, ProtocolVersion::V3, Some("TimeType")),
            (CqlType::Smallint, ProtocolVersion::V3, Some("ShortType")),
            (CqlType::Tinyint, ProtocolVersion::V3, Some("ByteType")),
            (CqlType::Tinyint, ProtocolVersion::V4, None),
        ] {
            let bytes = written(&cql_type, version);
            match class {
                Some(class) => {
                    assert_eq!(bytes[..2], [0, 0]);
                    assert!(bytes.ends_with(class.as_bytes()), "{cql_type:?} in {version}");
                }
                None => assert_eq!(bytes.len(), 2),
            }
            assert_eq!(read(&bytes).unwrap(), cql_type);
        }
    }

    /// W8 of docs/promises.md.
    #[test]
    fn what_makes_no_sense_is_refused_with_its_offset() {
        assert_eq!(read(&[0, 0x16]).unwrap_err().offset, 0);
        assert_eq!(read(&[0, 0x20, 0xFF, 0xFF]).unwrap_err().offset, 2);
        // A count of 65535 elements with nothing behind it.
        assert_eq!(read(&[0, 0x31, 0xFF, 0xFF]).unwrap_err().what, "tuple type");
        assert_eq!(read(&[0, 0x30, 0, 0, 0, 0, 0xFF, 0xFF, 0, 0]).unwrap_err().what, "user type");
        let mut bytes = Vec::new();
        let mut out = Writer::new(&mut bytes);
        out.short(CUSTOM);
        out.string("VectorType(FloatType , 0)").unwrap();
        assert_eq!(read(&bytes).unwrap_err().offset, 4 + 23);
    }

    /// W8 of docs/promises.md.
    #[test]
    fn nesting_has_a_limit_and_no_stack_overflows() {
        let nested = |depth: usize| {
            let mut bytes = [0, 0x20].repeat(depth);
            bytes.extend([0, 9]);
            bytes
        };
        let outcome = std::thread::Builder::new().stack_size(256 << 10).spawn(move || {
            assert!(read(&nested(MAX_DEPTH - 1)).is_ok());
            assert!(read(&nested(MAX_DEPTH)).is_err());
            assert!(read(&nested(30_000)).is_err());
            // A class name below 32 lists has only the other half of the depth.
            for (depth, fits) in [(31, true), (32, false)] {
                let class = format!("{}Int32Type{}", "SetType(".repeat(depth), ")".repeat(depth));
                let mut bytes = [0, 0x20].repeat(32);
                let mut out = Writer::new(&mut bytes);
                out.short(CUSTOM);
                out.string(&class).unwrap();
                assert_eq!(read(&bytes).is_ok(), fits);
            }
            let too_deep = (0..MAX_DEPTH).fold(CqlType::Int, |inner, _| CqlType::List(Arc::new(inner)));
            assert!(too_deep.encode_option(&mut Writer::new(&mut Vec::new())).is_err());
        });
        outcome.unwrap().join().unwrap();
    }
}
