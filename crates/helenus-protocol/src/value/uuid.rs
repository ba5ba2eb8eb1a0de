//! `uuid` and `timeuuid`: 16 bytes, sections 6.19 and 6.22.

use uuid::Uuid;

use super::{DecodeValue, EncodeValue, Encoded, exactly, present};
use crate::error::{DecodeError, EncodeError};
use crate::types::CqlType;

impl EncodeValue for Uuid {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        match cql_type.unfrozen() {
            CqlType::Uuid => {}
            CqlType::Timeuuid if self.get_version_num() == 1 => {}
            CqlType::Timeuuid => {
                let why =
                    format!("a timeuuid is of version 1, this one is of version {}", self.get_version_num());
                return Err(EncodeError::new("a Rust Uuid", why));
            }
            other => return Err(EncodeError::wrong_type("Uuid", other)),
        }
        out.extend_from_slice(self.as_bytes());
        Ok(Encoded::Bytes)
    }
}

impl<'a> DecodeValue<'a> for Uuid {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        match cql_type.unfrozen() {
            CqlType::Uuid | CqlType::Timeuuid => Ok(()),
            other => Err(DecodeError::wrong_type("Uuid", other)),
        }
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Self::check(cql_type)?;
        exactly(cql_type, present("Uuid", cell)?).map(Self::from_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{both_ways, encoded, malformed};
    use super::*;

    #[test]
    fn uuids_are_their_bytes() {
        let random: Uuid = "550e8400-e29b-41d4-a716-446655440000".parse().unwrap();
        both_ways(&CqlType::Uuid, &random, "550e8400e29b41d4a716446655440000");
        both_ways(&CqlType::Uuid, &Uuid::nil(), "00000000000000000000000000000000");
        both_ways(&CqlType::Uuid, &Uuid::max(), "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF");
        let time: Uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8".parse().unwrap();
        both_ways(&CqlType::Timeuuid, &time, "6ba7b8109dad11d180b400c04fd430c8");
    }

    #[test]
    fn a_timeuuid_is_of_version_one() {
        let random: Uuid = "550e8400-e29b-41d4-a716-446655440000".parse().unwrap();
        let error = encoded(&CqlType::Timeuuid, &random).unwrap_err();
        assert!(error.why.contains("version 4"), "{error}");
        malformed::<Uuid>(&CqlType::Uuid, "550e8400e29b41d4a71644665544");
    }
}
