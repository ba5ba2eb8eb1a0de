//! Every host is busy: room, the deadline, cancellation, a full queue, a host that goes, in every order.

use super::*;

/// One whose plan has hosts a and b, both busy.
fn waiting() -> Run {
    let mut run = Run::begun(idempotent);
    assert_eq!(run.feed(Input::Failed(0, busy(), false)), ["host?"], "the next host first");
    assert_eq!(run.host('b'), ["send 1 to b"]);
    assert_eq!(run.feed(Input::Failed(1, busy(), false)), ["host?"]);
    assert_eq!(run.host(None), ["wait for ab"]);
    assert!(run.execution.waits_for_room());
    run
}

#[test]
fn whoever_has_room_first_gets_it() {
    let mut run = waiting();
    run.now += SECOND;
    assert_eq!(run.feed(Input::Room('b')), ["send 2 to b, it has waited"]);
    assert!(!run.execution.waits_for_room());
    assert!(run.feed(Input::Room('a')).is_empty(), "it is on its way");
    assert_eq!(run.answered(2), ["answer of b after [AB]"]);
}

#[test]
fn room_that_was_gone_when_it_got_there_is_no_attempt() {
    let mut run = waiting();
    run.now += SECOND;
    run.feed(Input::Room('b'));
    assert_eq!(run.feed(Input::Failed(2, busy(), false)), ["wait for ab"]);
    run.now += SECOND;
    run.feed(Input::Room('a'));
    assert_eq!(run.feed(Input::Failed(3, busy(), false)), ["wait for ba"]);
    assert_eq!(run.feed(Input::NoRoom(Some(Default::default()))), ["busy for 2s, full after [AB]"]);
}

#[test]
fn the_deadline_ends_the_wait_with_what_was_busy() {
    let mut run = waiting();
    assert_eq!(run.wakes_in(), Some(10));
    assert_eq!(run.after(10), ["leave", "busy for 10s after [AB]"]);
    assert!(run.feed(Input::Room('a')).is_empty(), "it comes too late");
}

#[test]
fn the_deadline_after_the_wait_names_who_is_silent() {
    let mut run = waiting();
    run.now += 4 * SECOND;
    run.feed(Input::Room('a'));
    assert_eq!(run.after(6), ["orphan 2", "10s over after [AB], waiting for [a 6s]"]);
}

#[test]
fn cancelling_leaves_the_queue() {
    let mut run = waiting();
    assert_eq!(run.feed(Input::Cancelled), ["leave"]);
    assert!(run.feed(Input::Room('a')).is_empty() && run.feed(Input::NoRoom(None)).is_empty());
}

#[test]
fn a_queue_that_is_full_or_not_there_ends_it_at_once() {
    assert_eq!(waiting().feed(Input::NoRoom(Some(Default::default()))), ["busy for 0ns, full after [AB]"]);
    assert_eq!(waiting().feed(Input::NoRoom(None)), ["exhausted after [AB], 0 retries"]);
}

#[test]
fn a_host_that_went_meanwhile_leaves_the_others_to_wait_for() {
    let mut run = waiting();
    run.feed(Input::Room('a'));
    assert_eq!(run.lost(2, false), ["host?"]);
    assert_eq!(run.host(None), ["wait for ba"], "it may come back");
    run.feed(Input::Room('b'));
    run.lost(3, false);
    assert_eq!(run.host(None), ["wait for ab"]);
    assert_eq!(run.feed(Input::NoRoom(None)), ["exhausted after [ABAB], 0 retries"], "neither is expected");
}

#[test]
fn an_error_after_the_wait_is_put_to_the_policy_and_the_others_are_waited_for_again() {
    let mut run = waiting();
    run.feed(Input::Room('a'));
    run.refused(2, overloaded());
    assert_eq!(run.decided(2, NEXT), ["host?"]);
    assert_eq!(run.host(None), ["wait for b"]);
}

#[test]
fn what_is_under_way_elsewhere_is_not_waited_beside() {
    let mut run = Run::begun(|start| Limits { speculation: vec![SECOND], ..idempotent(start) });
    assert_eq!(run.after(1), ["host?"]);
    run.host('b');
    assert_eq!(run.feed(Input::Failed(1, busy(), false)), ["host?"]);
    assert!(run.host(None).is_empty(), "a may answer yet");
    // Its error is the request's, and no other host is waited for.
    let mut gives_up = run.execution.clone();
    gives_up.handle(Input::Responded(0, Answer::Error(Box::new(overloaded()))), run.now);
    assert_eq!(
        run.refused(0, overloaded()),
        ["ask about 0 of a after 0: the server answered overloaded: too much"]
    );
    assert_eq!(run.decided(0, NEXT), ["host?"]);
    assert_eq!(run.host(None), ["wait for b"], "now there is nobody else");
}

