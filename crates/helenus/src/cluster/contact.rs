//! Contact points become addresses. Names are resolved each time, so that a cluster that has moved is found again; side by side,
//! a few at a time, and none for longer than a connection may take.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::config::{Config, ContactPoint, is_address, zone};
use crate::connection::endpoint::Endpoint;
use crate::error::{Error, RUNTIME_ENDED};
use crate::lookup::look_up;

/// All addresses of all contact points, in their order, each once.
pub(crate) async fn resolve(config: &Config) -> Result<Vec<Endpoint>, Error> {
    if let Some(proxy) = &config.proxy {
        if !config.contact_points.is_empty() {
            return Err(Error::Configuration("a secure connect bundle has contact points of its own".into()));
        }
        return proxy.contact_points(config.connection.connect_limit()).await;
    }
    if config.contact_points.is_empty() {
        return Err(Error::Configuration("there are no contact points".into()));
    }
    let mut endpoints = Vec::new();
    let mut errors = Vec::new();
    let mut looked_up = look_up_all(config).await;
    for point in &config.contact_points {
        match point {
            ContactPoint::Address(address) => push(&mut endpoints, tcp(*address, None)),
            ContactPoint::Unix(path) => {
                let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), config.port);
                push(&mut endpoints, Endpoint::Unix { path: path.clone(), address });
            }
            ContactPoint::Host(name, port) => {
                let port = port.unwrap_or(config.port);
                if let Ok(ip) = name.parse::<IpAddr>() {
                    push(&mut endpoints, tcp(SocketAddr::new(ip, port), None));
                    continue;
                }
                if zone(name).is_some() {
                    // That is no question to a name server: the operating system knows its own interfaces.
                    match (&**name, port).to_socket_addrs() {
                        Ok(found) => found.for_each(|address| push(&mut endpoints, tcp(address, None))),
                        Err(error) => errors.push(format!("{name}: {error}")),
                    }
                    continue;
                }
                if name.contains(':') {
                    errors.push(format!(
                        "{name}: it is no host name; behind a colon stands a port from 1 to 65535, and an IPv6 address with \
                         a port stands in brackets"
                    ));
                    continue;
                }
                let Some(looked_up) = looked_up.pop_front() else { continue };
                match looked_up {
                    Ok(found) if found.is_empty() => errors.push(format!("{name}: it has no address")),
                    Ok(found) => found
                        .into_iter()
                        .for_each(|ip| push(&mut endpoints, tcp(SocketAddr::new(ip, port), Some(name)))),
                    Err(error) => errors.push(format!("{name}: {error}")),
                }
            }
        }
    }
    if endpoints.is_empty() {
        return Err(Error::Configuration(format!("no contact point can be resolved: {}", errors.join("; "))));
    }
    for error in errors {
        tracing::warn!("a contact point cannot be resolved: {error}");
    }
    Ok(endpoints)
}

/// Looks up all names side by side. In their order.
async fn look_up_all(config: &Config) -> VecDeque<io::Result<Vec<IpAddr>>> {
    let limit = config.connection.connect_limit();
    let mut looking_up = JoinSet::new();
    for (at, name) in config.contact_points.iter().filter_map(name_of).enumerate() {
        let (resolver, name) = (Arc::clone(&config.resolver), name.to_owned());
        looking_up.spawn(async move { (at, look_up(move || resolver.resolve(&name), limit).await) });
    }
    let mut looked_up: Vec<_> = (0..looking_up.len()).map(|_| Err(io::Error::other(RUNTIME_ENDED))).collect();
    // None of these panics; a runtime that ends drops them.
    while let Some(joined) = looking_up.join_next().await {
        if let Ok((at, found)) = joined {
            looked_up[at] = found;
        }
    }
    looked_up.into()
}

/// The name of a contact point that has to be looked up.
fn name_of(point: &ContactPoint) -> Option<&str> {
    match point {
        ContactPoint::Host(name, _) if !is_address(name) && !name.contains(':') => Some(name),
        _ => None,
    }
}

fn tcp(address: SocketAddr, name: Option<&str>) -> Endpoint {
    Endpoint::Tcp { address, name: name.map(Into::into) }
}

fn push(endpoints: &mut Vec<Endpoint>, endpoint: Endpoint) {
    if !endpoints
        .iter()
        .any(|known| known.address() == endpoint.address() && !matches!(known, Endpoint::Unix { .. }))
    {
        endpoints.push(endpoint);
    }
}
