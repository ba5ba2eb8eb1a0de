//! A proxy in front of one node, which does to connections what networks and broken servers do: delay, silence, loss, wrong
//! bits, resets, answers that come late, twice or in another order.
//!
//! ```no_run
//! use std::time::Duration;
//! use helenus_testkit::proxy::{Knobs, Proxy, Reading, Towards};
//!
//! # fn main() -> std::io::Result<()> {
//! let node = ([127, 0, 0, 1], 9042).into();
//! let proxy = Proxy::start(([127, 0, 0, 1], 9142).into(), node, Reading::Bytes, 1)?;
//! proxy.set(Towards::Client, Knobs::delayed(Duration::from_millis(300)));
//! // … a driver that connects to proxy.address() meets a slow node …
//! proxy.partition()?;
//! // … and now one that is lost in the network …
//! proxy.heal()?;
//! # Ok(())
//! # }
//! ```
//!
//! A driver that learns of nodes by their system tables needs its address translation to come this way.
//!
//! What decides is pure (`lane`, `mischief`, `answers`); `relay` moves the bytes, a thread a connection. A lost network is
//! imitated as the two ends see it: what is under way is held and goes on later, and a new connection's SYN is dropped, by the
//! operating system itself, since the queue of the listening socket is kept full. Chance takes a seed.

mod answers;
mod door;
mod knobs;
mod lane;
mod mischief;
mod relay;

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

pub use knobs::{Knobs, Towards};
pub use mischief::Deeds;

use door::Door;

/// What a proxy makes of the bytes of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// They are bytes.
    Bytes,
    /// They are answers, of a connection that does not compress: it is reset if they are none.
    Answers,
}

/// A proxy that runs until it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    door: Door,
    thread: Option<JoinHandle<()>>,
}

/// What the threads of one proxy share.
#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    reads_answers: bool,
    seed: u64,
    knobs: Mutex<[Knobs; 2]>,
    stop: AtomicBool,
    accepted: AtomicU64,
    resets: AtomicU64,
    /// The open connections; one that is to be broken off is marked.
    open: Mutex<BTreeMap<u64, bool>>,
    deeds: Mutex<Deeds>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Proxy {
    /// Listens at `listen` (port 0: any that is free) in front of the node at `target`. `seed` decides what is left to chance.
    ///
    /// # Errors
    /// If it cannot listen there.
    pub fn start(listen: SocketAddr, target: SocketAddr, reading: Reading, seed: u64) -> io::Result<Self> {
        let door = Door::open(listen)?;
        let address = door.address();
        let shared = Arc::new(Shared {
            target,
            reads_answers: reading == Reading::Answers,
            seed,
            knobs: Mutex::default(),
            stop: AtomicBool::new(false),
            accepted: AtomicU64::new(0),
            resets: AtomicU64::new(0),
            open: Mutex::default(),
            deeds: Mutex::default(),
        });
        let (accepting, entrance) = (Arc::clone(&shared), door.clone());
        let thread =
            std::thread::Builder::new().name("proxy".into()).spawn(move || accepting.accept(&entrance))?;
        Ok(Self { address, shared, door, thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The node behind it.
    #[must_use]
    pub fn target(&self) -> SocketAddr {
        self.shared.target
    }

    /// Treats the bytes that go this way so from now on, on all connections.
    pub fn set(&self, towards: Towards, knobs: Knobs) {
        lock(&self.shared.knobs)[towards as usize] = knobs;
    }

    /// Loses the node: nothing goes either way, and no connection can be made.
    ///
    /// # Errors
    /// The operating system's.
    pub fn partition(&self) -> io::Result<()> {
        self.set(Towards::Node, Knobs::held());
        self.set(Towards::Client, Knobs::held());
        self.door.bar()
    }

    /// Behaves from now on.
    ///
    /// # Errors
    /// The operating system's.
    pub fn heal(&self) -> io::Result<()> {
        self.set(Towards::Node, Knobs::default());
        self.set(Towards::Client, Knobs::default());
        self.door.unbar()
    }

    /// Resets all open connections; tells how many there were.
    pub fn reset_connections(&self) -> usize {
        let mut open = lock(&self.shared.open);
        open.values_mut().for_each(|broken| *broken = true);
        self.shared.resets.fetch_add(open.len() as u64, Ordering::Relaxed);
        open.len()
    }

    /// How many connections were made to it so far.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    /// How many connections are open.
    #[must_use]
    pub fn open(&self) -> usize {
        lock(&self.shared.open).len()
    }

    /// How many connections it has reset so far.
    #[must_use]
    pub fn resets(&self) -> u64 {
        self.shared.resets.load(Ordering::Relaxed)
    }

    /// What it has done to bytes and answers so far.
    #[must_use]
    pub fn deeds(&self) -> Deeds {
        *lock(&self.shared.deeds)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.reset_connections();
        if let Some(thread) = self.thread.take() {
            // A panic in it has been printed.
            let _panicked = thread.join();
        }
        // Threads of connections end by themselves, soon.
        for _ in 0..200 {
            if self.open() == 0 {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Shared {
    fn accept(self: &Arc<Self>, door: &Door) {
        let mut number = 0;
        while !self.stop.load(Ordering::Relaxed) {
            let Some(client) = door.accept() else { continue };
            number += 1;
            self.accepted.fetch_add(1, Ordering::Relaxed);
            lock(&self.open).insert(number, false);
            self.serve(client, number);
        }
    }

    fn serve(self: &Arc<Self>, client: TcpStream, number: u64) {
        let shared = Arc::clone(self);
        let served = std::thread::Builder::new().name("proxied".into()).spawn(move || {
            relay::serve(&shared, &client, number);
            drop(client);
            lock(&shared.open).remove(&number);
        });
        if served.is_err() {
            lock(&self.open).remove(&number);
        }
    }

    fn knobs(&self, towards: Towards) -> Knobs {
        lock(&self.knobs)[towards as usize]
    }

    fn is_broken(&self, number: u64) -> bool {
        lock(&self.open).get(&number).is_none_or(|broken| *broken)
    }

    fn note(&self, deeds: Deeds) {
        if deeds != Deeds::default() {
            lock(&self.deeds).add(deeds);
        }
    }

    fn note_reset(&self) {
        self.resets.fetch_add(1, Ordering::Relaxed);
    }
}
