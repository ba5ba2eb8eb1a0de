//! A connection ends while others use it: all that was on it is told, once, and truly whether it was sent.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Waker};
use std::time::Instant;

use loom::thread;

use super::{ENVELOPE, FLUSH, Net, ended, every_order, pump, read, request, sent};
use crate::error::{ConnectionError, RequestFailure};
use crate::request::Outcome;

fn close(connection: &Arc<super::Connection>) {
    connection.close(ConnectionError::Closed("for this model"));
}

/// What the failure says of whether the request was sent.
fn written(outcome: Option<Outcome>) -> bool {
    let Some(Err(failure)) = outcome else { panic!("nobody has answered it: {outcome:?}") };
    let (RequestFailure::Exhausted { attempts, .. } | RequestFailure::Attempt { attempts, .. }) = *failure
    else {
        panic!("there is no time in a model: {failure}")
    };
    assert_eq!(attempts.len(), 1);
    attempts[0].written
}

#[test]
fn a_close_against_a_send() {
    every_order(|| {
        let net = Net::new(4);
        let request = request(&net);
        let (connection, starting) = (Arc::clone(&net.connection), Arc::clone(&request));
        let sender = thread::spawn(move || starting.start(Instant::now()));
        close(&connection);
        sender.join().unwrap();
        assert!(!written(ended(&request)), "nobody has flushed");
        assert_eq!((net.table(), net.told()), ((0, 0), 1));
        assert_eq!((net.connection.in_flight(), net.connection.orphans()), (0, 0));
    });
}

/// What is called unsent has not left, whoever was flushing: the task, or a sender its burst.
#[test]
fn a_close_against_a_flush_and_a_send() {
    // The socket may be gone by then.
    a_close_against(|connection| drop(connection.flush()));
}

#[test]
fn a_close_against_a_burst() {
    a_close_against(super::Connection::flush_burst);
}

fn a_close_against(flush: fn(&super::Connection)) {
    every_order(move || {
        let net = Net::new(4);
        let request = request(&net);
        let (connection, starting) = (Arc::clone(&net.connection), Arc::clone(&request));
        let sender = thread::spawn(move || {
            starting.start(Instant::now());
            flush(&connection);
        });
        close(&net.connection);
        sender.join().unwrap();
        let mut left = [0; 64];
        let left = (&net.server).read(&mut left).unwrap_or(0);
        let written = written(ended(&request));
        assert!(written || left == 0, "{left} bytes have left of what is called unsent");
    });
}

/// A sender writes its burst while the task flushes: each envelope leaves once, in whole, and where one is left the task knows.
#[test]
fn a_burst_against_a_flush() {
    every_order(|| {
        let net = Net::new(4);
        let [first, second] = [request(&net), request(&net)];
        first.start(Instant::now());
        let (connection, starting) = (Arc::clone(&net.connection), Arc::clone(&second));
        let sender = thread::spawn(move || {
            starting.start(Instant::now());
            connection.flush_burst();
        });
        let cx = &mut Context::from_waker(Waker::noop());
        assert!(pump(&net.connection, cx).is_pending());
        sender.join().unwrap();
        let knows = net.connection.signals.load(Ordering::SeqCst) & FLUSH != 0;
        assert!(knows || net.connection.unsent() == 0, "a request is forgotten");
        assert!(pump(&net.connection, cx).is_pending());
        let mut left = [0; 256];
        let left = (&net.server).read(&mut left).unwrap_or(0);
        assert_eq!((left, net.connection.unsent()), (2 * ENVELOPE, 0));
    });
}

#[test]
fn a_close_against_an_answer() {
    every_order(|| {
        let net = Net::new(4);
        let request = sent(&net);
        net.answer(0);
        let connection = Arc::clone(&net.connection);
        // Once the socket is shut there is nothing to be read, which is an error like another.
        let reader = thread::spawn(move || drop(read(&connection)));
        close(&net.connection);
        reader.join().unwrap();
        assert!(ended(&request).is_some(), "it was answered or it failed");
        assert_eq!(net.table(), (0, 0));
    });
}

#[test]
fn a_close_against_a_cancellation() {
    every_order(|| {
        let net = Net::new(4);
        let request = sent(&net);
        let cancelled = Arc::clone(&request);
        let other = thread::spawn(move || cancelled.cancel());
        close(&net.connection);
        other.join().unwrap();
        // It failed first, or nobody wants it any more.
        if let Some(outcome) = ended(&request) {
            assert!(outcome.is_err());
        }
        assert_eq!(net.table(), (0, 0));
        assert_eq!(
            (net.connection.in_flight(), net.connection.orphans()),
            (0, 0),
            "nothing is owed any more"
        );
    });
}

#[test]
fn two_that_close() {
    every_order(|| {
        let net = Net::new(4);
        let request = sent(&net);
        let connection = Arc::clone(&net.connection);
        let other = thread::spawn(move || close(&connection));
        close(&net.connection);
        other.join().unwrap();
        assert!(ended(&request).is_some());
        assert_eq!(net.told(), 1, "the owner is told once");
    });
}
