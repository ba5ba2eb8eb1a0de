//! Reads notations.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use uuid::Uuid;

use super::Value;
use crate::consistency::Consistency;
use crate::error::DecodeError;

/// Reads notations from borrowed bytes, keeping the offset for error messages.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    end: usize,
}

impl<'a> Reader<'a> {
    /// A reader of `bytes`; offsets in errors count from their start.
    #[must_use]
    #[inline]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, end: bytes.len() }
    }

    /// A reader of `bytes` that stand at `offset` of something larger, so that errors tell the true place.
    #[must_use]
    #[inline]
    pub const fn at(bytes: &'a [u8], offset: usize) -> Self {
        Self { rest: bytes, end: offset + bytes.len() }
    }

    /// How far the reader is from the start, in bytes.
    #[must_use]
    #[inline]
    pub const fn offset(&self) -> usize {
        self.end - self.rest.len()
    }

    /// What has not been read yet.
    #[must_use]
    #[inline]
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// How many bytes have not been read yet.
    #[must_use]
    #[inline]
    pub const fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// Whether all has been read.
    #[must_use]
    #[inline]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `length` bytes, for the notation `what`.
    #[inline]
    pub fn take(&mut self, length: usize, what: &'static str) -> Result<&'a [u8], DecodeError> {
        match self.rest.split_at_checked(length) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(self.truncated(length, what)),
        }
    }

    #[cold]
    fn truncated(&self, wanted: usize, what: &'static str) -> DecodeError {
        DecodeError::new(what, self.offset(), format!("{wanted} bytes are due, {} are left", self.rest.len()))
    }

    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], DecodeError> {
        match self.rest.split_first_chunk::<N>() {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(*taken)
            }
            None => Err(self.truncated(N, what)),
        }
    }

    /// `[byte]`: an unsigned 8-bit integer.
    #[inline]
    pub fn byte(&mut self) -> Result<u8, DecodeError> {
        Ok(self.array::<1>("[byte]")?[0])
    }

    /// `[short]`: an unsigned 16-bit integer.
    #[inline]
    pub fn short(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array("[short]")?))
    }

    /// `[int]`: a signed 32-bit integer.
    #[inline]
    pub fn int(&mut self) -> Result<i32, DecodeError> {
        Ok(i32::from_be_bytes(self.array("[int]")?))
    }

    /// `[long]`: a signed 64-bit integer.
    #[inline]
    pub fn long(&mut self) -> Result<i64, DecodeError> {
        Ok(i64::from_be_bytes(self.array("[long]")?))
    }

    /// `[uuid]`: 16 bytes.
    pub fn uuid(&mut self) -> Result<Uuid, DecodeError> {
        Ok(Uuid::from_bytes(self.array("[uuid]")?))
    }

    /// An `[int]` that counts things of at least `least` bytes each: more than can still follow is an error, so that
    /// a count never makes anyone allocate more than the peer has sent.
    #[inline]
    pub fn count(&mut self, least: usize, what: &'static str) -> Result<usize, DecodeError> {
        let at = self.offset();
        let count = self.int()?;
        self.bounded(count.into(), least, what, at)
    }

    /// A `[short]` that counts things of at least `least` bytes each; see [`count`](Self::count).
    pub fn short_count(&mut self, least: usize, what: &'static str) -> Result<usize, DecodeError> {
        let at = self.offset();
        let count = self.short()?;
        self.bounded(count.into(), least, what, at)
    }

    fn bounded(&self, count: i64, least: usize, what: &'static str, at: usize) -> Result<usize, DecodeError> {
        match usize::try_from(count) {
            Ok(count) if count.saturating_mul(least) <= self.rest.len() => Ok(count),
            _ => Err(DecodeError::new(
                what,
                at,
                format!("a count of {count} cannot be true with {} bytes left", self.rest.len()),
            )),
        }
    }

    fn utf8(&self, bytes: &'a [u8], what: &'static str) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(bytes).map_err(|error| {
            let start = self.offset() - bytes.len();
            DecodeError::new(what, start + error.valid_up_to(), "the bytes are not UTF-8")
        })
    }

    /// `[string]`: a `[short]` length and UTF-8 bytes.
    #[inline]
    pub fn string(&mut self) -> Result<&'a str, DecodeError> {
        let length = self.short()?;
        let bytes = self.take(length.into(), "[string]")?;
        self.utf8(bytes, "[string]")
    }

    /// A `[string]` that is only shown to people (an error's message): bytes that are not UTF-8 are replaced.
    pub fn string_lossy(&mut self) -> Result<String, DecodeError> {
        let length = self.short()?;
        Ok(String::from_utf8_lossy(self.take(length.into(), "[string]")?).into_owned())
    }

    /// `[long string]`: an `[int]` length and UTF-8 bytes.
    pub fn long_string(&mut self) -> Result<&'a str, DecodeError> {
        let length = self.count(1, "[long string]")?;
        let bytes = self.take(length, "[long string]")?;
        self.utf8(bytes, "[long string]")
    }

    /// `[string list]`.
    pub fn string_list(&mut self) -> Result<Vec<&'a str>, DecodeError> {
        let count = self.short_count(2, "[string list]")?;
        (0..count).map(|_| self.string()).collect()
    }

    /// `[bytes]`: an `[int]` length and bytes; any negative length is null.
    #[inline]
    pub fn bytes(&mut self) -> Result<Option<&'a [u8]>, DecodeError> {
        let length = self.int()?;
        match usize::try_from(length) {
            Ok(length) => self.take(length, "[bytes]").map(Some),
            Err(_) => Ok(None),
        }
    }

    /// `[value]`: as `[bytes]`, but -2 is *not set* and anything below is an error.
    #[inline]
    pub fn value(&mut self) -> Result<Value<&'a [u8]>, DecodeError> {
        let at = self.offset();
        match self.int()? {
            -1 => Ok(Value::Null),
            -2 => Ok(Value::Unset),
            length => match usize::try_from(length) {
                Ok(length) => self.take(length, "[value]").map(Value::Bytes),
                Err(_) => Err(DecodeError::new("[value]", at, format!("there is no length {length}"))),
            },
        }
    }

    /// `[short bytes]`: a `[short]` length and bytes.
    #[inline]
    pub fn short_bytes(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.short()?;
        self.take(length.into(), "[short bytes]")
    }

    /// `[inetaddr]`: a `[byte]` length, 4 or 16, and the address.
    pub fn inetaddr(&mut self) -> Result<IpAddr, DecodeError> {
        let at = self.offset();
        match self.byte()? {
            4 => Ok(IpAddr::V4(Ipv4Addr::from(self.array::<4>("[inetaddr]")?))),
            16 => Ok(IpAddr::V6(Ipv6Addr::from(self.array::<16>("[inetaddr]")?))),
            other => Err(DecodeError::new(
                "[inetaddr]",
                at,
                format!("an address of {other} bytes; 4 or 16 are known"),
            )),
        }
    }

    /// `[inet]`: an `[inetaddr]` and an `[int]` port.
    pub fn inet(&mut self) -> Result<SocketAddr, DecodeError> {
        let address = self.inetaddr()?;
        let at = self.offset();
        let port = self.int()?;
        let port = u16::try_from(port)
            .map_err(|_| DecodeError::new("[inet]", at, format!("a port of {port}; 0 to 65535 are known")))?;
        Ok(SocketAddr::new(address, port))
    }

    /// `[consistency]`.
    #[inline]
    pub fn consistency(&mut self) -> Result<Consistency, DecodeError> {
        let at = self.offset();
        Consistency::decode(self.short()?, at)
    }

    /// `[string map]`, in the order of the wire.
    pub fn string_map(&mut self) -> Result<Vec<(&'a str, &'a str)>, DecodeError> {
        let count = self.short_count(4, "[string map]")?;
        (0..count).map(|_| Ok((self.string()?, self.string()?))).collect()
    }

    /// `[string multimap]`, in the order of the wire.
    pub fn string_multimap(&mut self) -> Result<Vec<(&'a str, Vec<&'a str>)>, DecodeError> {
        let count = self.short_count(4, "[string multimap]")?;
        (0..count).map(|_| Ok((self.string()?, self.string_list()?))).collect()
    }

    /// `[bytes map]`, in the order of the wire.
    pub fn bytes_map(&mut self) -> Result<Vec<(&'a str, Option<&'a [u8]>)>, DecodeError> {
        let count = self.short_count(6, "[bytes map]")?;
        (0..count).map(|_| Ok((self.string()?, self.bytes()?))).collect()
    }

    /// `[vint]`, signed: the zig-zag form of [`unsigned_vint`](Self::unsigned_vint).
    pub fn vint(&mut self) -> Result<i64, DecodeError> {
        let encoded = self.unsigned_vint()?;
        Ok((encoded >> 1) as i64 ^ -((encoded & 1) as i64))
    }

    /// `[unsigned vint]`: the number of leading ones of the first byte says how many bytes follow it.
    pub fn unsigned_vint(&mut self) -> Result<u64, DecodeError> {
        let first = self.array::<1>("[vint]")?[0];
        let extra = first.leading_ones() as usize;
        let mut value = if extra >= 8 { 0 } else { u64::from(first) & (0xFF >> extra) };
        for &byte in self.take(extra, "[vint]")? {
            value = value << 8 | u64::from(byte);
        }
        Ok(value)
    }

    /// Fails unless all has been read: bytes behind the end of `what` mean that it was misunderstood.
    pub fn finish(&self, what: &'static str) -> Result<(), DecodeError> {
        if self.rest.is_empty() {
            return Ok(());
        }
        Err(DecodeError::new(what, self.offset(), format!("{} bytes are left over", self.rest.len())))
    }
}
