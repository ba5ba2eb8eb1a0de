//! The deadline, cancellation, what is left to do after an answer, and what comes too late.

use super::*;

#[test]
fn the_deadline_orphans_what_is_under_way_and_names_the_silent() {
    let mut run = Run::begun(|start| Limits { speculation: vec![SECOND], ..idempotent(start) });
    run.after(1);
    run.host('b');
    assert_eq!(run.after(9), ["orphan 0", "orphan 1", "10s over after [], waiting for [a 10s, b 9s]"]);
    assert!(run.answered(0).is_empty());
}

#[test]
fn the_deadline_falls_while_the_policy_thinks() {
    let mut run = Run::begun(idempotent);
    run.refused(0, overloaded());
    assert_eq!(run.after(10), ["10s over after [a], waiting for []"]);
    assert!(run.decided(0, SAME).is_empty());
}

#[test]
fn the_deadline_falls_while_a_host_prepares() {
    let mut run = Run::begun(idempotent);
    run.refused(0, unprepared());
    assert_eq!(run.after(10), ["10s over after [], waiting for [a 10s]"]);
    assert!(run.feed(Input::Prepared(0, Ok(()))).is_empty());
}

#[test]
fn the_deadline_falls_in_a_pause() {
    for seconds in [10, 20] {
        let mut run = Run::begun(idempotent);
        run.refused(0, overloaded());
        run.decided(0, pause(true, seconds));
        assert_eq!(run.wakes_in(), Some(10));
        assert_eq!(run.after(10), ["10s over after [a], waiting for []"]);
    }
}

#[test]
fn the_deadline_falls_while_the_plan_thinks() {
    let mut run = Run::new(idempotent);
    run.feed(Input::Start);
    assert_eq!(run.after(10), ["10s over after [], waiting for []"]);
    assert!(run.host('a').is_empty());
}

#[test]
fn nothing_wakes_what_has_no_deadline() {
    let mut run = Run::begun(|start| Limits { deadline: None, timeout: None, ..idempotent(start) });
    assert_eq!(run.wakes_in(), None);
    assert!(run.after(1_000_000).is_empty());
}

#[test]
fn a_timer_that_fires_early_changes_nothing() {
    let mut run = Run::begun(|start| Limits { speculation: vec![2 * SECOND], ..idempotent(start) });
    assert!(run.after(1).is_empty());
    assert_eq!(run.wakes_in(), Some(1));
}

#[test]
fn a_cancelled_request_is_over_without_a_word() {
    let mut run = Run::begun(|start| Limits { speculation: vec![SECOND], ..idempotent(start) });
    run.after(1);
    run.host('b');
    assert_eq!(run.feed(Input::Cancelled), ["orphan 0", "orphan 1"]);
    assert_eq!(run.wakes_in(), None);
    assert!(run.answered(0).is_empty());
    assert!(run.after(10).is_empty());
}

#[test]
fn a_use_is_done_when_all_connections_have_it() {
    let mut run = Run::begun(idempotent);
    assert_eq!(run.feed(Input::Responded(0, Answer::KeyspaceSet(envelope(), "ks".into()))), ["use ks"]);
    assert_eq!(run.wakes_in(), None);
    assert!(run.after(100).is_empty(), "what the server has done is no failure any more");
    assert_eq!(run.feed(Input::KeyspaceSet), ["answer of a after []"]);
    assert!(run.feed(Input::KeyspaceSet).is_empty());
}

#[test]
fn a_schema_change_is_done_when_the_cluster_agrees() {
    let mut run = Run::begun(idempotent);
    assert_eq!(run.feed(Input::Responded(0, Answer::SchemaChanged(envelope(), change()))), ["agree with a"]);
    assert!(run.after(1).is_empty());
    assert_eq!(run.feed(Input::SchemaSettled), ["answer of a after []"]);
}

