//! Contact points become addresses. Names are resolved each time, so that a cluster that has moved is found again.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::config::{Config, ContactPoint};
use crate::connection::endpoint::Endpoint;
use crate::error::Error;

/// All addresses of all contact points, in their order, each once.
pub(crate) async fn resolve(config: &Config) -> Result<Vec<Endpoint>, Error> {
    if let Some(proxy) = &config.proxy {
        if !config.contact_points.is_empty() {
            return Err(Error::Configuration("a secure connect bundle has contact points of its own".into()));
        }
        return proxy.contact_points(config.connection.connect_timeout).await;
    }
    if config.contact_points.is_empty() {
        return Err(Error::Configuration("there are no contact points".into()));
    }
    let mut endpoints = Vec::new();
    let mut errors = Vec::new();
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
                match look_up(config, name).await {
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

async fn look_up(config: &Config, name: &str) -> io::Result<Vec<IpAddr>> {
    let (resolver, name) = (Arc::clone(&config.resolver), name.to_owned());
    let looked_up = tokio::task::spawn_blocking(move || resolver.resolve(&name)).await;
    looked_up.unwrap_or_else(|_panicked| Err(io::Error::other("the resolver panicked")))
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
