//! An answer and a cancellation, at the same time: the id is free in the end, and nobody gets another's answer.

use std::sync::Arc;
use std::time::Instant;

use loom::thread;

use super::{Net, ended, every_order, read, request, sent};
use crate::connection::Seat;
use crate::request::Token;
use crate::sync::lock;

/// F29 of docs/promises.md.
#[test]
fn an_answer_against_a_cancellation() {
    every_order(|| {
        let net = Net::new(4);
        let request = sent(&net);
        net.answer(0);
        let (connection, cancelled) = (Arc::clone(&net.connection), Arc::clone(&request));
        let reader = thread::spawn(move || read(&connection).is_ok());
        cancelled.cancel();
        assert!(reader.join().unwrap(), "an orphan's answer is no violation");
        // Whoever came first: the answer is there, or nobody wants it.
        if let Some(outcome) = ended(&request) {
            assert!(outcome.is_ok(), "{outcome:?}");
        }
        assert_eq!(net.table(), (0, 0), "its id is free again");
    });
}

#[test]
fn orphans_are_counted_while_answers_come() {
    every_order(|| {
        let net = Net::new(4);
        let (first, second) = (sent(&net), sent(&net));
        net.answer(1);
        let connection = Arc::clone(&net.connection);
        let reader = thread::spawn(move || read(&connection).is_ok());
        first.cancel();
        assert!(reader.join().unwrap());
        assert!(ended(&first).is_none(), "it was cancelled, and its answer has not come");
        assert!(matches!(ended(&second), Some(Ok(_))), "the other got its own");
        assert_eq!(net.table(), (0, 1));
        assert_eq!(
            (net.connection.in_flight(), net.connection.orphans()),
            (0, 1),
            "what is seen without the lock"
        );
        // The late answer sets it free.
        net.answer(0);
        assert!(read(&net.connection).is_ok());
        assert_eq!((net.table(), net.connection.orphans()), ((0, 0), 0));
    });
}

/// F10: Of a table with room for one, two ask at once, while the answer to a third is on its way: nobody gets the id before
/// its answer has come, and nobody gets what another was answered.
#[test]
fn an_id_is_not_given_out_before_its_answer_has_come() {
    every_order(|| {
        let net = Net::new(1);
        let first = sent(&net);
        net.answer(0);
        let connection = Arc::clone(&net.connection);
        let reader = thread::spawn(move || read(&connection).is_ok());
        let second = request(&net);
        second.start(Instant::now());
        assert!(reader.join().unwrap());
        assert!(matches!(ended(&first), Some(Ok(_))));
        if second.has_ended() {
            // There was no room yet.
            assert!(matches!(ended(&second), Some(Err(_))));
            assert_eq!(net.table(), (0, 0));
        } else {
            assert_eq!(net.table(), (1, 0));
            net.answer(1);
            assert!(read(&net.connection).is_ok());
            assert!(matches!(ended(&second), Some(Ok(_))), "it got the answer to its own id");
        }
    });
}

/// A token that is dropped with its connection fails its request; one that is taken back does not.
#[test]
fn a_token_tells_its_request_once() {
    every_order(|| {
        let net = Net::new(4);
        let request = sent(&net);
        let connection = Arc::clone(&net.connection);
        let orphaned = Arc::clone(&request);
        let other = thread::spawn(move || {
            let seat = Seat { connection, stream: 0, taken: None };
            let token = seat.connection.orphan(seat.stream, |token| token.is(&orphaned, 0), Instant::now());
            token.into_iter().for_each(drop::<Token>);
        });
        net.answer(0);
        assert!(read(&net.connection).is_ok());
        other.join().unwrap();
        assert!(ended(&request).is_some());
        assert_eq!(lock(&net.connection.sender).waiting(), 0);
    });
}
