//! Everything is told once, in order: each beginning has its end, and the request's end is the last.

use proptest::prelude::*;

use super::*;

fn start() -> Instant {
    Instant::now()
}

fn progress(retries: u32, speculated: usize, plan_empty: bool) -> Progress {
    Progress { retries, speculated, plan_empty }
}

/// What is told, in short.
fn told(journal: &mut Journal<u8>) -> Vec<String> {
    let notices = journal.take_notices();
    let told = notices.into_iter().map(|notice| match notice {
        Notice::Began => "began".to_owned(),
        Notice::AttemptBegan { number, kind, host } => format!("{number} {} at {host}", kind.name()),
        Notice::AttemptEnded { number, elapsed, ended, .. } => {
            let ended = match ended {
                Ended::Answered => "answered",
                Ended::Failed(_) => "failed",
                Ended::Unanswered => "unanswered",
            };
            format!("{number} {ended} after {elapsed:?}")
        }
        Notice::Ended(totals) => {
            let Totals { elapsed, attempts, retries, speculative } = totals;
            format!(
                "ended after {elapsed:?}: {attempts} attempts, {retries} retries, {speculative} speculative"
            )
        }
    });
    told.collect()
}

#[test]
fn one_attempt_that_is_answered() {
    let now = start();
    let later = now + Duration::from_millis(3);
    let mut journal = Journal::new(now);
    journal.attempt(0, &1, Progress::default(), now);
    assert_eq!(told(&mut journal), ["began", "0 first at 1"]);
    journal.attempt_ended(0, Ended::Answered, later);
    journal.ended(later);
    let expected = ["0 answered after 3ms", "ended after 3ms: 1 attempts, 0 retries, 0 speculative"];
    assert_eq!(told(&mut journal), expected);
    assert!(!journal.has_notices());
}

/// It found no room, and nothing was sent.
#[test]
fn what_was_not_sent_uses_up_no_retry() {
    let now = start();
    let busy = || {
        let error = AttemptError::Busy { connections: 1, in_flight: 1, unsent: 0, waiting: 0 };
        Ended::Failed(error)
    };
    let mut journal = Journal::new(now);
    journal.attempt(0, &1, Progress::default(), now);
    journal.attempt_ended(0, Ended::Failed(AttemptError::NoConnection(None)), now);
    for (id, host, ended) in [(1, 2, busy()), (2, 3, busy()), (3, 2, Ended::Answered)] {
        journal.attempt(id, &host, progress(1, 0, false), now);
        journal.attempt_ended(id, ended, now);
    }
    journal.ended(now);
    let kinds: Vec<String> = told(&mut journal).into_iter().filter(|line| line.contains(" at ")).collect();
    assert_eq!(kinds, ["0 first at 1", "1 retry at 2", "2 retry at 3", "3 retry at 2"]);
    assert_eq!(
        Totals { elapsed: Duration::ZERO, attempts: 4, retries: 1, speculative: 0 },
        journal.totals,
        "one retry was sent"
    );
}

#[test]
fn the_reason_of_each_attempt_is_told() {
    let now = start();
    let mut journal = Journal::new(now);
    journal.attempt(0, &1, Progress::default(), now);
    journal.attempt_ended(0, Ended::Failed(AttemptError::NoConnection(None)), now);
    journal.attempt(1, &2, Progress::default(), now);
    journal.attempt(2, &3, progress(0, 1, false), now);
    journal.attempt_ended(1, Ended::Failed(AttemptError::NoConnection(None)), now);
    journal.attempt(3, &4, progress(1, 1, false), now);
    // A retry waits while a speculative attempt is made: each has its own reason.
    journal.attempt(4, &5, progress(2, 2, false), now);
    journal.attempt(5, &6, progress(2, 2, false), now);
    journal.ended(now);
    let kinds: Vec<String> = told(&mut journal).into_iter().filter(|line| line.contains(" at ")).collect();
    let expected = [
        "0 first at 1",
        "1 next_host at 2",
        "2 speculative at 3",
        "3 retry at 4",
        "4 speculative at 5",
        "5 retry at 6",
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn a_speculation_that_found_no_host_makes_no_attempt_speculative() {
    let now = start();
    let mut journal = Journal::new(now);
    journal.attempt(0, &1, Progress::default(), now);
    journal.attempt(1, &1, progress(1, 1, true), now);
    assert_eq!(told(&mut journal).last().map(String::as_str), Some("1 retry at 1"));
}

#[test]
fn an_attempt_that_goes_on_is_not_begun_again() {
    let now = start();
    let mut journal = Journal::new(now);
    journal.attempt(0, &1, Progress::default(), now);
    journal.attempt(0, &1, Progress::default(), now);
    journal.attempt_ended(7, Ended::Answered, now);
    assert_eq!(told(&mut journal), ["began", "0 first at 1"]);
}

#[test]
fn what_was_under_way_ends_with_the_request() {
    let now = start();
    let mut journal = Journal::new(now);
    journal.attempt(0, &1, Progress::default(), now);
    journal.attempt(1, &2, progress(0, 1, false), now);
    journal.attempt_ended(1, Ended::Answered, now);
    journal.ended(now);
    journal.attempt_ended(0, Ended::Answered, now);
    journal.attempt(2, &3, progress(1, 1, false), now);
    journal.ended(now);
    let told = told(&mut journal);
    let expected = [
        "1 answered after 0ns",
        "0 unanswered after 0ns",
        "ended after 0ns: 2 attempts, 0 retries, 1 speculative",
    ];
    assert_eq!(told[3..], expected);
}

#[test]
fn time_that_goes_backwards_is_no_time() {
    let now = start() + Duration::from_secs(1);
    let mut journal = Journal::new(now);
    journal.attempt(0, &1, Progress::default(), now);
    journal.attempt_ended(0, Ended::Answered, now - Duration::from_millis(1));
    journal.ended(now - Duration::from_millis(1));
    assert_eq!(told(&mut journal)[2], "0 answered after 0ns");
}

proptest! {
    #[test]
    fn whatever_happens_each_beginning_has_one_end(
        steps in prop::collection::vec((0_u8..4, 0_u32..6, 0_u32..4, 0_usize..4, any::<bool>()), 0..40),
    ) {
        let now = start();
        let mut journal = Journal::new(now);
        let mut lines = Vec::new();
        for (step, id, retries, speculated, plan_empty) in steps {
            match step {
                0 => journal.attempt(id, &1, progress(retries, speculated, plan_empty), now),
                1 => journal.attempt_ended(id, Ended::Answered, now),
                2 => lines.extend(told(&mut journal)),
                _ => journal.attempt_ended(id, Ended::Unanswered, now),
            }
        }
        journal.ended(now);
        lines.extend(told(&mut journal));
        let begun = lines.iter().filter(|line| line.contains(" at ")).count();
        let ended = lines.iter().filter(|line| line.contains("ered after")).count();
        prop_assert_eq!(begun, ended);
        prop_assert_eq!(&lines[0], "began");
        let attempts = format!(" {begun} attempts");
        prop_assert!(lines.last().is_some_and(|line| line.starts_with("ended") && line.contains(&attempts)));
        prop_assert_eq!(lines.iter().filter(|line| line.starts_with("ended")).count(), 1);
    }
}
