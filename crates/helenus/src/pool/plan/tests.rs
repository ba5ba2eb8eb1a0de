//! What a plan wants after each thing that may happen, moment by moment.

use super::*;
use crate::policy::ConstantReconnectionPolicy;
use PoolAction::{Close, Connect, Drain, Timer};

const SECOND: Duration = Duration::from_secs(1);

fn plan(wanted: usize) -> PoolPlan {
    PoolPlan::new(wanted, 8, Arc::new(ConstantReconnectionPolicy::new(3 * SECOND, Some(2))))
}

/// A plan whose connections 1, 2, … are all open, some time after they were opened.
fn open(wanted: usize) -> (PoolPlan, Instant) {
    let now = Instant::now();
    let mut plan = plan(wanted);
    assert_eq!(plan.start(now).len(), wanted);
    for serial in 1..=wanted {
        assert_eq!(plan.handle_connected(serial, now), []);
    }
    (plan, now + 10 * SECOND)
}

fn orphans(count: usize, oldest: Option<Instant>) -> Orphans {
    Orphans { count, capacity: 1000, oldest }
}

#[test]
fn all_that_is_wanted_is_opened_at_once() {
    let now = Instant::now();
    let mut three = plan(3);
    assert_eq!(three.start(now), [Connect, Connect, Connect]);
    assert_eq!(three.handle_connected(1, now), []);
    assert_eq!(three.start(now), [], "two are still under way");
    assert_eq!(plan(0).start(now), []);
}

#[test]
fn many_are_opened_a_few_at_a_time() {
    let now = Instant::now();
    let mut plan = plan(200);
    assert_eq!(plan.start(now), [Connect; 8]);
    for serial in 1..=192 {
        assert_eq!(plan.handle_connected(serial, now), [Connect]);
    }
    for serial in 193..=200 {
        assert_eq!(plan.handle_connected(serial, now), []);
    }
    let mut one_by_one = PoolPlan::new(2, 0, Arc::new(ConstantReconnectionPolicy::new(SECOND, None)));
    assert_eq!(one_by_one.start(now), [Connect], "one at least");
}

#[test]
fn a_failure_is_tried_again_after_each_pause_and_then_left_alone() {
    let now = Instant::now();
    let mut plan = plan(1);
    plan.start(now);
    assert_eq!(plan.handle_failed(now), [Timer(now + 3 * SECOND)]);
    assert_eq!(plan.handle_timeout(now + SECOND), []);
    assert_eq!(plan.handle_timeout(now + 3 * SECOND), [Connect]);
    assert_eq!(plan.handle_timeout(now + 3 * SECOND), []);
    assert_eq!(plan.handle_failed(now + 4 * SECOND), [Timer(now + 7 * SECOND)]);
    assert_eq!(plan.handle_timeout(now + 7 * SECOND), [Connect]);
    assert_eq!(plan.handle_failed(now + 8 * SECOND), []);
    assert_eq!(plan.handle_timeout(now + 99 * SECOND), []);
    assert_eq!(plan.handle_up(now + 99 * SECOND), [Connect]);
    assert_eq!(plan.handle_failed(now + 99 * SECOND), [Timer(now + 102 * SECOND)], "a new outage");
}

#[test]
fn after_a_failure_one_attempt_at_a_time_until_one_succeeds() {
    let now = Instant::now();
    let mut plan = plan(3);
    plan.start(now);
    assert_eq!(plan.handle_failed(now), [Timer(now + 3 * SECOND)]);
    assert_eq!(plan.handle_failed(now), []);
    assert_eq!(plan.handle_failed(now), []);
    let later = now + 3 * SECOND;
    assert_eq!(plan.handle_timeout(later), [Connect]);
    assert_eq!(plan.handle_connected(7, later), [Connect, Connect]);
}

#[test]
fn what_is_lost_is_replaced_at_once() {
    let (mut plan, now) = open(2);
    assert_eq!(plan.handle_closed(1, now), [Connect]);
    assert_eq!(plan.handle_closed(2, now), [Connect]);
    assert_eq!(plan.handle_closed(2, now), [], "it is gone already");
    assert_eq!(plan.handle_connected(3, now), []);
}

#[test]
fn being_said_to_be_up_ends_a_pause() {
    let (mut plan, now) = open(1);
    plan.handle_closed(1, now);
    plan.handle_failed(now);
    assert_eq!(plan.handle_up(now + SECOND / 2), [Connect]);
    assert_eq!(plan.handle_up(now + SECOND / 2), [], "an attempt is under way");
    assert_eq!(plan.handle_timeout(now + 3 * SECOND), [], "the old timer means nothing");
}

