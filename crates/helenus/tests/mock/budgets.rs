//! How often a session does more than it was asked for: retries and speculative attempts, and their bounds.

use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus::policy::{
    Budget, ConstantSpeculativeExecutionPolicy, PercentileSpeculativeExecutionPolicy, RoundRobinPolicy,
    SpeculativeExecutionPolicy,
};
use helenus::protocol::response::ServerError;
use helenus::statement::SimpleStatement;
use helenus::{Error, NotRetried, RequestFailure, Session};
use helenus_testkit::mock::{Reaction, Rows, RunningCluster, error, rows, silence, statement};

use super::{all_up, nodes, settings};

const READ: &str = "SELECT v FROM ks.t";

fn answer() -> Reaction {
    rows(Rows::new([("v", "int")]).row([7]))
}

fn overloaded() -> Reaction {
    error(ServerError::Overloaded { message: String::new() })
}

fn budget(share: f64, per_second: f64) -> Option<Budget> {
    Some(Budget::new(share, per_second).expect("two good numbers"))
}

async fn with(cluster: &RunningCluster, retries: Option<Budget>) -> Session {
    let session = settings(cluster).retry_budget(retries).session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    session
}

fn why(error: &Error) -> Option<&NotRetried> {
    match error {
        Error::Request(failure) => match &**failure {
            RequestFailure::Attempt { not_retried, .. } => not_retried.as_ref(),
            _ => None,
        },
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brown_out_is_not_multiplied() {
    let cluster = nodes(3, 3).on(statement(READ), overloaded()).start().expect("the mock starts");
    let asked = async |budget| {
        let session = with(&cluster, budget).await;
        cluster.clear_received();
        let mut last = None;
        for _ in 0..100 {
            last = session.execute(READ).await.err();
        }
        let counted = session.cluster().failures();
        session.shut_down();
        (cluster.received(&statement(READ)).len(), last.expect("all are overloaded"), counted)
    };
    let (unbounded, _, counted) = asked(None).await;
    assert_eq!(unbounded, 300, "each of a hundred asks all three");
    assert_eq!((counted.retries, counted.retries_refused), (300, 0));
    // Ten at first, and whatever seconds the machine takes.
    let begun = Instant::now();
    let (bounded, error, counted) = asked(budget(0.1, 1.0)).await;
    let most = 100 + 10 + begun.elapsed().as_secs() as usize + 1;
    assert!((105..=most).contains(&bounded), "{bounded}, at most {most}");
    assert!(matches!(why(&error), Some(NotRetried::BudgetSpent)), "{error}");
    assert!(error.to_string().contains("the session's retry budget is used up"), "{error}");
    assert!(bounded as u64 <= 100 + counted.retries, "each was paid for: {counted:?}");
    assert!(counted.retries_refused >= 85, "{counted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_succeeds_earns_and_what_never_left_costs_nothing() {
    let cluster = nodes(2, 2).on(statement(READ), answer()).start().expect("the mock starts");
    let session = with(&cluster, budget(0.1, 0.0)).await;
    // All of it is earned by these.
    for _ in 0..65 {
        session.execute(READ).await.expect("the mock answers");
    }
    let rule = cluster.on(statement(READ), overloaded());
    cluster.clear_received();
    for _ in 0..20 {
        session.execute(READ).await.expect_err("all are overloaded");
    }
    let retried = cluster.received(&statement(READ)).len() - 20;
    // Six, of which every other one finds the plan at its end.
    assert!((2..=4).contains(&retried), "{retried}");
    cluster.remove(rule);
    // A node that is gone: its share goes to the other one, with nothing left to spend.
    cluster.node(1).stop();
    for _ in 0..20 {
        let ended = session.execute(READ).await;
        assert!(
            ended.is_ok() || why(ended.as_ref().unwrap_err()).is_some(),
            "only what was lost on the way: {ended:?}"
        );
    }
    session.execute(READ).await.expect("the other one is there");
    session.execute(READ).await.expect("the other one is there");
}

/// A session that speculates by this policy, with hosts strictly in turn.
async fn speculating(
    cluster: &RunningCluster,
    policy: Arc<dyn SpeculativeExecutionPolicy>,
    budget: Option<Budget>,
) -> Session {
    let session = settings(cluster)
        .load_balancing(Arc::new(RoundRobinPolicy::new()))
        .speculative_execution(policy)
        .speculation_budget(budget)
        .session()
        .await
        .expect("the mock lets everyone in");
    all_up(&session).await;
    session
}

fn idempotent() -> SimpleStatement {
    let mut read = SimpleStatement::new(READ);
    read.options.idempotent = Some(true);
    read
}

#[tokio::test(flavor = "multi_thread")]
async fn speculation_has_a_budget() {
    let slow = answer().delay(Duration::from_millis(40));
    let cluster = nodes(3, 3).on(statement(READ), slow).start().expect("the mock starts");
    let policy = Arc::new(ConstantSpeculativeExecutionPolicy::new(Duration::from_millis(5), 1));
    let sent = async |budget| {
        let session = speculating(&cluster, Arc::clone(&policy) as _, budget).await;
        cluster.clear_received();
        for _ in 0..40 {
            session.execute(idempotent()).await.expect("the mock answers");
        }
        let counted = session.cluster().failures();
        assert_eq!(cluster.received(&statement(READ)).len() as u64, 40 + counted.speculations);
        counted
    };
    let counted = sent(None).await;
    assert!(counted.speculations >= 38 && counted.speculations_refused == 0, "{counted:?}");
    // Where all are slow at once, no more than a tenth is added.
    let counted = sent(budget(0.1, 0.0)).await;
    assert!((1..=4).contains(&counted.speculations), "{counted:?}");
    assert!(counted.speculations_refused >= 34, "{counted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn speculation_by_percentile_begins_when_enough_is_known() {
    let cluster = nodes(3, 3).on(statement(READ), answer()).start().expect("the mock starts");
    let policy = PercentileSpeculativeExecutionPolicy::new(90.0, 1)
        .and_then(|policy| policy.with_bounds(Duration::from_millis(30), Duration::from_millis(60)))
        .expect("a percentile and bounds");
    let session = speculating(&cluster, Arc::new(policy), budget(1.0, 10.0)).await;
    let hang = cluster.on(statement(READ).node(2), silence());
    let mut hasty = idempotent();
    hasty.options.timeout = Some(Duration::from_millis(300));
    // Nothing is known: whoever comes to the silent node waits in vain.
    let mut outcomes = Vec::new();
    for _ in 0..3 {
        outcomes.push(session.execute(hasty.clone()).await.is_ok());
    }
    assert_eq!(outcomes.iter().filter(|ok| !**ok).count(), 1, "{outcomes:?}");
    assert_eq!(session.cluster().failures().speculations, 0);
    cluster.remove(hang);
    for _ in 0..150 {
        session.execute(READ).await.expect("the mock answers");
    }
    // It is reckoned now and then.
    let until = Instant::now() + Duration::from_millis(250);
    while Instant::now() < until {
        session.execute(READ).await.expect("the mock answers");
    }
    cluster.on(statement(READ).node(2), silence());
    let begun = Instant::now();
    for _ in 0..3 {
        session.execute(idempotent()).await.expect("another one is asked after a while");
    }
    assert!(begun.elapsed() >= Duration::from_millis(30), "{:?}", begun.elapsed());
    assert!(session.cluster().failures().speculations >= 1);
}
