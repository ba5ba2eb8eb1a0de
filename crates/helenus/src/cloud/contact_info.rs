//! What the metadata service says: where the proxy is, and which nodes to begin with.

use std::sync::Arc;

use serde::Deserialize;

use crate::tls::server_name;

/// Where to connect to.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ContactInfo {
    /// The proxy's name and port.
    pub(super) proxy: (Arc<str>, u16),
    /// The host ids of some nodes.
    pub(super) contact_points: Vec<String>,
}

#[derive(Deserialize)]
struct Answer {
    contact_info: Info,
}

#[derive(Deserialize)]
struct Info {
    #[serde(rename = "type")]
    kind: Option<String>,
    sni_proxy_address: String,
    contact_points: Vec<String>,
}

impl ContactInfo {
    /// The port of proxies that name none.
    const DEFAULT_PORT: u16 = 9042;

    /// Reads the service's JSON.
    pub(super) fn parse(body: &[u8]) -> Result<Self, String> {
        let Answer { contact_info: info } =
            serde_json::from_slice(body).map_err(|error| format!("it is no contact information: {error}"))?;
        if info.kind.as_deref().is_some_and(|kind| kind != "sni_proxy") {
            return Err(format!(
                "contact information of type {:?} is not known",
                info.kind.unwrap_or_default()
            ));
        }
        let address = info.sni_proxy_address.as_str();
        let (name, port) = match address.rsplit_once(':') {
            // An IPv6 address in brackets, or a name.
            Some((name, port)) if name.ends_with(']') || !name.contains(':') => {
                let port: u16 =
                    port.parse().ok().filter(|port| *port != 0).ok_or("the proxy's port is none")?;
                (name, port)
            }
            _ => (address, Self::DEFAULT_PORT),
        };
        let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        server_name(name).map_err(|error| format!("the proxy's address: {error}"))?;
        let mut contact_points = info.contact_points;
        contact_points.retain(|id| server_name(id).is_ok());
        if contact_points.is_empty() {
            return Err("it names no node that could be asked for".into());
        }
        fastrand::shuffle(&mut contact_points);
        Ok(Self { proxy: (name.into(), port), contact_points })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(proxy: &str, points: &str) -> Result<ContactInfo, String> {
        let info = format!(
            r#"{{"type":"sni_proxy","sni_proxy_address":"{proxy}","contact_points":{points},"new":1}}"#
        );
        ContactInfo::parse(format!(r#"{{"version":1,"region":"r","contact_info":{info}}}"#).as_bytes())
    }

    #[test]
    fn proxies_have_names_or_addresses_and_ports() {
        let id = r#"["b3e5c9f4-1111-4222-8333-444455556666"]"#;
        for (address, name, port) in [
            ("proxy.test:29042", "proxy.test", 29042),
            ("proxy.test", "proxy.test", 9042),
            ("127.0.0.1:1", "127.0.0.1", 1),
            ("[::1]:29042", "::1", 29042),
            ("::1", "::1", 9042),
        ] {
            let info = parse(address, id).unwrap();
            assert_eq!((&*info.proxy.0, info.proxy.1), (name, port));
            assert_eq!(info.contact_points, ["b3e5c9f4-1111-4222-8333-444455556666"]);
        }
        for address in ["", ":29042", "proxy.test:0", "proxy.test:65536", "proxy.test:", "a b:1"] {
            parse(address, id).unwrap_err();
        }
    }

    #[test]
    fn answers_that_say_nothing_are_refused() {
        for points in ["[]", r#"["a b"]"#, "{}", "[1]", "null"] {
            parse("proxy.test:1", points).unwrap_err();
        }
        for body in [
            "",
            "{}",
            "[]",
            "<html>",
            r#"{"contact_info":{}}"#,
            r#"{"contact_info":{"type":"other","sni_proxy_address":"a:1","contact_points":["a"]}}"#,
        ] {
            ContactInfo::parse(body.as_bytes()).unwrap_err();
        }
    }
}
