//! One request on several hosts at a time.

use super::*;

fn speculative(start: Instant) -> Limits {
    Limits { speculation: vec![SECOND, 2 * SECOND], ..idempotent(start) }
}

/// Attempt 0 with host a, attempt 1 with host b, one second later.
fn both() -> Run {
    let mut run = Run::begun(speculative);
    assert_eq!(run.after(1), ["host?"]);
    assert_eq!(run.host('b'), ["send 1 to b"]);
    run
}

#[test]
fn it_is_sent_once_more_after_each_wait() {
    let mut run = Run::begun(speculative);
    assert_eq!(run.wakes_in(), Some(1));
    assert_eq!(run.after(1), ["host?"]);
    assert_eq!(run.wakes_in(), Some(9), "the second wait begins with the second attempt");
    assert_eq!(run.host('b'), ["send 1 to b"]);
    assert_eq!(run.wakes_in(), Some(2));
    assert_eq!(run.after(2), ["host?"]);
    assert_eq!(run.host('c'), ["send 2 to c"]);
    assert_eq!(run.wakes_in(), Some(7), "all waits are used up: the deadline is left");
}

#[test]
fn only_what_may_run_twice_is() {
    let run = Run::begun(|start| Limits { idempotent: false, ..speculative(start) });
    assert_eq!(run.wakes_in(), Some(10));
}

#[test]
fn a_wait_beyond_the_clock_is_never_over() {
    let run = Run::begun(|start| Limits { speculation: vec![Duration::MAX], ..idempotent(start) });
    assert_eq!(run.wakes_in(), Some(10));
}

#[test]
fn the_first_answer_wins_and_the_others_are_orphans() {
    assert_eq!(both().answered(1), ["orphan 0", "answer of b after []"]);
    let mut run = both();
    assert_eq!(run.answered(0), ["orphan 1", "answer of a after []"]);
    assert!(run.answered(1).is_empty());
}

#[test]
fn an_error_waits_for_what_is_under_way() {
    let mut run = both();
    run.refused(0, overloaded());
    assert!(run.decided(0, Verdict::Rethrow).is_empty());
    assert_eq!(run.wakes_in(), Some(9), "nothing is begun any more: no speculation");
    assert_eq!(run.answered(1), ["answer of b after [a]"]);
}

#[test]
fn the_last_error_ends_it() {
    let mut run = both();
    run.refused(0, overloaded());
    run.decided(0, Verdict::Rethrow);
    run.refused(1, unavailable());
    assert_eq!(run.decided(1, Verdict::Rethrow), [format!("error of b after [ab]: {}", unavailable())]);
}

#[test]
fn an_error_kept_back_is_told_when_the_plan_runs_out() {
    let mut run = both();
    run.refused(0, overloaded());
    run.decided(0, Verdict::Rethrow);
    assert_eq!(run.lost(1, false), ["host?"]);
    assert_eq!(run.host(None), [format!("error of a after [aB]: {}", overloaded())]);
}

#[test]
fn an_error_that_every_host_would_give_ends_it_at_once() {
    assert_eq!(
        both().refused(1, syntax()),
        ["orphan 0".into(), format!("error of b after [b]: {}", syntax())]
    );
}

#[test]
fn an_error_at_preparing_is_one_attempts_only() {
    let mut run = both();
    assert_eq!(run.refused(0, unprepared()), ["prepare 0 on a"]);
    let error = AttemptError::Server(Box::new(overloaded()));
    assert!(run.feed(Input::Prepared(0, Err(error))).is_empty());
    assert_eq!(run.answered(1), ["answer of b after [a]"]);
}

#[test]
fn a_retry_goes_on_beside_the_others() {
    let mut run = both();
    run.refused(1, overloaded());
    assert_eq!(run.decided(1, SAME), ["send 2 to b"]);
    assert_eq!(run.answered(2), ["orphan 0", "answer of b after [b]"]);
}

#[test]
fn no_host_for_one_more_leaves_the_others_be() {
    let mut run = Run::begun(speculative);
    run.after(1);
    assert!(run.host(None).is_empty());
    assert_eq!(run.wakes_in(), Some(9));
    assert_eq!(run.answered(0), ["answer of a after []"]);
}

#[test]
fn the_plan_that_ran_out_ends_it_with_the_last_attempt() {
    let mut run = both();
    run.lost(1, false);
    assert!(run.host(None).is_empty());
    assert_eq!(run.lost(0, false), ["host?"]);
    assert_eq!(run.host(None), ["wait for ba"]);
    assert_eq!(run.feed(Input::NoRoom(None)), ["exhausted after [BA], 0 retries"]);
}

#[test]
fn two_hosts_may_be_awaited() {
    let mut run = Run::begun(speculative);
    assert_eq!(run.after(1), ["host?"]);
    assert_eq!(run.lost(0, false), ["host?"]);
    assert!(run.host(None).is_empty(), "the other may still come");
    assert_eq!(run.host('c'), ["send 1 to c"]);
}

#[test]
fn an_ignored_error_ends_it_for_all() {
    let mut run = both();
    run.refused(1, overloaded());
    assert_eq!(run.decided(1, Verdict::Ignore), ["orphan 0", "nothing of b after [b]"]);
}

#[test]
fn what_the_budget_refuses_may_be_granted_after_the_next_wait() {
    let mut run = Run::begun(speculative);
    assert_eq!(run.after_unanswered(1), ["speculate?"]);
    assert_eq!(run.wakes_in(), Some(9), "nothing until it is known");
    assert!(run.feed(Input::Speculation(false)).is_empty());
    assert_eq!(run.wakes_in(), Some(2), "the second wait");
    assert_eq!(run.after_unanswered(2), ["speculate?"]);
    assert_eq!(run.feed(Input::Speculation(true)), ["host?"]);
    assert_eq!(run.host('b'), ["send 1 to b"]);
    assert_eq!(run.wakes_in(), Some(7), "there is no third");
}

#[test]
fn an_answer_comes_before_the_word_on_speculation() {
    let mut run = Run::begun(speculative);
    run.after_unanswered(1);
    assert_eq!(run.answered(0), ["answer of a after []"]);
    assert!(run.feed(Input::Speculation(true)).is_empty());
}

#[test]
fn who_waits_for_room_meanwhile_is_not_sent_anywhere() {
    let mut run = Run::begun(speculative);
    run.after_unanswered(1);
    run.feed(Input::Failed(0, busy(), false));
    assert_eq!(run.host(None), ["wait for a"]);
    assert!(run.feed(Input::Speculation(true)).is_empty());
}

#[test]
fn a_plan_that_has_run_out_is_not_asked_about() {
    let mut run = both();
    run.lost(1, false);
    run.host(None);
    assert!(run.after_unanswered(2).is_empty());
}
