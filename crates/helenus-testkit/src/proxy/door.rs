//! The listening socket of a proxy, which can be barred: then connections are neither taken nor refused, and their SYN is
//! dropped as by a network that has lost the node.
//!
//! Linux drops the SYN of a connection for which there is no room in the queue of the listening socket. So the queue is made
//! as short as can be and filled with connections of our own.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

/// Connections that may wait to be accepted, as long as the door is open.
const QUEUE: i32 = 128;
/// How long a connection of our own may take before the queue is taken for full.
const FULL: Duration = Duration::from_millis(50);

/// Handles to it are cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Door {
    listener: Arc<TcpListener>,
    address: SocketAddr,
    /// What fills the queue while the door is barred.
    fillers: Arc<Mutex<Vec<TcpStream>>>,
    barred: Arc<Mutex<bool>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Door {
    pub(super) fn open(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        Ok(Self { listener: Arc::new(listener), address, fillers: Arc::default(), barred: Arc::default() })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next connection, if one comes within a short while.
    pub(super) fn accept(&self) -> Option<TcpStream> {
        let mut fds = [PollFd::new(&*self.listener, PollFlags::IN)];
        let wait = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
        // An interruption is as good as a while without a connection.
        let _interrupted = poll(&mut fds, Some(&wait));
        let barred = lock(&self.barred);
        if *barred {
            drop(barred);
            std::thread::sleep(Duration::from_millis(5));
            return None;
        }
        let (client, peer) = self.listener.accept().ok()?;
        let mut fillers = lock(&self.fillers);
        let before = fillers.len();
        fillers.retain(|filler| filler.local_addr().ok() != Some(peer));
        if fillers.len() < before { None } else { Some(client) }
    }

    /// Lets nobody in any more, and refuses nobody.
    pub(super) fn bar(&self) -> io::Result<()> {
        let mut barred = lock(&self.barred);
        *barred = true;
        rustix::net::listen(&self.listener, 0)?;
        let mut fillers = lock(&self.fillers);
        // One fits even into a queue of none, two if one was being taken.
        for _ in 0..8 {
            match TcpStream::connect_timeout(&self.address, FULL) {
                Ok(filler) => fillers.push(filler),
                Err(error) if error.kind() == ErrorKind::TimedOut => return Ok(()),
                Err(error) => return Err(error),
            }
        }
        Err(io::Error::other("the queue of the listening socket does not fill"))
    }

    /// Lets everybody in again.
    pub(super) fn unbar(&self) -> io::Result<()> {
        let mut barred = lock(&self.barred);
        *barred = false;
        rustix::net::listen(&self.listener, QUEUE)?;
        Ok(())
    }
}
