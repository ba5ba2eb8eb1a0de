//! Contact points as they are written: `db.example`, `10.0.0.1:9142`, `[::1]:9042`, `fe80::1%eth0`.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::ContactPoint;

impl From<&str> for ContactPoint {
    /// A host name or an address, and behind a colon a port, if it has one of its own; an IPv6 address with a port stands in
    /// brackets. What is neither is taken as a name, and told when it is to be resolved.
    fn from(text: &str) -> Self {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Self::Address(address);
        }
        if is_address(text) {
            return Self::Host(text.to_owned(), None);
        }
        let bracketed = text.strip_prefix('[').and_then(|text| text.split_once(']'));
        if let Some((address, rest)) = bracketed.filter(|(address, _)| is_address(address)) {
            match (rest, rest.strip_prefix(':').and_then(port)) {
                ("", _) => return Self::Host(address.to_owned(), None),
                (_, Some(port)) => return Self::Host(address.to_owned(), Some(port)),
                (_, None) => {}
            }
        }
        match text.split_once(':') {
            Some((name, rest)) if !name.is_empty() && port(rest).is_some() => {
                Self::Host(name.to_owned(), port(rest))
            }
            _ => Self::Host(text.to_owned(), None),
        }
    }
}

impl From<String> for ContactPoint {
    fn from(text: String) -> Self {
        Self::from(&*text)
    }
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|port| *port > 0 && !text.starts_with('+'))
}

/// Whether this is an address, perhaps one that means something on one interface only.
pub(crate) fn is_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok() || zone(text).is_some()
}

/// An IPv6 address and the zone behind it.
pub(crate) fn zone(text: &str) -> Option<(Ipv6Addr, &str)> {
    let (address, zone) = text.split_once('%')?;
    Some((address.parse().ok()?, zone)).filter(|(_, zone)| !zone.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_they_are_written() {
        let host = |name: &str, port: Option<u16>| ContactPoint::Host(name.to_owned(), port);
        for (text, expected) in [
            ("db.example", host("db.example", None)),
            ("db.example:9142", host("db.example", Some(9142))),
            ("10.0.0.1", host("10.0.0.1", None)),
            ("::1", host("::1", None)),
            ("2001:db8::1:9042", host("2001:db8::1:9042", None)),
            ("[::1]", host("::1", None)),
            ("fe80::1%lo", host("fe80::1%lo", None)),
            ("[fe80::1%lo]:9042", host("fe80::1%lo", Some(9042))),
            // None of these is anything.
            ("db.example:0", host("db.example:0", None)),
            ("db.example:+1", host("db.example:+1", None)),
            ("db.example:99999", host("db.example:99999", None)),
            ("[db.example]:1", host("[db.example]:1", None)),
            ("[::1]9042", host("[::1]9042", None)),
            (":9042", host(":9042", None)),
            ("fe80::1%", host("fe80::1%", None)),
        ] {
            assert_eq!(ContactPoint::from(text), expected, "{text}");
        }
        for text in ["127.0.0.1:9042", "[::1]:9042"] {
            assert_eq!(ContactPoint::from(text.to_owned()), ContactPoint::Address(text.parse().unwrap()));
        }
    }
}
