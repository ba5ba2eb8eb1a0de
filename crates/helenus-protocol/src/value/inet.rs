//! `inet`: 4 or 16 bytes, section 6.10.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{DecodeValue, EncodeValue, Encoded, present, wrong_length};
use crate::error::{DecodeError, EncodeError};
use crate::types::CqlType;

impl EncodeValue for IpAddr {
    fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
        match cql_type.unfrozen() {
            CqlType::Inet => match self {
                Self::V4(address) => out.extend_from_slice(&address.octets()),
                Self::V6(address) => out.extend_from_slice(&address.octets()),
            },
            other => return Err(EncodeError::wrong_type("IpAddr", other)),
        }
        Ok(Encoded::Bytes)
    }
}

impl<'a> DecodeValue<'a> for IpAddr {
    fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
        match cql_type.unfrozen() {
            CqlType::Inet => Ok(()),
            other => Err(DecodeError::wrong_type("IpAddr", other)),
        }
    }

    fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
        Self::check(cql_type)?;
        let bytes = present("IpAddr", cell)?;
        if let Ok(octets) = <[u8; 4]>::try_from(bytes) {
            return Ok(octets.into());
        }
        match <[u8; 16]>::try_from(bytes) {
            Ok(octets) => Ok(octets.into()),
            Err(_) => Err(wrong_length(cql_type, bytes, "4 or 16")),
        }
    }
}

macro_rules! one_family {
    ($($rust:ident: $family:ident;)*) => {$(
        impl EncodeValue for $rust {
            fn encode(&self, cql_type: &CqlType, out: &mut Vec<u8>) -> Result<Encoded, EncodeError> {
                IpAddr::from(*self).encode(cql_type, out)
            }
        }

        impl<'a> DecodeValue<'a> for $rust {
            fn check(cql_type: &CqlType) -> Result<(), DecodeError> {
                IpAddr::check(cql_type)
            }

            fn decode(cql_type: &CqlType, cell: Option<&'a [u8]>) -> Result<Self, DecodeError> {
                match IpAddr::decode(cql_type, cell)? {
                    IpAddr::$family(address) => Ok(address),
                    _ => Err(DecodeError::misread(
                        concat!("a Rust ", stringify!($rust)),
                        "the address is of the other family, which an IpAddr takes",
                    )),
                }
            }
        }
    )*};
}

one_family! {
    Ipv4Addr: V4;
    Ipv6Addr: V6;
}

#[cfg(test)]
mod tests {
    use super::super::testing::{both_ways, decoded, malformed};
    use super::*;

    #[test]
    fn addresses_are_their_octets() {
        both_ways(&CqlType::Inet, &IpAddr::from(Ipv4Addr::LOCALHOST), "7F000001");
        both_ways(&CqlType::Inet, &IpAddr::from(Ipv6Addr::LOCALHOST), "00000000000000000000000000000001");
        both_ways(&CqlType::Inet, &Ipv4Addr::BROADCAST, "FFFFFFFF");
        both_ways(&CqlType::Inet, &Ipv6Addr::UNSPECIFIED, "00000000000000000000000000000000");
    }

    #[test]
    fn other_lengths_and_the_other_family() {
        malformed::<IpAddr>(&CqlType::Inet, "7F0000");
        malformed::<IpAddr>(&CqlType::Inet, "7F00000100");
        assert!(decoded::<Ipv6Addr>(&CqlType::Inet, &[127, 0, 0, 1]).unwrap_err().is_misread());
        assert!(decoded::<IpAddr>(&CqlType::Int, &[127, 0, 0, 1]).unwrap_err().is_misread());
    }
}
