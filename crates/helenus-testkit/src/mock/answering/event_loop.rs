//! The sockets of the answering node: one epoll per worker, one read for many requests, one write for their answers.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::mpsc::Receiver;

use rustix::event::{EventfdFlags, epoll};

use super::dialogue::{Answers, Closing, Dialogue};

/// The bell that says that a new connection waits; connections count from 1.
const BELL: u64 = 0;
/// How much one read takes at most.
const READ: usize = 256 * 1024;
/// A client that does not read its answers is not read from beyond this many bytes of them.
const UNREAD_ANSWERS: usize = 4 << 20;

/// One thread's connections.
#[derive(Debug)]
pub(super) struct Worker {
    epoll: OwnedFd,
    bell: OwnedFd,
    arriving: Receiver<TcpStream>,
    connections: HashMap<u64, Connection>,
    next: u64,
    answers: Answers,
    scratch: Box<[u8]>,
}

#[derive(Debug)]
struct Connection {
    socket: TcpStream,
    dialogue: Dialogue,
    out: Vec<u8>,
    written: usize,
    closing: bool,
    interest: epoll::EventFlags,
}

/// Rings when a connection has been put into the channel.
pub(super) fn bell() -> rustix::io::Result<OwnedFd> {
    rustix::event::eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)
}

/// Wakes the worker that listens to `bell`.
pub(super) fn ring(bell: &OwnedFd) -> rustix::io::Result<()> {
    rustix::io::write(bell, &1_u64.to_ne_bytes()).map(|_| ())
}

impl Worker {
    /// A worker that takes connections from `arriving` when `bell` rings.
    pub(super) fn new(
        bell: OwnedFd,
        arriving: Receiver<TcpStream>,
        answers: Answers,
    ) -> rustix::io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(&epoll, &bell, epoll::EventData::new_u64(BELL), epoll::EventFlags::IN)?;
        let scratch = vec![0; READ].into_boxed_slice();
        Ok(Self { epoll, bell, arriving, connections: HashMap::new(), next: BELL, answers, scratch })
    }

    /// Serves until the process ends.
    pub(super) fn run(mut self) -> rustix::io::Result<()> {
        let mut events = Vec::with_capacity(256);
        loop {
            events.clear();
            match epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), None) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error),
            }
            for event in &events {
                let (data, flags) = (event.data.u64(), event.flags);
                if data == BELL {
                    self.accept()?;
                } else {
                    self.serve(data, flags)?;
                }
            }
        }
    }

    fn accept(&mut self) -> rustix::io::Result<()> {
        let mut count = [0; 8];
        let _ = rustix::io::read(&self.bell, &mut count);
        while let Ok(socket) = self.arriving.try_recv() {
            if socket.set_nonblocking(true).and_then(|()| socket.set_nodelay(true)).is_err() {
                continue;
            }
            self.next += 1;
            let interest = epoll::EventFlags::IN;
            epoll::add(&self.epoll, socket.as_fd(), epoll::EventData::new_u64(self.next), interest)?;
            let connection = Connection {
                socket,
                dialogue: Dialogue::default(),
                out: Vec::new(),
                written: 0,
                closing: false,
                interest,
            };
            self.connections.insert(self.next, connection);
        }
        Ok(())
    }

    fn serve(&mut self, key: u64, flags: epoll::EventFlags) -> rustix::io::Result<()> {
        let Some(connection) = self.connections.get_mut(&key) else { return Ok(()) };
        let readable =
            flags.intersects(epoll::EventFlags::IN | epoll::EventFlags::HUP | epoll::EventFlags::ERR);
        let mut alive = !readable || connection.read(&mut self.answers, &mut self.scratch);
        alive &= connection.flush() && !(connection.closing && connection.is_flushed());
        if !alive {
            // Closing the socket takes it out of the epoll.
            self.connections.remove(&key);
            return Ok(());
        }
        let wanted = connection.wanted();
        if wanted != connection.interest {
            connection.interest = wanted;
            epoll::modify(&self.epoll, connection.socket.as_fd(), epoll::EventData::new_u64(key), wanted)?;
        }
        Ok(())
    }
}

impl Connection {
    /// Reads once and answers; whether the connection lives on.
    fn read(&mut self, answers: &mut Answers, scratch: &mut [u8]) -> bool {
        if self.closing || self.out.len() - self.written > UNREAD_ANSWERS {
            return true;
        }
        match self.socket.read(scratch) {
            Ok(0) => false,
            Ok(length) => {
                self.closing =
                    self.dialogue.handle(&scratch[..length], answers, &mut self.out) == Err(Closing);
                true
            }
            Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
        }
    }

    /// Writes what the socket takes; whether the connection lives on.
    fn flush(&mut self) -> bool {
        while !self.is_flushed() {
            match self.socket.write(&self.out[self.written..]) {
                Ok(0) => return false,
                Ok(length) => self.written += length,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        self.out.clear();
        self.written = 0;
        true
    }

    fn is_flushed(&self) -> bool {
        self.written == self.out.len()
    }

    fn wanted(&self) -> epoll::EventFlags {
        let unread = self.out.len() - self.written;
        let mut wanted = epoll::EventFlags::empty();
        wanted.set(epoll::EventFlags::OUT, unread > 0);
        wanted.set(epoll::EventFlags::IN, !self.closing && unread <= UNREAD_ANSWERS);
        wanted
    }
}
