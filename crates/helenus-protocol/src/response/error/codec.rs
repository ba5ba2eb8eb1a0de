//! The bytes of ERROR: a code, a message, and what the code adds to them.
//!
//! Some servers leave the last fields out, or send a code in a version that should not have it; what is not there is
//! not missed where something sensible can stand for it.

use std::net::IpAddr;

use bytes::Bytes;

use super::{FailureReason, ServerError, WriteType};
use crate::error::{DecodeError, EncodeError};
use crate::notation::{Reader, Writer};
use crate::version::ProtocolVersion;

impl ServerError {
    /// Reads the body.
    pub fn decode(version: ProtocolVersion, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let code = reader.int()?;
        let message = reader.string_lossy()?;
        Ok(match code {
            0x0000 => Self::ServerError { message },
            0x000A => Self::ProtocolError { message },
            0x0100 => Self::AuthenticationError { message },
            0x1000 => Self::Unavailable {
                message,
                consistency: reader.consistency()?,
                required: reader.int()?,
                alive: reader.int()?,
            },
            0x1001 => Self::Overloaded { message },
            0x1002 => Self::IsBootstrapping { message },
            0x1003 => Self::TruncateError { message },
            0x1100 => Self::decode_write_timeout(version, message, reader)?,
            0x1200 => Self::ReadTimeout {
                message,
                consistency: reader.consistency()?,
                received: reader.int()?,
                required: reader.int()?,
                data_present: reader.byte()? != 0,
            },
            0x1300 => Self::decode_read_failure(version, message, reader)?,
            0x1400 => Self::FunctionFailure {
                message,
                keyspace: reader.string()?.to_owned(),
                function: reader.string()?.to_owned(),
                argument_types: reader.string_list()?.into_iter().map(str::to_owned).collect(),
            },
            0x1500 => Self::decode_write_failure(version, message, reader)?,
            0x1600 => Self::CdcWriteFailure { message },
            0x1700 => Self::CasWriteUnknown {
                message,
                consistency: reader.consistency()?,
                received: reader.int()?,
                required: reader.int()?,
            },
            0x2000 => Self::SyntaxError { message },
            0x2100 => Self::Unauthorized { message },
            0x2200 => Self::Invalid { message },
            0x2300 => Self::ConfigError { message },
            0x2400 => Self::AlreadyExists {
                message,
                keyspace: reader.string()?.to_owned(),
                table: reader.string()?.to_owned(),
            },
            0x2500 => Self::Unprepared { message, id: Bytes::copy_from_slice(reader.short_bytes()?) },
            code => Self::Unknown { code, message },
        })
    }

    fn decode_write_timeout(
        version: ProtocolVersion,
        message: String,
        reader: &mut Reader<'_>,
    ) -> Result<Self, DecodeError> {
        let consistency = reader.consistency()?;
        let received = reader.int()?;
        let required = reader.int()?;
        let write_type = WriteType::from_name(reader.string()?);
        // Cassandra sends it for CAS only, and not always then.
        let told = version.has_cas_contentions() && write_type == WriteType::Cas && !reader.is_empty();
        let contentions = if told { Some(reader.short()?) } else { None };
        Ok(Self::WriteTimeout { message, consistency, received, required, write_type, contentions })
    }

    fn decode_read_failure(
        version: ProtocolVersion,
        message: String,
        reader: &mut Reader<'_>,
    ) -> Result<Self, DecodeError> {
        let consistency = reader.consistency()?;
        let received = reader.int()?;
        let required = reader.int()?;
        let (failures, reasons) = decode_failures(version, reader)?;
        let data_present = reader.byte()? != 0;
        Ok(Self::ReadFailure { message, consistency, received, required, failures, reasons, data_present })
    }

    fn decode_write_failure(
        version: ProtocolVersion,
        message: String,
        reader: &mut Reader<'_>,
    ) -> Result<Self, DecodeError> {
        let consistency = reader.consistency()?;
        let received = reader.int()?;
        let required = reader.int()?;
        let (failures, reasons) = decode_failures(version, reader)?;
        let write_type = WriteType::from_name(reader.string()?);
        Ok(Self::WriteFailure { message, consistency, received, required, failures, reasons, write_type })
    }

