//! Policies: which host is asked, whether again, and whether a second one where the first is slow; and execution profiles,
//! which have a name for each way of asking.

mod node;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use helenus::policy::{
    Budget, ConstantSpeculativeExecutionPolicy, DcAwareRoundRobinPolicy, DefaultRetryPolicy,
    DowngradingConsistencyRetryPolicy, ExponentialBackoffRetryPolicy, FallthroughRetryPolicy,
    PercentileSpeculativeExecutionPolicy, RetryContext, RetryDecision, RetryPolicy, TokenAwarePolicy,
};
use helenus::protocol::Consistency;
use helenus::{ExecutionProfile, SimpleStatement, Statement};
use uuid::Uuid;

/// A retry policy of our own: decides as the default one does, and counts what it was asked.
#[derive(Debug, Default)]
struct Counting {
    asked: AtomicU64,
    inner: DefaultRetryPolicy,
}

impl RetryPolicy for Counting {
    fn decide(&self, context: &RetryContext<'_>) -> RetryDecision {
        self.asked.fetch_add(1, Ordering::Relaxed);
        println!("attempt failed: {:?}", context.failure);
        // Not known to be safe to run twice: a policy of our own has to look at that by itself.
        if context.idempotent { self.inner.decide(context) } else { RetryDecision::Rethrow }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Which host: a replica of the row, in this data centre. (It is what is done by default, with the contacted one.)
    let near = DcAwareRoundRobinPolicy::new(Some("datacenter1"));
    let balancing = TokenAwarePolicy::new(Arc::new(near));
    // Whether again: up to three times, after pauses of 20 ms to 1 s that double.
    let backoff = ExponentialBackoffRetryPolicy::new(3, Duration::from_millis(20), Duration::from_secs(1))?;
    // Whether a second host: where it takes longer than 99 of 100 requests lately did, within these bounds.
    let speculation = PercentileSpeculativeExecutionPolicy::new(99.0, 1)?
        .with_bounds(Duration::from_millis(5), Duration::from_millis(500))?;

    // For pages that people wait for: an older answer is better than none, and a second host may overtake the first.
    let dashboard = ExecutionProfile::builder()
        .consistency(Consistency::Two)
        .timeout(Duration::from_secs(2))
        .retry_policy(Arc::new(DowngradingConsistencyRetryPolicy))
        .speculative_execution(Arc::new(ConstantSpeculativeExecutionPolicy::new(
            Duration::from_millis(50),
            1,
        )))
        .build();
    // For what must be right or not be at all.
    let ledger = ExecutionProfile::builder()
        .consistency(Consistency::Two)
        .retry_policy(Arc::new(FallthroughRetryPolicy))
        .build();

    let session = node::settings()
        .load_balancing(Arc::new(balancing))
        .retry_policy(Arc::new(backoff))
        .speculative_execution(Arc::new(speculation))
        // One retry for five requests that succeed, and one a second: a cluster in trouble is not given more to do.
        .retry_budget(Some(Budget::new(0.2, 1.0)?))
        .execution_profile("dashboard", dashboard)
        .execution_profile("ledger", ledger)
        .session()
        .await?;
    node::create_users(&session).await?;
    let insert = session.prepare("INSERT INTO users (id, name) VALUES (?, ?)").await?;
    session.execute(insert.bind((Uuid::new_v4(), "Ann O'Nymous"))?).await?;

    // Two replicas cannot answer where a row has one: the one profile makes do with it, the other does not.
    let read = Statement::from("SELECT name FROM users");
    let result = session.execute(read.clone().with_profile(&session.execution_profile("dashboard")?)).await?;
    for attempt in result.failed_attempts() {
        println!("dashboard: {} said no at first: {}", attempt.host, attempt.error);
    }
    assert_eq!((result.failed_attempts().len(), result.rows().count()), (1, 1));
    let refused = session.execute(read.with_profile(&session.execution_profile("ledger")?)).await;
    println!("ledger: {}", refused.err().ok_or("one replica is not two")?);

    // A statement's own options stand above its profile's, and those above the session's. The explicit mark allows it to be
    // run by two hosts at a time.
    let counting = Arc::new(Counting::default());
    let mut own = SimpleStatement::new("SELECT name FROM users");
    own.options.consistency = Some(Consistency::Three);
    own.options.idempotent = Some(true);
    own.options.retry_policy = Some(counting.clone());
    let refused = session.execute(own).await;
    println!("our own: {}", refused.err().ok_or("one replica is not three")?);

    let asked = counting.asked.load(Ordering::Relaxed);
    assert!(asked > 0);
    println!("done: a read by one replica in place of two, one refused, our own policy asked {asked} times");
    session.cluster().shut_down();
    Ok(())
}
