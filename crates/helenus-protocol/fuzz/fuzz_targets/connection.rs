//! One connection under commands, a clock and a server that are all made of the input's bytes: nothing panics, every
//! token comes back once and only once, and no more memory is taken than the bytes are worth.

#![no_main]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use helenus_protocol::compression::Compression;
use helenus_protocol::connection::{Answered, Beat, Heartbeat, Outgoing, Receiver, Refused, Sender};
use helenus_protocol::envelope::{Flags, ResponseHeader};
use helenus_protocol::segment::encode_envelopes;
use helenus_protocol::{ProtocolVersion, RequestOpcode, ResponseOpcode};
use helenus_protocol_fuzz::{bounded, version};
use libfuzzer_sys::fuzz_target;

/// Bodies above this are refused, so that what LZ4 promises stays within the bound on memory.
const LIMIT: usize = 1 << 16;

struct World {
    version: ProtocolVersion,
    compression: Option<Compression>,
    sender: Sender<u64>,
    outgoing: Outgoing,
    receiver: Receiver,
    heartbeat: Heartbeat,
    now: Instant,
    serial: u64,
    /// The tokens that the connection holds.
    held: BTreeSet<u64>,
    accepted: u64,
}

impl World {
    fn new(kind: u8) -> Self {
        let version = version(kind);
        let compression = (kind & 0x10 != 0).then_some(Compression::Lz4);
        let mut receiver = Receiver::new(version, LIMIT);
        receiver.set_compression(compression);
        if kind & 0x20 == 0 {
            receiver.settle();
        }
        let now = Instant::now();
        let interval = (kind & 0x40 != 0).then_some(Duration::from_secs(30));
        Self {
            version,
            compression,
            sender: Sender::new(version, usize::from(kind >> 2 & 3) * 20 + 1),
            outgoing: Outgoing::new(version, compression),
            receiver,
            heartbeat: Heartbeat::new(interval, Duration::from_secs(5), now),
            now,
            serial: 0,
            held: BTreeSet::new(),
            accepted: 0,
        }
    }

    fn send(&mut self, length: u8) {
        let token = self.serial;
        self.serial += 1;
        let body = [length; 16];
        let wake_at = (length & 1 == 1).then(|| self.now + Duration::from_secs(length.into()));
        let body = &body[..usize::from(length % 17)];
        let room = self.sender.room();
        match self.sender.send(Flags::empty(), RequestOpcode::Query, body, token, wake_at) {
            Ok(sent) => {
                assert!(sent.stream >= 0 && room > 0);
                assert!(self.held.insert(token));
            }
            Err((refused, back)) => {
                assert_eq!((back, room), (token, 0));
                assert_eq!(refused == Refused::Closed, self.sender.is_closed());
            }
        }
    }

    fn flush(&mut self, mut count: usize) {
        loop {
            self.outgoing.gather(&mut self.sender);
            let bytes = self.outgoing.poll_transmit();
            let now = bytes.len().min(count);
            if now == 0 {
                break;
            }
            assert!(!self.sender.is_closed(), "something is sent after the end");
            self.outgoing.handle_accepted(now);
            count -= now;
        }
        let accepted = self.outgoing.accepted();
        assert!(accepted >= self.accepted);
        self.accepted = accepted;
    }

    fn read(&mut self, bytes: &[u8]) {
        if self.sender.is_closed() {
            return;
        }
        self.receiver.handle_bytes(bytes);
        self.heartbeat.handle_bytes(self.now);
        loop {
            match self.receiver.poll_envelope() {
                Ok(Some(envelope)) => {
                    let stream = envelope.header.stream;
                    match self.sender.answer(stream) {
                        Answered::Waiting(pending) => assert!(self.held.remove(&pending.token)),
                        Answered::Orphan => {}
                        Answered::Nobody => return self.close(),
                    }
                }
                Ok(None) => return,
                Err(_) => return self.close(),
            }
        }
    }

    /// What an honest server would answer on `stream`.
    fn answer(&mut self, stream: i16, length: u8) {
        let header = ResponseHeader {
            version: self.version.number(),
            flags: Flags::empty(),
            stream,
            opcode: ResponseOpcode::Result,
            length: length.into(),
        };
        let mut bytes = header.encode().to_vec();
        bytes.resize(bytes.len() + usize::from(length), length);
        if self.version.has_segments() {
            let bare = std::mem::take(&mut bytes);
            encode_envelopes(&bare, self.compression, &mut bytes);
        }
        self.read(&bytes);
    }

    fn pass(&mut self, seconds: u64) {
        if let Some(now) = self.now.checked_add(Duration::from_secs(seconds)) {
            self.now = now;
        }
        let held = &self.held;
        self.sender.handle_timeout(self.now, |token| assert!(held.contains(token)));
        assert!(self.sender.poll_timeout().is_none_or(|at| at > self.now));
        if self.heartbeat.handle_timeout(self.now) == Beat::Lost {
            self.close();
        }
    }

    fn close(&mut self) {
        self.sender.close(&mut self.outgoing).into_iter().for_each(|(token, written)| {
            assert!(self.held.remove(&token));
            assert!(!written || self.accepted > 0);
        });
        assert!(self.held.is_empty(), "{} tokens were lost", self.held.len());
    }

    fn check(&self) {
        assert_eq!(self.sender.in_flight(), self.held.len());
        assert_eq!(self.sender.oldest_orphan().is_some(), self.sender.orphans() > 0);
        if !self.sender.is_closed() {
            let taken = self.sender.in_flight() + self.sender.orphans();
            assert_eq!(self.sender.room(), self.sender.capacity() - taken);
        }
    }
}

fuzz_target!(|data: &[u8]| bounded(data, |data| {
    let Some((&kind, mut rest)) = data.split_first() else { return };
    let mut world = World::new(kind);
    while let Some((&[command, argument], behind)) = rest.split_first_chunk::<2>() {
        rest = behind;
        let stream = i16::from(argument);
        match command % 8 {
            0 | 1 => world.send(argument),
            2 => world.flush(argument.into()),
            3 => {
                let (bytes, behind) = rest.split_at(usize::from(argument).min(rest.len()));
                rest = behind;
                world.read(bytes);
            }
            4 => world.answer(stream, command),
            5 => {
                // The one meant is the one there, every other time.
                let given_up = world.sender.orphan(stream, world.now, |_| command & 8 == 0);
                if let Some(token) = given_up {
                    assert!(world.held.remove(&token));
                }
            }
            6 => {
                let at = world.now + Duration::from_secs(command.into());
                world.sender.rearm(stream, at, |_| command & 8 == 0);
            }
            _ if command == 0xFF => world.close(),
            _ => world.pass(if argument == 0xFF { u64::MAX } else { argument.into() }),
        }
        world.check();
    }
    world.flush(usize::MAX);
    world.close();
}));
