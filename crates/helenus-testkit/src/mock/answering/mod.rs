//! The answering node: a server for benchmarks. It speaks v3, v4 and v5, answers every statement with bytes that were
//! encoded once, and uses so little of the machine that what is measured is the driver.
//!
//! It answers the system tables of a cluster of one node, so any driver connects. A SELECT answers with rows of a fixed
//! value: of the tables `bench.kv (k bigint PRIMARY KEY, v text)` and `bench.t (id uuid PRIMARY KEY, name text, value
//! bigint, created timestamp)`, else of `key text, value int`; a prepared SELECT by partition key repeats the key that
//! was bound, so that a driver that mixes up its answers is seen. Everything else is a success without rows.
//!
//! It is not a mock: it follows no rules, keeps no log, never pages, compresses nothing and asks for no password.

mod catalogue;
mod dialogue;
mod event_loop;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;

use catalogue::Catalogue;
use dialogue::Answers;
use event_loop::Worker;

/// What the answering node is started with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Where to listen.
    pub address: SocketAddr,
    /// How many threads answer; connections are dealt to them in turn.
    pub threads: usize,
    /// How many rows a SELECT of a table that is not the system's answers with.
    pub rows: usize,
}

/// A node that listens and answers, on threads of its own, until the process ends.
#[derive(Debug)]
pub struct AnsweringNode {
    address: SocketAddr,
}

impl AnsweringNode {
    /// Starts listening. Port 0 takes one that is free.
    ///
    /// # Errors
    /// If the address cannot be listened on, or a thread or an epoll cannot be had.
    pub fn start(options: Options) -> io::Result<Self> {
        let listener = TcpListener::bind(options.address)?;
        let address = listener.local_addr()?;
        let catalogue = Arc::new(Catalogue::new(address, options.rows));
        let mut workers = Vec::with_capacity(options.threads.max(1));
        for number in 0..options.threads.max(1) {
            let bell = event_loop::bell()?;
            let (deal, arriving) = mpsc::channel();
            let answers = Answers::new(Arc::clone(&catalogue)).map_err(io::Error::other)?;
            let worker = Worker::new(bell.try_clone()?, arriving, answers)?;
            thread::Builder::new().name(format!("answering-{number}")).spawn(move || {
                if let Err(error) = worker.run() {
                    eprintln!("the answering node serves no more on thread {number}: {error}");
                }
            })?;
            workers.push((bell, deal));
        }
        thread::Builder::new().name("answering-accept".into()).spawn(move || {
            let mut next = workers.iter().cycle();
            for socket in listener.incoming().flatten() {
                let Some((bell, deal)) = next.next() else { return };
                if deal.send(socket).is_err() || event_loop::ring(bell).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { address })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}