/// F2: However often connections are lost at once or the host is said to be up, attempts stay bounded.
#[test]
fn a_host_is_not_stormed() {
    let (mut plan, now) = open(1);
    let mut connects = 0;
    for millisecond in 0..5000 {
        let now = now + Duration::from_millis(millisecond);
        let mut actions = plan.handle_closed(1, now);
        actions.extend(plan.handle_timeout(now));
        actions.extend(plan.handle_up(now));
        for action in actions {
            if action == Connect {
                connects += 1;
                plan.handle_connected(1, now);
            }
        }
    }
    assert!((14..=15).contains(&connects), "three a second: {connects}");
}

#[test]
fn attempts_beyond_the_bound_wait_for_their_turn() {
    let (mut plan, now) = open(1);
    for _ in 0..3 {
        assert_eq!(plan.handle_closed(1, now), [Connect]);
        plan.handle_connected(1, now);
    }
    assert_eq!(plan.handle_closed(1, now), [Timer(now + SECOND)]);
    assert_eq!(plan.handle_timeout(now + SECOND), [Connect]);
}

/// Who has lost the last connection waits for the next only where one is being opened, or will be.
#[test]
fn another_connection_is_hoped_for_only_while_one_is_tried() {
    let (mut plan, now) = open(1);
    assert_eq!(plan.hopeful_at(now), Some(now), "it would be begun at once");
    for _ in 0..3 {
        assert_eq!(plan.handle_closed(1, now), [Connect]);
        assert_eq!(plan.hopeful_at(now), Some(now), "it is under way");
        plan.handle_connected(1, now);
    }
    let turn = now + SECOND;
    assert_eq!(plan.hopeful_at(now), Some(turn), "all attempts are used up until then");
    assert_eq!(plan.hopeful_at(turn), Some(turn), "there is one again");
    assert_eq!(plan.handle_closed(1, now), [Timer(turn)]);
    assert_eq!(plan.hopeful_at(now), Some(turn), "nothing is under way");
    assert_eq!(plan.hopeful_at(turn + SECOND), Some(turn + SECOND), "its timer is late");
    assert_eq!(plan.handle_timeout(turn), [Connect]);
    assert_eq!(plan.hopeful_at(turn), Some(turn));
    plan.handle_failed(turn);
    assert_eq!(plan.hopeful_at(now + 99 * SECOND), None, "the host is down");
    plan.handle_up(now + 99 * SECOND);
    assert_eq!(plan.hopeful_at(now + 99 * SECOND), Some(now + 99 * SECOND), "somebody says that it is back");
    plan.handle_wanted(0, now);
    assert_eq!(plan.hopeful_at(now), None, "nobody wants one");
}

/// What we close ourselves says nothing of the host, and must not leave it without a connection.
#[test]
fn what_we_replace_is_not_counted_among_the_attempts() {
    let (mut plan, now) = open(1);
    for serial in 1..100 {
        assert_eq!(plan.handle_replaced(serial, now), [Connect]);
        assert_eq!(plan.hopeful_at(now), Some(now));
        assert_eq!(plan.handle_replaced(serial, now), [], "once");
        assert_eq!(plan.handle_connected(serial + 1, now), []);
    }
    // Those that are lost have all of theirs, and what is replaced does not wait for their turn.
    for serial in 100..103 {
        assert_eq!(plan.handle_closed(serial, now), [Connect]);
        plan.handle_connected(serial + 1, now);
    }
    assert_eq!(plan.handle_replaced(103, now), [Connect]);
    plan.handle_connected(104, now);
    assert_eq!(plan.handle_closed(104, now), [Timer(now + SECOND)]);
    assert_eq!(plan.handle_replaced(104, now), [], "it was gone already");
}

#[test]
fn what_we_replace_does_not_wait_for_the_turn_of_what_was_lost() {
    let (mut plan, now) = open(2);
    for serial in 2..6 {
        assert_eq!(plan.handle_closed(serial, now), [Connect]);
        plan.handle_connected(serial + 1, now);
    }
    assert_eq!(plan.handle_closed(6, now), [Timer(now + SECOND)]);
    assert_eq!(plan.handle_replaced(1, now), [Connect, Timer(now + SECOND)], "the other has its turn still");
    assert_eq!(plan.handle_connected(7, now), [Timer(now + SECOND)]);
    assert_eq!(plan.handle_timeout(now + SECOND), [Connect]);
}

