//! What is promised without exception, a hundred thousand times: late answers, second answers, counters that meet with
//! faults, requests that are given up (F10, F12, F23, F29).
//!
//! `HELENUS_TEST_SCALE=10` makes ten times as many of each.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use helenus::protocol::Consistency;
use helenus::protocol::response::{ServerError, WriteType};
use helenus::statement::SimpleStatement;
use helenus::{AttemptError, ConnectionError, Error, Session};
use helenus_testkit::mock::{
    Matcher, MockCluster, Reaction, Rows, RunningCluster, error, rows, silence, statement, void,
};

use super::{all_up, connect, is_connected, nodes, settings, until};

const LATE: &str = "SELECT v FROM ks.t WHERE k = -1";
const KEYS: i32 = 10;

/// `count`, as often as the environment asks for.
fn scaled(count: usize) -> usize {
    let scale = std::env::var("HELENUS_TEST_SCALE").map_or(1, |text| text.parse().expect("a whole number"));
    count * scale
}

fn one(value: i32) -> Reaction {
    rows(Rows::new([("v", "int")]).row([value]))
}

fn read(key: i32) -> String {
    format!("SELECT v FROM ks.t WHERE k = {key};")
}

/// Nodes whose rows say which key was asked for.
fn honest(count: usize) -> MockCluster {
    let cluster = nodes(count, 1).on(statement(LATE), one(-1).delay(Duration::from_millis(100)));
    (0..KEYS).fold(cluster, |cluster, key| cluster.on(statement(&read(key)), one(key)))
}

