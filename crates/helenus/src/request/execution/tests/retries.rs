//! What is sent again: where, when, by whose word, and what never is.

use helenus_protocol::EncodeError;

use super::*;

fn once_only(start: Instant) -> Limits {
    Limits { idempotent: false, ..idempotent(start) }
}

fn as_the_policy_says(start: Instant) -> Limits {
    Limits { policy_decides: true, ..once_only(start) }
}

#[test]
fn the_first_attempt_answers() {
    let mut run = Run::begun(idempotent);
    assert_eq!(run.wakes_in(), Some(10));
    assert_eq!(run.answered(0), ["answer of a after []"]);
    assert_eq!(run.wakes_in(), None);
}

#[test]
fn what_never_left_goes_to_the_next_host_unasked() {
    let mut run = Run::begun(once_only);
    assert_eq!(run.lost(0, false), ["host?"]);
    assert_eq!(run.host('b'), ["send 1 to b"]);
    assert_eq!(run.answered(1), ["answer of b after [A]"]);
}

#[test]
fn what_may_have_run_and_must_not_run_twice_ends_there() {
    let error = format!("error of a after [a]: {LOST}");
    assert_eq!(Run::begun(once_only).lost(0, true), [error]);
    for error in [overloaded(), ServerError::TruncateError { message: "no".into() }] {
        let told = format!("error of a after [a]: {error}");
        assert_eq!(Run::begun(once_only).refused(0, error), [told]);
    }
}

#[test]
fn what_surely_did_not_run_is_the_policys_to_decide() {
    for error in [unavailable(), ServerError::IsBootstrapping { message: "soon".into() }] {
        let mut run = Run::begun(once_only);
        let asked = format!("ask about 0 of a after 0: {error}");
        assert_eq!(run.refused(0, error), [asked]);
        assert_eq!(run.decided(0, NEXT), ["host?"]);
    }
}

#[test]
fn what_is_written_in_parts_may_have_run_in_part_where_one_found_no_replicas() {
    let in_parts = |start| Limits { written_apart: true, ..once_only(start) };
    for error in [unavailable(), ServerError::IsBootstrapping { message: "soon".into() }] {
        let told = format!("error of a after [a]: {error}");
        assert_eq!(Run::begun(in_parts).refused(0, error), [told]);
    }
    assert_eq!(
        Run::begun(in_parts).refused(0, unprepared()),
        ["prepare 0 on a"],
        "that comes before all parts"
    );
}

#[test]
fn the_policy_is_asked_about_what_may_run_twice() {
    for limits in [idempotent, as_the_policy_says] {
        let mut run = Run::begun(limits);
        assert_eq!(run.lost(0, true), [format!("ask about 0 of a after 0: {LOST}")]);
        assert_eq!(run.decided(0, NEXT), ["host?"]);
        assert_eq!(run.host('b'), ["send 1 to b"]);
        let asked = format!("ask about 1 of b after 1: {}", overloaded());
        assert_eq!(run.refused(1, overloaded()), [asked]);
        assert_eq!(run.decided(1, SAME), ["send 2 to b"]);
        assert_eq!(run.answered(2), ["answer of b after [ab]"]);
    }
}

#[test]
fn the_policy_is_not_asked_about_what_would_fail_again() {
    let mut run = Run::begun(as_the_policy_says);
    assert_eq!(run.refused(0, syntax()), [format!("error of a after [a]: {}", syntax())]);
    let mut run = Run::begun(idempotent);
    let error = DecodeError::new("RESULT", 3, "it ends");
    let told = format!("error of a after [a]: {error}");
    assert_eq!(run.feed(Input::Failed(0, AttemptError::Decode(error), true)), [told]);
}

/// P3 of docs/promises.md.
#[test]
fn what_cannot_be_written_down_is_told_at_once_and_no_other_host_is_asked() {
    let mut run = Run::begun(as_the_policy_says);
    let error = EncodeError::new("the request", "it is too long");
    let told = format!("error of a after [A]: {error}");
    assert_eq!(run.feed(Input::Failed(0, AttemptError::Encode(error), false)), [told]);
}