/// F15: a host that cannot be reached is left alone, whatever was to be replaced.
#[test]
fn what_we_replace_waits_for_a_pause() {
    let (mut plan, now) = open(2);
    plan.handle_closed(1, now);
    assert_eq!(plan.handle_failed(now), [Timer(now + 3 * SECOND)]);
    assert_eq!(plan.handle_replaced(2, now), []);
    assert_eq!(plan.hopeful_at(now), None);
    assert_eq!(plan.handle_timeout(now + 3 * SECOND), [Connect], "one at a time");
    assert_eq!(plan.handle_connected(3, now + 3 * SECOND), [Connect]);
    // No more is owed than is missing.
    assert_eq!(plan.handle_wanted(1, now), []);
    assert_eq!(plan.handle_connected(4, now), [Drain(4)]);
}

#[test]
fn a_connection_that_owes_too_much_is_replaced_before_it_is_drained() {
    let (mut plan, now) = open(2);
    assert_eq!(plan.handle_orphans(1, orphans(249, None), now), []);
    assert_eq!(plan.handle_orphans(1, orphans(250, None), now), [Connect]);
    assert_eq!(plan.handle_orphans(1, orphans(300, None), now), [], "once is enough");
    assert_eq!(plan.handle_failed(now), [Timer(now + 3 * SECOND)], "it is used meanwhile");
    assert_eq!(plan.handle_timeout(now + 3 * SECOND), [Connect]);
    assert_eq!(plan.handle_connected(3, now + 3 * SECOND), [Drain(1)]);
    assert_eq!(plan.handle_closed(1, now + 9 * SECOND), []);
}

#[test]
fn a_connection_that_owes_for_too_long_is_replaced() {
    let (mut plan, now) = open(1);
    assert_eq!(plan.handle_orphans(1, orphans(1, Some(now)), now + 59 * SECOND), []);
    assert_eq!(plan.handle_orphans(9, orphans(1, Some(now)), now + 60 * SECOND), [], "not one of ours");
    assert_eq!(plan.handle_orphans(1, orphans(1, Some(now)), now + 60 * SECOND), [Connect]);
    assert_eq!(plan.handle_closed(1, now + 60 * SECOND), [], "its replacement is under way");
    assert_eq!(plan.handle_connected(2, now + 61 * SECOND), []);
}

#[test]
fn a_connection_for_few_requests_is_not_worn_by_owing_none() {
    let (mut plan, now) = open(1);
    let none = Orphans { count: 0, capacity: 2, oldest: None };
    assert_eq!(plan.handle_orphans(1, none, now), []);
    assert_eq!(plan.handle_orphans(1, Orphans { count: 1, ..none }, now), [Connect]);
}

#[test]
fn wanting_less_drains_and_wanting_more_opens() {
    let (mut plan, now) = open(3);
    plan.handle_orphans(1, orphans(999, None), now);
    assert_eq!(plan.handle_wanted(1, now), [Drain(3), Drain(1)], "the worn one and the youngest");
    assert_eq!(plan.handle_connected(4, now), [Drain(4)], "it comes too late to be of use");
    assert_eq!(plan.handle_wanted(2, now + SECOND), [Connect]);
    assert_eq!(plan.handle_wanted(0, now + SECOND), [Drain(2)]);
    assert_eq!(plan.handle_closed(2, now + SECOND), []);
    assert_eq!(plan.handle_up(now + SECOND), []);
}

#[test]
fn nothing_is_opened_after_the_end() {
    let (mut plan, now) = open(2);
    plan.handle_closed(1, now);
    assert_eq!(plan.shut_down(), [Close(2)]);
    assert_eq!(plan.handle_connected(3, now), [Close(3)]);
    assert_eq!(plan.handle_closed(3, now), []);
    assert_eq!(plan.handle_failed(now), []);
    assert_eq!(plan.handle_up(now), []);
    assert_eq!(plan.handle_wanted(5, now), []);
    assert_eq!(plan.handle_timeout(now + 9 * SECOND), []);
    assert_eq!(plan.shut_down(), []);
}

#[test]
fn an_endless_pause_is_no_overflow() {
    let now = Instant::now();
    let mut plan = PoolPlan::new(1, 8, Arc::new(ConstantReconnectionPolicy::new(Duration::MAX, None)));
    plan.start(now);
    assert_eq!(plan.handle_failed(now), []);
    assert_eq!(plan.handle_timeout(now + 99 * SECOND), []);
    assert_eq!(plan.handle_up(now + 99 * SECOND), [Connect]);
}
