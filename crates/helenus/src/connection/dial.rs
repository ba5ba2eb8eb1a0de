//! Sockets: to which address or path, and with which options.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::time::Duration;

use tokio::net::{TcpSocket, UnixStream};

use super::config::{ConnectionConfig, SocketOption};
use crate::error::ConnectionError;
use crate::lookup::look_up;

/// Connects to an address, with the socket's options set before.
pub(super) async fn connect_tcp(
    address: SocketAddr,
    config: &ConnectionConfig,
) -> Result<std::net::TcpStream, ConnectionError> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    for option in &config.socket_options {
        set_option(&socket, option)?;
    }
    socket.set_keepalive(true)?;
    let stream = socket.connect(address).await?;
    stream.set_nodelay(config.tcp_nodelay)?;
    Ok(stream.into_std()?)
}

/// Connects to a Unix-domain socket. The address that stands for it tells nobody which it is: its errors do.
pub(super) async fn connect_unix(path: &Path) -> io::Result<std::os::unix::net::UnixStream> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    UnixStream::connect(path).await.map_err(named)?.into_std()
}

/// Connects to any of the addresses that `name` has now: proxies come and go behind a name.
pub(super) async fn connect_to_any(
    name: &str,
    port: u16,
    config: &ConnectionConfig,
) -> Result<std::net::TcpStream, ConnectionError> {
    let mut addresses: Vec<SocketAddr> = if let Ok(address) = name.parse::<IpAddr>() {
        vec![SocketAddr::new(address, port)]
    } else {
        let of = name.to_owned();
        let find = move || (of.as_str(), port).to_socket_addrs().map(Iterator::collect);
        look_up(find, config.connect_limit()).await?
    };
    fastrand::shuffle(&mut addresses);
    let mut last = io::Error::new(io::ErrorKind::NotFound, format!("{name} has no address")).into();
    for address in addresses {
        match connect_tcp(address, config).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Sets the options that this driver knows by number; another is an error, not a silence.
fn set_option(socket: &TcpSocket, option: &SocketOption) -> Result<(), ConnectionError> {
    let socket = socket2::SockRef::from(socket);
    let number = match option.value.as_slice() {
        [a, b, c, d] => i32::from_ne_bytes([*a, *b, *c, *d]),
        _ => return Err(unknown_option(option)),
    };
    let size = usize::try_from(number).unwrap_or(0);
    match (option.level, option.name) {
        (libc_names::SOL_SOCKET, libc_names::SO_KEEPALIVE) => socket.set_keepalive(number != 0)?,
        (libc_names::SOL_SOCKET, libc_names::SO_RCVBUF) => socket.set_recv_buffer_size(size)?,
        (libc_names::SOL_SOCKET, libc_names::SO_SNDBUF) => socket.set_send_buffer_size(size)?,
        (libc_names::SOL_SOCKET, libc_names::SO_REUSEADDR) => socket.set_reuse_address(number != 0)?,
        (libc_names::IPPROTO_TCP, libc_names::TCP_NODELAY) => socket.set_tcp_nodelay(number != 0)?,
        (libc_names::IPPROTO_TCP, libc_names::TCP_KEEPIDLE) => {
            let idle = Duration::from_secs(u64::try_from(number).unwrap_or(0));
            socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_time(idle))?;
        }
        (libc_names::IPPROTO_TCP, libc_names::TCP_KEEPINTVL) => {
            let interval = Duration::from_secs(u64::try_from(number).unwrap_or(0));
            socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_interval(interval))?;
        }
        (libc_names::IPPROTO_TCP, libc_names::TCP_KEEPCNT) => {
            let retries = u32::try_from(number).unwrap_or(0);
            socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_retries(retries))?;
        }
        _ => return Err(unknown_option(option)),
    }
    Ok(())
}

fn unknown_option(option: &SocketOption) -> ConnectionError {
    let message = format!("socket option {} of level {} is not supported", option.name, option.level);
    io::Error::new(io::ErrorKind::Unsupported, message).into()
}

/// The numbers of Linux; `sockopts` come as numbers from the Python door.
mod libc_names {
    pub(super) const SOL_SOCKET: i32 = 1;
    pub(super) const SO_REUSEADDR: i32 = 2;
    pub(super) const SO_SNDBUF: i32 = 7;
    pub(super) const SO_RCVBUF: i32 = 8;
    pub(super) const SO_KEEPALIVE: i32 = 9;
    pub(super) const IPPROTO_TCP: i32 = 6;
    pub(super) const TCP_NODELAY: i32 = 1;
    pub(super) const TCP_KEEPIDLE: i32 = 4;
    pub(super) const TCP_KEEPINTVL: i32 = 5;
    pub(super) const TCP_KEEPCNT: i32 = 6;
}