#[test]
fn a_rethrown_error_is_the_callers_and_an_ignored_one_nobodys() {
    let mut run = Run::begun(idempotent);
    run.refused(0, overloaded());
    assert_eq!(run.decided(0, Verdict::Rethrow), [format!("error of a after [a]: {}", overloaded())]);
    let mut run = Run::begun(idempotent);
    run.refused(0, overloaded());
    assert_eq!(run.decided(0, Verdict::Ignore), ["nothing of a after [a]"]);
}

#[test]
fn another_consistency_holds_for_all_attempts_to_come() {
    let mut run = Run::begun(idempotent);
    run.refused(0, unavailable());
    let lower =
        Verdict::Again { same_host: true, consistency: Some(Consistency::One), after: Duration::ZERO };
    assert_eq!(run.decided(0, lower), [format!("send 1 to a at {}", Consistency::One)]);
    assert_eq!(run.lost(1, false), ["host?"]);
    assert_eq!(run.host('b'), [format!("send 2 to b at {}", Consistency::One)]);
    run.refused(2, unavailable());
    assert_eq!(run.decided(2, SAME), [format!("send 3 to b at {}", Consistency::One)]);
}

#[test]
fn a_pause_is_slept_through() {
    for (same_host, then) in [(true, "send 1 to a"), (false, "host?")] {
        let mut run = Run::begun(idempotent);
        run.refused(0, overloaded());
        assert!(run.decided(0, pause(same_host, 3)).is_empty());
        assert_eq!(run.wakes_in(), Some(3));
        assert!(run.after(2).is_empty());
        assert_eq!(run.after(1), [then]);
        assert_eq!(run.wakes_in(), Some(7));
    }
}

#[test]
fn a_pause_beyond_the_clock_is_none() {
    let mut run = Run::begun(idempotent);
    run.refused(0, overloaded());
    let forever = Verdict::Again { same_host: true, consistency: None, after: Duration::MAX };
    assert_eq!(run.decided(0, forever), [format!("error of a after [a]: {}", overloaded())]);
}

#[test]
fn unprepared_is_mended_where_it_came_from() {
    let mut run = Run::begun(once_only);
    assert_eq!(run.refused(0, unprepared()), ["prepare 0 on a"]);
    assert_eq!(run.feed(Input::Prepared(0, Ok(()))), ["send 0 to a"]);
    assert_eq!(run.answered(0), ["answer of a after []"]);
}

#[test]
fn a_host_prepares_once_for_a_request() {
    let twice = format!("error of a after [a]: {}", unprepared());
    let mut run = Run::begun(idempotent);
    run.refused(0, unprepared());
    run.feed(Input::Prepared(0, Ok(())));
    assert_eq!(run.refused(0, unprepared()), [twice]);
    // Also where the policy sent it to the same host again in between.
    for verdict in [SAME, pause(true, 1)] {
        let mut run = Run::begun(idempotent);
        run.refused(0, unprepared());
        run.feed(Input::Prepared(0, Ok(())));
        run.refused(0, overloaded());
        run.decided(0, verdict);
        run.after(1);
        assert_eq!(run.refused(1, unprepared()), [format!("error of a after [aa]: {}", unprepared())]);
    }
    // Another host has its own turn.
    let mut run = Run::begun(idempotent);
    run.refused(0, unprepared());
    run.feed(Input::Prepared(0, Ok(())));
    run.lost(0, false);
    run.host('b');
    assert_eq!(run.refused(1, unprepared()), ["prepare 1 on b"]);
}