/// Whether all connections of the session owe nothing.
fn owes_nothing(session: &Session) -> bool {
    session.cluster().snapshot().hosts().iter().all(|host| {
        session.pool_state(host).is_some_and(|connections| connections.iter().all(|state| *state == (0, 0)))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn f10_a_hundred_thousand_late_answers_reach_nobody() {
    const EACH: usize = 4000;
    let cluster = honest(1).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let mut late = 0;
    while late < scaled(100_000) {
        let given_up: Vec<_> = (0..EACH).map(|_| session.execute(LATE)).collect();
        let sent = cluster.wait_for(&statement(LATE), EACH, Duration::from_secs(30));
        assert!(sent, "{} of {EACH}", cluster.received(&statement(LATE)).len());
        late += given_up.into_iter().filter(|request| !request.has_ended()).count();
        // While the late answers come in, others are asked for and come in between.
        let wanted: Vec<_> = (0..1000).map(|n| (n % KEYS, session.execute(read(n % KEYS)))).collect();
        for (key, answer) in wanted {
            let result = answer.await.expect("the mock answers");
            assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((key,)));
        }
        until("nothing is owed any more", || owes_nothing(&session)).await;
        cluster.clear_received();
    }
    assert_eq!(cluster.node(0).connections(), 2, "no connection was given up for it");
}

/// A second answer ends its connection, and what was on it is asked for again; nobody gets another's row. (The pure
/// machines get a hundred thousand of them: `helenus-protocol`.)
#[tokio::test(flavor = "multi_thread")]
async fn f12_second_answers_reach_nobody() {
    const EACH: usize = 100;
    // A node that closes its connection gets three attempts a second: many nodes see many second answers.
    let cluster = honest(16).start().expect("the mock starts");
    let mut settings = settings(&cluster);
    settings.config_mut().retry_budget = None;
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    let hosts = session.cluster().snapshot().hosts().to_vec();
    let accepted = || cluster.nodes().map(|node| node.accepted()).sum::<usize>();
    let before = accepted();
    for key in 0..KEYS {
        cluster.on(statement(&read(key)).sometimes(0.02, 12), one(key).copies(2));
    }
    let (mut right, mut failed, mut violations) = (0, 0, 0);
    let begun = Instant::now();
    // On a busy machine the second answer may come when nothing else is on its connection any more: then it takes more of them.
    while accepted() - before < scaled(200) || violations < 100 && begun.elapsed() < Duration::from_secs(60) {
        let key = |n: usize| i32::try_from(n).expect("few") % KEYS;
        let wanted: Vec<_> = (0..EACH).map(|n| (key(n), session.execute(read(key(n))))).collect();
        for (key, answer) in wanted {
            match answer.await {
                Ok(result) => {
                    assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((key,)));
                    right += 1;
                    violations +=
                        result.failed_attempts().iter().filter(|it| is_violation(&it.error)).count();
                }
                // Whoever was asked next may have lost its connection, too, and so on.
                Err(failure) => {
                    assert!(!failure.is_timeout(), "{failure}");
                    failed += 1;
                }
            }
        }
        let connected = || hosts.iter().filter(|host| is_connected(&session, host)).count();
        until("half of them are connected", || connected() > hosts.len() / 2).await;
    }
    assert!(failed < right / 10, "{failed} failed, {right} did not");
    assert!(violations >= 100, "{violations} requests were told that the server broke the protocol");
}

fn is_violation(error: &AttemptError) -> bool {
    matches!(error, AttemptError::Connection(ConnectionError::Protocol(_)))
}

fn write_timeout(write_type: WriteType) -> Reaction {
    error(ServerError::WriteTimeout {
        message: String::new(),
        consistency: Consistency::Quorum,
        received: 1,
        required: 2,
        write_type,
        contentions: None,
    })
}

/// A counter's update whose key ends in `digit`.
fn ending(digit: char) -> Matcher {
    statement("ks.counters").when(move |received| received.text().is_some_and(|text| text.ends_with(digit)))
}

/// What befalls a counter's update, by the last digit of its key; 0 and 1 are left in peace.
fn faulty() -> RunningCluster {
    let unavailable = ServerError::Unavailable {
        message: String::new(),
        consistency: Consistency::Quorum,
        required: 2,
        alive: 1,
    };
    nodes(3, 3)
        .on(statement("ks.counters"), void())
        .on(ending('2'), silence())
        .on(ending('3'), write_timeout(WriteType::Counter))
        .on(ending('4'), write_timeout(WriteType::BatchLog))
        .on(ending('5'), error(ServerError::Overloaded { message: String::new() }))
        .on(ending('6'), error(ServerError::ServerError { message: String::new() }))
        .on(ending('7'), error(unavailable))
        .on(ending('8'), error(ServerError::IsBootstrapping { message: String::new() }))
        .on(ending('9').sometimes(0.005, 23), void().truncate(5).then_reset())
        .start()
        .expect("the mock starts")
}

#[tokio::test(flavor = "multi_thread")]
async fn f23_a_hundred_thousand_updates_of_counters_meet_with_faults_and_none_is_delivered_twice() {
    const EACH: usize = 2000;
    let cluster = faulty();
    let session = connect(&cluster).await;
    let (mut updates, mut written, mut good) = (0, 0, 0);
    while updates < scaled(100_000) {
        let under_way: Vec<_> = (0..EACH)
            .map(|n| {
                let key = updates + n;
                let mut update =
                    SimpleStatement::new(format!("UPDATE ks.counters SET n = n + 1 WHERE k = {key}"));
                // The silent ones do not hold up the others.
                update.options.timeout = (n % 10 == 2).then_some(Duration::from_millis(100));
                (key, session.execute(update))
            })
            .collect();
        let mut succeeded = Vec::new();
        for (key, update) in under_way {
            if update.await.is_ok() {
                succeeded.push(key);
            }
        }
        let mut deliveries: HashMap<String, u32> = HashMap::new();
        for received in cluster.received(&statement("ks.counters")) {
            *deliveries.entry(received.text().expect("it has one").to_owned()).or_default() += 1;
        }
        assert_eq!(cluster.forgotten(), 0);
        for (text, times) in &deliveries {
            // What no replica took is no delivery: each node may say so once.
            let most = if text.ends_with(['7', '8']) { 3 } else { 1 };
            assert!(*times <= most, "{text}: {times} times");
        }
        for key in &succeeded {
            assert!(key % 10 < 2 || key % 10 == 9, "{key} has met with an error and was called good");
        }
        good += succeeded.len();
        written += deliveries.len();
        updates += EACH;
        cluster.clear_received();
        all_up(&session).await;
    }
    // Where a connection is reset, what was on it has failed, too; the next round has it again.
    assert!(written > updates * 3 / 4, "{written} of {updates} were delivered at all");
    assert!(good > updates / 20, "{good} of {updates} were good");
}

#[tokio::test(flavor = "multi_thread")]
async fn f29_a_hundred_thousand_requests_are_dropped_and_nothing_is_left_of_them() {
    const EACH: usize = 2000;
    let cluster = honest(1).start().expect("the mock starts");
    let session = connect(&cluster).await;
    let mut random = sequence(29);
    let mut dropped = 0;
    while dropped < scaled(100_000) {
        let mut wanted = Vec::new();
        let mut soon = Vec::new();
        for n in 0..EACH {
            let key = i32::try_from(n).expect("few") % KEYS;
            let request = session.execute(read(key));
            match random() % 8 {
                // Before it is written, most likely.
                0..=2 => drop(request),
                // While it is written, under way, or answered.
                3..=5 => soon.push(request),
                // Polled once, as by `select!`.
                6 => {
                    let first = tokio::time::timeout(Duration::ZERO, request).await;
                    assert!(first.is_err() || first.is_ok_and(|result| result.is_ok()));
                }
                _ => wanted.push((key, request)),
            }
            if random().is_multiple_of(16) {
                soon.truncate(soon.len() / 2);
                tokio::task::yield_now().await;
            }
        }
        dropped += EACH - wanted.len();
        drop(soon);
        for (key, answer) in wanted {
            let result = answer.await.expect("the mock answers");
            assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((key,)));
        }
        cluster.clear_received();
    }
    until("nothing is owed any more", || owes_nothing(&session)).await;
    assert_eq!(session.queue_state().requests, 0);
    assert_eq!(cluster.node(0).connections(), 2, "no connection was given up for it");
    // Shutting down has nothing to wait for.
    session.cluster().shut_down();
    assert!(matches!(session.execute(read(1)).await, Err(Error::ShutDown)));
}

/// Numbers that look random and are the same in each run.
fn sequence(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state >> 33
    }
}
