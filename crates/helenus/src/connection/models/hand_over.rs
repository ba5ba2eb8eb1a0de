//! The hand-over of a connection's turn, and the bell of whoever has it.
//!
//! [`Turn`] and [`Bell`] are the engine's own. Around the turn stands what `driver.rs`, `caller.rs` and `Connection::send`
//! do with it, each in the same order of steps: a request is counted before its sender signals; a task that is signalled
//! takes the turn back and then reads; a caller that leaves signals if anything is due.

use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use loom::thread;

use super::every_order;
use crate::connection::caller::Bell;
use crate::connection::transport::Socket;
use crate::connection::turn::Turn;
use crate::sync::{AtomicU32, Mutex, lock};

/// Requests and their answers, as the sender and the socket hold them.
#[derive(Default)]
struct Wire {
    /// Answers in the socket, for so many of them.
    unread: u32,
    told: u32,
}

struct Line {
    wire: Mutex<Wire>,
    /// Changed under the lock, and looked at without it.
    in_flight: AtomicU32,
    turn: Turn,
    /// One bit is enough: the task takes the turn back whatever it is signalled for.
    signals: AtomicU32,
}

impl Line {
    fn new() -> Self {
        Self {
            wire: Mutex::new(Wire::default()),
            in_flight: AtomicU32::new(0),
            turn: Turn::new(),
            signals: AtomicU32::new(0),
        }
    }

    fn signal(&self) {
        self.signals.fetch_or(1, Ordering::AcqRel);
    }