#[test]
fn a_host_that_cannot_prepare_is_passed_over_and_one_that_will_not_is_final() {
    let mut run = Run::begun(once_only);
    run.refused(0, unprepared());
    assert_eq!(run.feed(Input::Prepared(0, Err(lost()))), ["host?"]);
    assert_eq!(run.host('b'), ["send 1 to b"]);
    let mut run = Run::begun(once_only);
    run.refused(0, unprepared());
    let error = AttemptError::Server(Box::new(syntax()));
    assert_eq!(run.feed(Input::Prepared(0, Err(error))), [format!("error of a after [a]: {}", syntax())]);
}

#[test]
fn a_plan_that_runs_out_says_what_was_tried() {
    let mut run = Run::new(idempotent);
    run.feed(Input::Start);
    assert_eq!(run.host(None), ["exhausted after [], 0 retries"]);
    let mut run = Run::begun(idempotent);
    run.lost(0, false);
    run.host('b');
    run.lost(1, true);
    run.decided(1, NEXT);
    assert_eq!(run.host(None), ["wait for ab"]);
    assert_eq!(run.feed(Input::NoRoom(None)), ["exhausted after [Ab], 1 retries"]);
}

#[test]
fn why_it_was_not_tried_again_is_told() {
    let mut run = Run::begun(idempotent);
    run.refused(0, overloaded());
    let error = format!("error of a after [a]: {}; {}", overloaded(), NotRetried::BudgetSpent);
    assert_eq!(run.decided(0, Verdict::Refused(NotRetried::BudgetSpent)), [error]);
    // Also where the error was kept back.
    let mut run = Run::begun(|start| Limits { speculation: vec![SECOND], ..idempotent(start) });
    run.after(1);
    run.host('b');
    run.refused(0, overloaded());
    assert!(run.decided(0, Verdict::Refused(NotRetried::BudgetSpent)).is_empty());
    run.lost(1, false);
    let error = format!("error of a after [aB]: {}; {}", overloaded(), NotRetried::BudgetSpent);
    assert_eq!(run.host(None), [error]);
}

#[test]
fn a_policy_hears_how_many_attempts_there_were() {
    let mut run = Run::begun(idempotent);
    let told = |run: &mut Run, id| {
        let refused = Input::Responded(id, Answer::Error(Box::new(overloaded())));
        let actions = run.execution.handle(refused, run.now);
        let [Action::AskRetry { retries, attempts, .. }] = actions.as_slice() else { panic!("{actions:?}") };
        (*retries, *attempts)
    };
    // What never left is none.
    run.lost(0, false);
    run.host('b');
    run.feed(Input::Failed(1, busy(), false));
    run.host('c');
    assert_eq!(told(&mut run, 2), (0, 1));
    run.decided(2, NEXT);
    run.host('d');
    run.feed(Input::Failed(3, busy(), false));
    run.host(None);
    // It was let in, and found no room when it got there.
    run.feed(Input::Room('b'));
    run.feed(Input::Failed(4, busy(), false));
    run.feed(Input::Room('d'));
    assert_eq!(told(&mut run, 5), (1, 2));
    run.decided(5, pause(true, 1));
    run.after(1);
    assert_eq!(told(&mut run, 6), (2, 3));
}

#[test]
fn a_policy_hears_with_which_consistency_it_was_tried() {
    let mut run = Run::begun(idempotent);
    let told = |run: &mut Run, id| {
        let refused = Input::Responded(id, Answer::Error(Box::new(overloaded())));
        let actions = run.execution.handle(refused, run.now);
        let [Action::AskRetry { consistency, .. }] = actions.as_slice() else { panic!("{actions:?}") };
        *consistency
    };
    assert_eq!(told(&mut run, 0), None, "that of the request");
    let lower = |level| Verdict::Again { same_host: true, consistency: level, after: Duration::ZERO };
    run.decided(0, lower(Some(Consistency::Two)));
    assert_eq!(told(&mut run, 1), Some(Consistency::Two));
    // A policy that names no other leaves it as it is.
    run.decided(1, lower(None));
    assert_eq!(told(&mut run, 2), Some(Consistency::Two));
}
