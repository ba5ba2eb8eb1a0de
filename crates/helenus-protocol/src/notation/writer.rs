//! Writes notations.

use std::net::{IpAddr, SocketAddr};

use uuid::Uuid;

use super::Value;
use crate::consistency::Consistency;
use crate::error::EncodeError;

/// Appends notations to a buffer. What it refuses, it has not written any part of.
#[derive(Debug)]
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> Writer<'a> {
    /// A writer at the end of `out`.
    #[inline]
    pub const fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out }
    }

    /// The buffer itself.
    pub const fn buffer(&mut self) -> &mut Vec<u8> {
        self.out
    }

    /// Bytes as they are.
    #[inline]
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// `[byte]`.
    #[inline]
    pub fn byte(&mut self, value: u8) {
        self.out.push(value);
    }

    /// `[short]`.
    #[inline]
    pub fn short(&mut self, value: u16) {
        self.raw(&value.to_be_bytes());
    }

    /// `[int]`.
    #[inline]
    pub fn int(&mut self, value: i32) {
        self.raw(&value.to_be_bytes());
    }

    /// `[long]`.
    #[inline]
    pub fn long(&mut self, value: i64) {
        self.raw(&value.to_be_bytes());
    }

    /// `[uuid]`.
    pub fn uuid(&mut self, value: &Uuid) {
        self.raw(value.as_bytes());
    }

    /// A count as a `[short]`, for the notation `what`.
    pub fn short_count(&mut self, count: usize, what: &'static str) -> Result<(), EncodeError> {
        let count = u16::try_from(count).map_err(|_| {
            EncodeError::new(what, format!("{count} is more than the 65535 that fit in a [short]"))
        })?;
        self.short(count);
        Ok(())
    }

    /// A length or count as an `[int]`, for the notation `what`.
    pub fn int_count(&mut self, count: usize, what: &'static str) -> Result<(), EncodeError> {
        let count = i32::try_from(count).map_err(|_| {
            EncodeError::new(what, format!("{count} is more than the 2147483647 that fit in an [int]"))
        })?;
        self.int(count);
        Ok(())
    }

    /// `[string]`.
    #[inline]
    pub fn string(&mut self, value: &str) -> Result<(), EncodeError> {
        self.short_count(value.len(), "[string]")?;
        self.raw(value.as_bytes());
        Ok(())
    }

    /// `[long string]`.
    pub fn long_string(&mut self, value: &str) -> Result<(), EncodeError> {
        self.int_count(value.len(), "[long string]")?;
        self.raw(value.as_bytes());
        Ok(())
    }

    /// `[string list]`.
    pub fn string_list<S: AsRef<str>>(&mut self, values: &[S]) -> Result<(), EncodeError> {
        self.short_count(values.len(), "[string list]")?;
        values.iter().try_for_each(|value| self.string(value.as_ref()))
    }

    /// `[bytes]`; `None` is null.
    #[inline]
    pub fn bytes(&mut self, value: Option<&[u8]>) -> Result<(), EncodeError> {
        let Some(value) = value else {
            self.int(-1);
            return Ok(());
        };
        self.int_count(value.len(), "[bytes]")?;
        self.raw(value);
        Ok(())
    }

    /// `[value]`.
    #[inline]
    pub fn value(&mut self, value: Value<&[u8]>) -> Result<(), EncodeError> {
        match value {
            Value::Bytes(bytes) => self.bytes(Some(bytes)),
            Value::Null => {
                self.int(-1);
                Ok(())
            }
            Value::Unset => {
                self.int(-2);
                Ok(())
            }
        }
    }

    /// `[short bytes]`.
    #[inline]
    pub fn short_bytes(&mut self, value: &[u8]) -> Result<(), EncodeError> {
        self.short_count(value.len(), "[short bytes]")?;
        self.raw(value);
        Ok(())
    }

    /// `[inetaddr]`.
    pub fn inetaddr(&mut self, address: IpAddr) {
        match address {
            IpAddr::V4(address) => {
                self.byte(4);
                self.raw(&address.octets());
            }
            IpAddr::V6(address) => {
                self.byte(16);
                self.raw(&address.octets());
            }
        }
    }

    /// `[inet]`.
    pub fn inet(&mut self, address: SocketAddr) {
        self.inetaddr(address.ip());
        self.int(address.port().into());
    }

    /// `[consistency]`.
    #[inline]
    pub fn consistency(&mut self, level: Consistency) {
        self.short(level.number());
    }

    /// `[string map]`.
    pub fn string_map<K: AsRef<str>, V: AsRef<str>>(
        &mut self,
        entries: &[(K, V)],
    ) -> Result<(), EncodeError> {
        self.short_count(entries.len(), "[string map]")?;
        entries.iter().try_for_each(|(key, value)| {
            self.string(key.as_ref())?;
            self.string(value.as_ref())
        })
    }

    /// `[string multimap]`.
    pub fn string_multimap<K: AsRef<str>, V: AsRef<str>>(
        &mut self,
        entries: &[(K, Vec<V>)],
    ) -> Result<(), EncodeError> {
        self.short_count(entries.len(), "[string multimap]")?;
        entries.iter().try_for_each(|(key, values)| {
            self.string(key.as_ref())?;
            self.string_list(values)
        })
    }

    /// `[bytes map]`.
    pub fn bytes_map<K: AsRef<str>, V: AsRef<[u8]>>(
        &mut self,
        entries: &[(K, Option<V>)],
    ) -> Result<(), EncodeError> {
        self.short_count(entries.len(), "[bytes map]")?;
        entries.iter().try_for_each(|(key, value)| {
            self.string(key.as_ref())?;
            self.bytes(value.as_ref().map(AsRef::as_ref))
        })
    }

    /// `[vint]`, signed.
    pub fn vint(&mut self, value: i64) {
        self.unsigned_vint(((value << 1) ^ (value >> 63)) as u64);
    }

    /// `[unsigned vint]`.
    pub fn unsigned_vint(&mut self, value: u64) {
        let bits = 64 - value.leading_zeros() as usize;
        let extra = if bits <= 7 { 0 } else { ((bits - 1) / 7).min(8) };
        let bytes = value.to_be_bytes();
        if extra == 8 {
            self.byte(0xFF);
            self.raw(&bytes);
            return;
        }
        let start = 7 - extra;
        let prefix = !(0xFF_u8.checked_shr(extra as u32).unwrap_or(0));
        self.byte(prefix | bytes[start]);
        self.raw(&bytes[start + 1..]);
    }
}