    fn due(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// A request that is answered at once, so that its answer can lie unread.
    fn count_request(&self) -> u32 {
        let mut wire = lock(&self.wire);
        wire.unread += 1;
        self.in_flight.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn read(&self) {
        let mut wire = lock(&self.wire);
        let unread = std::mem::take(&mut wire.unread);
        self.in_flight.fetch_sub(unread, Ordering::Relaxed);
        wire.told += unread;
    }

    /// `execute`: nobody waits on this thread.
    fn send(&self) {
        self.count_request();
        self.signal();
    }

    /// `execute_then_wait`, and the wait; `reads`: the answer comes before the caller's patience ends.
    fn send_and_wait(&self, reads: bool) {
        let is_lone = self.count_request() == 1;
        let Some(taken) = is_lone.then(|| self.turn.take()).flatten() else {
            self.signal();
            return;
        };
        if reads && self.turn.is_still(taken) {
            self.read();
        }
        if self.turn.leave(taken) && self.due() > 0 {
            self.signal();
        }
    }
}

/// The task: while the turn is lent, nothing but a signal wakes it.
#[derive(Default)]
struct Task {
    has_lent: bool,
}

impl Task {
    /// One run, as `Driver::poll`.
    fn run(&mut self, line: &Line) {
        if line.signals.swap(0, Ordering::AcqRel) != 0 && std::mem::take(&mut self.has_lent) {
            line.turn.take_back();
        }
        if !self.has_lent {
            line.read();
        }
        if !self.has_lent && line.due() == 0 {
            self.has_lent = true;
            line.turn.lend();
        }
    }

    /// What must hold once all threads have done their steps: whatever is due, the task will read it.
    fn check(&mut self, line: &Line, requests: u32) {
        if !self.has_lent || line.signals.load(Ordering::Acquire) != 0 {
            self.run(line);
        }
        let told = lock(&line.wire).told;
        assert_eq!((line.due(), told), (0, requests), "an answer lies unread");
    }
}

fn try_all(requests: u32, first: fn(&Line), second: fn(&Line)) {
    every_order(move || {
        let line = Arc::new(Line::new());
        let (left, right) = (Arc::clone(&line), Arc::clone(&line));
        let mut task = Task::default();
        // It is lent already, and may be taken back, and lent again, while they are at it.
        task.run(&line);
        let left = thread::spawn(move || first(&left));
        let right = thread::spawn(move || second(&right));
        task.run(&line);
        left.join().unwrap();
        right.join().unwrap();
        task.check(&line, requests);
    });
}

#[test]
fn a_caller_and_a_sender() {
    try_all(2, |line| line.send_and_wait(true), Line::send);
}

#[test]
fn a_caller_that_leaves_before_its_answer_and_a_sender() {
    try_all(2, |line| line.send_and_wait(false), Line::send);
}

#[test]
fn two_callers() {
    try_all(2, |line| line.send_and_wait(true), |line| line.send_and_wait(true));
    try_all(2, |line| line.send_and_wait(true), |line| line.send_and_wait(false));
}

#[test]
fn one_caller_twice_and_another() {
    try_all(
        3,
        |line| {
            line.send_and_wait(true);
            line.send_and_wait(false);
        },
        |line| line.send_and_wait(true),
    );
}

/// Two never have the turn at once, not even where the task takes it back from under one and lends it again; and whoever was
/// put out of it does not end the turn of the next.
#[test]
fn one_at_a_time() {
    every_order(|| {
        let turn = Arc::new(Turn::new());
        turn.lend();
        let inside = Arc::new(AtomicU32::new(0));
        let caller = |turn: &Turn, inside: &AtomicU32| {
            if let Some(taken) = turn.take() {
                assert_eq!(inside.fetch_add(1, Ordering::AcqRel), 0);
                inside.fetch_sub(1, Ordering::AcqRel);
                turn.leave(taken);
            }
        };
        let callers = [(); 2].map(|()| {
            let (turn, inside) = (Arc::clone(&turn), Arc::clone(&inside));
            thread::spawn(move || caller(&turn, &inside))
        });
        turn.take_back();
        turn.lend();
        for caller in callers {
            caller.join().unwrap();
        }
        let taken = turn.take().expect("both have left");
        turn.take_back();
        turn.lend();
        assert!(turn.take().is_none(), "the other is still inside");
        assert!(!turn.is_still(taken) && !turn.leave(taken));
        let next = turn.take().expect("it has left");
        assert!(turn.is_still(next) && turn.leave(next));
    });
}

/// Callers that only their bell can wake, and whose requests end on another thread.
struct Deaf {
    turn: Turn,
    bell: Bell,
    /// Nothing ever comes here.
    socket: Socket,
    _other_end: UnixStream,
    /// Behind a lock, as the state of a request is: loom takes sequentially consistent steps for weaker ones.
    ended: Mutex<[bool; 2]>,
}

impl Deaf {
    fn new() -> Self {
        let (socket, other_end) = UnixStream::pair().expect("two sockets");
        Self {
            turn: Turn::new(),
            bell: Bell::new().expect("two sockets"),
            socket: Socket::Unix(socket),
            _other_end: other_end,
            ended: Mutex::new([false; 2]),
        }
    }

    /// As `Connection::perform`, without an end to its patience.
    fn perform(&self, request: usize) {
        let Some(taken) = self.turn.take() else { return };
        self.bell.expect();
        if lock(&self.ended)[request] || !self.turn.is_still(taken) {
            self.bell.come_back(false);
        } else {
            while !self.bell.sleep(&self.socket, Duration::ZERO).1 {
                thread::yield_now();
            }
            self.bell.come_back(true);
        }
        self.turn.leave(taken);
    }

    fn end(&self, request: usize) {
        lock(&self.ended)[request] = true;
        self.bell.ring();
    }
}

/// One who has lost its turn comes back late, when the next one waits already: that one is rung for all the same.
#[test]
fn whoever_comes_back_late_leaves_the_bell_to_the_next() {
    every_order(|| {
        let deaf = Arc::new(Deaf::new());
        deaf.turn.lend();
        let callers = [0, 1].map(|request| {
            let deaf = Arc::clone(&deaf);
            thread::spawn(move || deaf.perform(request))
        });
        deaf.end(0);
        deaf.turn.take_back();
        deaf.turn.lend();
        deaf.end(1);
        for caller in callers {
            caller.join().unwrap();
        }
    });
}