#[test]
fn a_schema_change_that_is_not_agreed_on_in_time_is_told_so() {
    let mut run = Run::begun(|start| Limits { speculation: vec![SECOND; 3], ..idempotent(start) });
    run.feed(Input::Responded(0, Answer::SchemaChanged(envelope(), change())));
    assert_eq!(run.wakes_in(), Some(10));
    assert!(run.after(9).is_empty(), "nothing is sent speculatively either");
    assert_eq!(run.after(1), ["10s over after [], waiting for [agreement with a for 10s]"]);
    assert!(run.feed(Input::SchemaSettled).is_empty());
    assert_eq!(run.wakes_in(), None);
}

#[test]
fn nothing_is_begun_once_the_server_has_done_it() {
    for host in [Some('b'), None] {
        let mut run = Run::begun(|start| Limits { speculation: vec![SECOND], ..idempotent(start) });
        assert_eq!(run.after(1), ["host?"]);
        run.feed(Input::Responded(0, Answer::SchemaChanged(envelope(), change())));
        assert!(run.host(host).is_empty());
        assert_eq!(run.feed(Input::SchemaSettled), ["answer of a after []"]);
    }
}

#[test]
fn the_others_are_orphans_once_the_server_has_done_it() {
    let mut run = Run::begun(|start| Limits { speculation: vec![SECOND], ..idempotent(start) });
    run.after(1);
    run.host('b');
    let answer = Answer::KeyspaceSet(envelope(), "ks".into());
    assert_eq!(run.feed(Input::Responded(1, answer)), ["orphan 0", "use ks"]);
    assert!(run.answered(0).is_empty());
    assert_eq!(run.feed(Input::KeyspaceSet), ["answer of b after []"]);
}

#[test]
fn a_cancelled_wait_for_agreement_is_over() {
    let mut run = Run::begun(idempotent);
    run.feed(Input::Responded(0, Answer::SchemaChanged(envelope(), change())));
    assert!(run.feed(Input::Cancelled).is_empty());
    assert!(run.feed(Input::SchemaSettled).is_empty());
}

#[test]
fn what_is_not_awaited_changes_nothing() {
    // Of an attempt that is with the policy, in a pause, or being prepared for, no answer can come; of one that waits
    // for its answer, nothing else.
    let asking = |run: &mut Run| drop(run.refused(0, overloaded()));
    let pausing = |run: &mut Run| {
        run.refused(0, overloaded());
        run.decided(0, pause(true, 5));
    };
    let preparing = |run: &mut Run| drop(run.refused(0, unprepared()));
    for (n, make) in [&asking as &dyn Fn(&mut Run), &pausing, &preparing].into_iter().enumerate() {
        let mut run = Run::begun(idempotent);
        make(&mut run);
        assert!(run.answered(0).is_empty());
        assert!(run.lost(0, false).is_empty());
        assert!(run.lost(0, true).is_empty());
        assert_eq!(run.decided(0, SAME).is_empty(), n != 0);
        let mut run = Run::begun(idempotent);
        make(&mut run);
        assert_eq!(run.feed(Input::Prepared(0, Ok(()))).is_empty(), n != 2);
    }
    let mut run = Run::begun(idempotent);
    assert!(run.decided(0, SAME).is_empty());
    assert!(run.feed(Input::Prepared(0, Ok(()))).is_empty());
    assert!(run.answered(7).is_empty());
    assert_eq!(run.answered(0), ["answer of a after []"]);
}

#[test]
fn the_end_of_its_time_tells_how_busy_the_connection_was() {
    let mut run = Run::begun(idempotent);
    run.execution.seated(0, 5);
    run.execution.note_in_flight(0, 17);
    run.execution.note_in_flight(1, 18);
    assert_eq!(run.after(10), ["orphan 0", "10s over after [], waiting for [a 10s on 5 with 17]"]);
    // What is being prepared is on no connection of its own.
    let mut run = Run::begun(idempotent);
    run.refused(0, unprepared());
    assert_eq!(run.after(10), ["10s over after [], waiting for [a 10s]"]);
    // More than there can be is told as the most.
    let mut run = Run::begun(idempotent);
    run.execution.seated(0, 5);
    run.execution.note_in_flight(0, 1 << 20);
    assert_eq!(run.after(10), ["orphan 0", "10s over after [], waiting for [a 10s on 5 with 65535]"]);
}
