//! Those who wait are woken: blocked threads, tasks, callbacks and groups, and the task of the connection itself.

use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Poll;
use std::time::{Duration, Instant};

use loom::thread;

use super::{Net, ended, every_order, pump, read, request, sent};
use crate::error::ConnectionError;
use crate::request::completion::{Group, Waiter};
use crate::sync::{AtomicUsize, park};

const FOR_EVER: Duration = Duration::MAX;

#[test]
fn a_blocked_thread_and_a_callback() {
    every_order(|| {
        let net = Net::new(4);
        let request = sent(&net);
        net.answer(0);
        let connection = Arc::clone(&net.connection);
        let reader = thread::spawn(move || assert!(read(&connection).is_ok()));
        let called = Arc::new(AtomicUsize::new(0));
        let calling = Arc::clone(&called);
        request.tell(Waiter::Callback(Box::new(move |request| {
            assert!(request.has_ended());
            calling.fetch_add(1, Ordering::SeqCst);
        })));
        assert!(request.wait(FOR_EVER));
        reader.join().unwrap();
        assert_eq!(called.load(Ordering::SeqCst), 1, "once");
        assert!(matches!(ended(&request), Some(Ok(_))));
    });
}

#[test]
fn two_blocked_threads() {
    every_order(|| {
        let net = Net::new(4);
        let request = sent(&net);
        net.answer(0);
        let waiting = Arc::clone(&request);
        let other = thread::spawn(move || assert!(waiting.wait(FOR_EVER)));
        let connection = Arc::clone(&net.connection);
        let reader = thread::spawn(move || assert!(read(&connection).is_ok()));
        assert!(request.wait(FOR_EVER));
        other.join().unwrap();
        reader.join().unwrap();
    });
}

#[test]
fn a_task() {
    every_order(|| {
        let net = Net::new(4);
        let mut request = sent(&net);
        let connection = Arc::clone(&net.connection);
        let closer = thread::spawn(move || connection.close(ConnectionError::Closed("for this model")));
        let outcome = loom::future::block_on(std::future::poll_fn(|cx| request.poll_outcome(cx)));
        assert!(matches!(outcome, Some(Err(_))));
        closer.join().unwrap();
    });
}

#[test]
fn a_group_of_two() {
    every_order(|| {
        let net = Net::new(4);
        let group = Arc::new(Group::default());
        let requests = [sent(&net), sent(&net)];
        let connection = Arc::clone(&net.connection);
        net.answer(0);
        let reader = thread::spawn(move || assert!(read(&connection).is_ok()));
        for (index, request) in requests.iter().enumerate() {
            request.tell(Waiter::Group(Arc::clone(&group), index));
        }
        requests[1].cancel();
        let mut told = Vec::new();
        while !group.take(2, &mut told) {
            park();
        }
        told.sort_unstable();
        assert_eq!(told, [0, 1], "each once");
        reader.join().unwrap();
    });
}

/// Whatever the moment at which a caller sends, the connection's task sees it: bytes never lie until something else happens.
#[test]
fn the_task_of_a_connection_is_woken_by_who_sends() {
    every_order(|| {
        let net = Net::new(4);
        let request = request(&net);
        let starting = Arc::clone(&request);
        let sender = thread::spawn(move || starting.start(Instant::now()));
        let mut left = 0;
        loom::future::block_on(std::future::poll_fn(|cx| {
            assert!(matches!(pump(&net.connection, cx), Poll::Pending));
            left += (&net.server).read(&mut [0; 64]).unwrap_or(0);
            if left > 0 { Poll::Ready(()) } else { Poll::Pending }
        }));
        sender.join().unwrap();
        assert_eq!(left, 9 + 12, "a header and a body");
        // The request and its connection hold each other, and the connection the waker of this task.
        net.connection.close(ConnectionError::Closed("for this model"));
    });
}

/// Two send at about the same time: the second may find that the task was asked already, and its bytes leave all the same.
#[test]
fn the_task_of_a_connection_is_woken_by_two_who_send() {
    every_order(|| {
        let net = Net::new(4);
        let requests = [request(&net), request(&net)];
        let senders = requests.map(|request| thread::spawn(move || request.start(Instant::now())));
        let mut left = 0;
        loom::future::block_on(std::future::poll_fn(|cx| {
            assert!(matches!(pump(&net.connection, cx), Poll::Pending));
            left += (&net.server).read(&mut [0; 64]).unwrap_or(0);
            if left >= 2 * (9 + 12) { Poll::Ready(()) } else { Poll::Pending }
        }));
        for sender in senders {
            sender.join().unwrap();
        }
        net.connection.close(ConnectionError::Closed("for this model"));
    });
}

/// The task of a connection hears that it was closed.
#[test]
fn the_task_of_a_connection_is_woken_by_who_closes() {
    every_order(|| {
        let net = Net::new(4);
        let connection = Arc::clone(&net.connection);
        let closer = thread::spawn(move || connection.close(ConnectionError::Closed("for this model")));
        // After the close it may find the socket's end before it sees the signal.
        let outcome = loom::future::block_on(std::future::poll_fn(|cx| pump(&net.connection, cx)));
        closer.join().unwrap();
        assert!(matches!(outcome, Ok(()) | Err(ConnectionError::ClosedByServer)), "{outcome:?}");
        assert_eq!(net.told(), 1);
    });
}