#[test]
fn a_statement_that_was_prepared_before_the_wait_is_not_again() {
    let mut run = Run::begun(idempotent);
    run.refused(0, unprepared());
    run.feed(Input::Prepared(0, Ok(())));
    run.feed(Input::Failed(0, busy(), false));
    assert_eq!(run.host(None), ["wait for a"]);
    run.feed(Input::Room('a'));
    let told = run.refused(1, unprepared());
    assert!(told.iter().all(|told| !told.starts_with("prepare")), "{told:?}");
}

fn not_there() -> AttemptError {
    AttemptError::NoConnection(Some(ConnectionError::ClosedByServer))
}

/// One whose plan has hosts a and b, neither with a connection.
fn without_connections() -> Run {
    let mut run = Run::begun(|start| Limits { idempotent: false, ..idempotent(start) });
    assert_eq!(run.feed(Input::Failed(0, not_there(), false)), ["host?"]);
    run.host('b');
    assert_eq!(run.feed(Input::Failed(1, not_there(), false)), ["host?"]);
    assert_eq!(run.host(None), ["wait for ab"]);
    run
}

#[test]
fn what_was_never_sent_waits_for_a_host_that_comes_back() {
    let mut run = without_connections();
    run.now += SECOND;
    assert_eq!(run.feed(Input::Room('b')), ["send 2 to b, it has waited"]);
    assert_eq!(run.answered(2), ["answer of b after [AB]"]);
}

#[test]
fn hosts_that_do_not_come_back_are_each_told_with_their_reason() {
    // Nobody is expected, or the queue has no place, or its time is over: it is not that they are busy.
    for input in [Input::NoRoom(None), Input::NoRoom(Some(Default::default()))] {
        assert_eq!(without_connections().feed(input), ["exhausted after [AB], 0 retries"]);
    }
    assert_eq!(without_connections().after(10), ["leave", "exhausted after [AB], 0 retries"]);
    // The attempt to connect has failed: what it failed with is told as well.
    let mut run = without_connections();
    run.feed(Input::Room('a'));
    assert_eq!(run.feed(Input::Failed(2, not_there(), false)), ["host?"]);
    assert_eq!(run.host(None), ["wait for ba"]);
    assert_eq!(run.feed(Input::NoRoom(None)), ["exhausted after [ABA], 0 retries"]);
}

#[test]
fn one_that_is_busy_is_waited_for_beside_one_without_a_connection() {
    let mut run = Run::begun(idempotent);
    run.feed(Input::Failed(0, busy(), false));
    run.host('b');
    run.feed(Input::Failed(1, not_there(), false));
    assert_eq!(run.host(None), ["wait for ab"]);
    assert_eq!(run.after(10), ["leave", "busy for 10s after [AB]"]);
}

/// It was sent, and may be sent again: where it was, since there is nobody else. But not again and again.
#[test]
fn what_has_cost_two_connections_waits_for_no_other() {
    let mut run = Run::begun(idempotent);
    run.lost(0, true);
    assert_eq!(run.decided(0, NEXT), ["host?"]);
    assert_eq!(run.host(None), ["wait for a"]);
    assert_eq!(run.feed(Input::Room('a')), ["send 1 to a, it has waited"]);
    run.lost(1, true);
    assert_eq!(run.decided(1, NEXT), ["host?"]);
    assert_eq!(run.host(None), ["exhausted after [aa], 2 retries"]);
    // Two of one host, or one of each of two.
    let mut run = Run::begun(idempotent);
    run.lost(0, true);
    run.decided(0, NEXT);
    run.host('b');
    run.lost(1, true);
    assert_eq!(run.decided(1, NEXT), ["host?"]);
    assert_eq!(run.host(None), ["exhausted after [ab], 2 retries"]);
    // But one that is busy is none the worse.
    let mut run = Run::begun(idempotent);
    run.feed(Input::Failed(0, busy(), false));
    for (id, host) in [(1, 'b'), (2, 'c')] {
        run.host(host);
        run.lost(id, true);
        run.decided(id, NEXT);
    }
    assert_eq!(run.host(None), ["wait for a"]);
    // Other errors are no reason to wait.
    let mut run = Run::begun(idempotent);
    run.refused(0, overloaded());
    run.decided(0, NEXT);
    assert_eq!(run.host(None), ["exhausted after [a], 1 retries"]);
}