    /// Appends the body.
    pub fn encode(&self, version: ProtocolVersion, out: &mut Writer<'_>) -> Result<(), EncodeError> {
        out.int(self.code());
        out.string(self.message())?;
        match self {
            Self::Unavailable { consistency, required, alive, .. } => {
                out.consistency(*consistency);
                out.int(*required);
                out.int(*alive);
            }
            Self::WriteTimeout { consistency, received, required, write_type, contentions, .. } => {
                out.consistency(*consistency);
                out.int(*received);
                out.int(*required);
                out.string(write_type.name())?;
                match contentions {
                    Some(count) if version.has_cas_contentions() && *write_type == WriteType::Cas => {
                        out.short(*count);
                    }
                    Some(_) => {
                        return Err(EncodeError::new("contentions", "only v5 has them, and only for CAS"));
                    }
                    None => {}
                }
            }
            Self::ReadTimeout { consistency, received, required, data_present, .. } => {
                out.consistency(*consistency);
                out.int(*received);
                out.int(*required);
                out.byte((*data_present).into());
            }
            Self::ReadFailure {
                consistency, received, required, failures, reasons, data_present, ..
            } => {
                out.consistency(*consistency);
                out.int(*received);
                out.int(*required);
                encode_failures(version, *failures, reasons, out)?;
                out.byte((*data_present).into());
            }
            Self::FunctionFailure { keyspace, function, argument_types, .. } => {
                out.string(keyspace)?;
                out.string(function)?;
                out.string_list(argument_types)?;
            }
            Self::WriteFailure { consistency, received, required, failures, reasons, write_type, .. } => {
                out.consistency(*consistency);
                out.int(*received);
                out.int(*required);
                encode_failures(version, *failures, reasons, out)?;
                out.string(write_type.name())?;
            }
            Self::CasWriteUnknown { consistency, received, required, .. } => {
                out.consistency(*consistency);
                out.int(*received);
                out.int(*required);
            }
            Self::AlreadyExists { keyspace, table, .. } => {
                out.string(keyspace)?;
                out.string(table)?;
            }
            Self::Unprepared { id, .. } => out.short_bytes(id)?,
            Self::ServerError { .. }
            | Self::ProtocolError { .. }
            | Self::AuthenticationError { .. }
            | Self::Overloaded { .. }
            | Self::IsBootstrapping { .. }
            | Self::TruncateError { .. }
            | Self::CdcWriteFailure { .. }
            | Self::SyntaxError { .. }
            | Self::Unauthorized { .. }
            | Self::Invalid { .. }
            | Self::ConfigError { .. }
            | Self::Unknown { .. } => {}
        }
        Ok(())
    }
}

/// A count up to v4, a map of reasons in v5.
fn decode_failures(
    version: ProtocolVersion,
    reader: &mut Reader<'_>,
) -> Result<(i32, Vec<(IpAddr, FailureReason)>), DecodeError> {
    if !version.has_failure_reason_map() {
        return Ok((reader.int()?, Vec::new()));
    }
    // An address of four bytes with its length, and a [short].
    let count = reader.count(7, "failure reasons")?;
    let mut reasons = Vec::with_capacity(count);
    for _ in 0..count {
        reasons.push((reader.inetaddr()?, FailureReason(reader.short()?)));
    }
    // `count` has come out of an i32.
    Ok((count as i32, reasons))
}

fn encode_failures(
    version: ProtocolVersion,
    failures: i32,
    reasons: &[(IpAddr, FailureReason)],
    out: &mut Writer<'_>,
) -> Result<(), EncodeError> {
    if !version.has_failure_reason_map() {
        out.int(failures);
        return Ok(());
    }
    out.int_count(reasons.len(), "failure reasons")?;
    for (address, reason) in reasons {
        out.inetaddr(*address);
        out.short(reason.0);
    }
    Ok(())
}
