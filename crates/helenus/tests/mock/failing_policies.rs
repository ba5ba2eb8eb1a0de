//! Policies of a program's own that panic or cannot decide: one request has it, and the session goes on (F17).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use helenus::cluster::{ClusterBuilder, Snapshot};
use helenus::policy::{
    ConvictionPolicy, HostDistance, HostStateListener, LoadBalancingPolicy, Plan, RetryContext,
    RetryDecision, RetryFailure, RetryPolicy, RoundRobinPolicy, RoutingInfo, SpeculativeExecutionPolicy,
    TimestampGenerator,
};
use helenus::protocol::Consistency;
use helenus::protocol::response::ServerError;
use helenus::statement::{SimpleStatement, Statement};
use helenus::{Error, Host, NotRetried, RequestFailure, Session};
use helenus_testkit::mock::{Reaction, Rows, RunningCluster, error, rows, statement, void};

use super::{all_up, nodes, settings, until};

const READ: &str = "SELECT v FROM ks.t";
const FAILING: &str = "SELECT l FROM ks.t";
const WRITE: &str = "INSERT INTO ks.t (k, v) VALUES (1, 2)";

fn overloaded() -> Reaction {
    error(ServerError::Overloaded { message: "too much".into() })
}

fn three() -> RunningCluster {
    nodes(3, 3)
        .on(statement(READ), rows(Rows::new([("v", "int")]).row([7])))
        .on(statement(FAILING), overloaded())
        .on(statement(WRITE), void())
        .start()
        .expect("the mock starts")
}

async fn session(settings: ClusterBuilder) -> Session {
    let session = settings.session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    session
}

async fn still_works(session: &Session) {
    for _ in 0..6 {
        session.execute(READ).await.expect("the session is none the worse");
    }
}

fn not_retried(error: &Error) -> &NotRetried {
    let Error::Request(failure) = error else { panic!("{error}") };
    let RequestFailure::Attempt { not_retried: Some(why), .. } = &**failure else { panic!("{error}") };
    why
}

#[derive(Debug)]
struct Panics;

impl RetryPolicy for Panics {
    fn decide(&self, _: &RetryContext<'_>) -> RetryDecision {
        panic!("the retry policy of this test")
    }
}

#[derive(Debug)]
struct Fails;

impl RetryPolicy for Fails {
    fn decide(&self, context: &RetryContext<'_>) -> RetryDecision {
        context.fail(std::io::Error::other("nothing to go by"))
    }

    fn may_block(&self) -> bool {
        true
    }
}

#[derive(Debug)]
struct CannotSay;

impl RetryPolicy for CannotSay {
    fn decide(&self, _: &RetryContext<'_>) -> RetryDecision {
        RetryDecision::NEXT_HOST
    }

    fn may_block(&self) -> bool {
        panic!("whether it may block")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f17_a_retry_policy_that_fails_is_the_reason_that_is_told() {
    let cluster = three();
    for (policy, told) in [
        (Arc::new(Panics) as Arc<dyn RetryPolicy>, "panicked: the retry policy of this test"),
        (Arc::new(Fails), "nothing to go by"),
        (Arc::new(CannotSay), "panicked: whether it may block"),
    ] {
        let session = session(settings(&cluster).retry_policy(policy)).await;
        cluster.clear_received();
        let error = session.execute(FAILING).await.expect_err("it is not tried again");
        assert_eq!(cluster.received(&statement(FAILING)).len(), 1);
        assert!(matches!(error.server_error(), Some(ServerError::Overloaded { .. })), "{error}");
        let NotRetried::PolicyFailed(failure) = not_retried(&error) else { panic!("{error}") };
        assert!(failure.to_string().contains(told), "{failure}");
        assert!(error.to_string().contains(told), "{error}");
        still_works(&session).await;
    }
}

#[derive(Debug, Default)]
struct Balancing {
    panics_at: &'static str,
    child: RoundRobinPolicy,
}

impl LoadBalancingPolicy for Balancing {
    fn distance(&self, snapshot: &Arc<Snapshot>, host: &Host) -> HostDistance {
        assert_ne!(self.panics_at, "distance");
        self.child.distance(snapshot, host)
    }

    fn plan(&self, snapshot: &Arc<Snapshot>, query: &RoutingInfo<'_>) -> Plan {
        assert!(self.panics_at != "plan" || query.consistency != Consistency::All, "the plan of this test");
        let preparing = query.consistency == RoutingInfo::default().consistency && query.keyspace.is_none();
        assert!(self.panics_at != "preparing" || !preparing, "the plan to prepare by");
        let (all, panics_at) = (query.consistency == Consistency::All, self.panics_at);
        Plan::from_iterator(self.child.plan(snapshot, query).enumerate().map(move |(n, host)| {
            assert!(panics_at != "later" || !all || n == 0, "the second host");
            host
        }))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f17_a_load_balancing_policy_that_panics_fails_its_request() {
    let cluster = three();
    let marked = |cql: &str| {
        let mut marked = SimpleStatement::new(cql);
        marked.options.consistency = Some(Consistency::All);
        Statement::from(marked)
    };
    let with = |panics_at| {
        settings(&cluster).load_balancing(Arc::new(Balancing { panics_at, ..Balancing::default() }))
    };

    let plan = session(with("plan")).await;
    let error = plan.execute(marked(READ)).await.expect_err("there is no plan");
    assert!(matches!(error, Error::Policy(_)), "{error}");
    assert!(
        error.to_string().contains("the load-balancing policy panicked: the plan of this test"),
        "{error}"
    );
    still_works(&plan).await;

    let preparing = session(with("preparing")).await;
    let error = preparing.prepare(READ).await.expect_err("there is no plan");
    assert!(matches!(error, Error::Policy(_)), "{error}");
    assert!(
        error.to_string().contains("the load-balancing policy panicked: the plan to prepare by"),
        "{error}"
    );
    preparing.execute(marked(READ)).await.expect("the session is none the worse");

    // On an I/O thread, when the first host could not do it.
    let later = session(with("later")).await;
    let error = later.execute(marked(FAILING)).await.expect_err("there is no second host");
    assert!(
        matches!(&error, Error::Request(failure) if matches!(**failure, RequestFailure::Exhausted { .. })),
        "{error}"
    );
    still_works(&later).await;

    let distance = session(with("distance")).await;
    still_works(&distance).await;
}

#[derive(Debug)]
struct Other;

impl TimestampGenerator for Other {
    fn timestamp(&self, _: i64) -> Option<i64> {
        panic!("the generator of this test")
    }
}

impl SpeculativeExecutionPolicy for Other {
    fn delay(&self, _: u32, _: &RoutingInfo<'_>) -> Option<Duration> {
        panic!("the delay of this test")
    }

    fn wants_latencies(&self) -> bool {
        true
    }

    fn record(&self, _: Duration, _: Instant) {
        panic!("the record of this test")
    }
}

impl ConvictionPolicy for Other {
    fn may_block(&self) -> bool {
        panic!("whether it may block")
    }

    fn convict(&self, _: &Host, _: &(dyn std::error::Error + 'static)) -> bool {
        panic!("the conviction of this test")
    }

    fn reset(&self, _: &Host) {
        panic!("the acquittal of this test")
    }
}

impl HostStateListener for Other {
    fn on_down(&self, _: &Arc<Host>) {
        panic!("the listener of this test")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f17_whatever_else_panics_fails_what_it_was_asked_for() {
    let cluster = three();
    let mut settings =
        settings(&cluster).timestamps(Some(Arc::new(Other))).speculative_execution(Arc::new(Other));
    settings.config_mut().conviction = Arc::new(Other);
    let session = session(settings).await;
    session.cluster().add_listener(Arc::new(Other));
    let heard = Arc::new(Counting::default());
    session.cluster().add_listener(Arc::clone(&heard) as _);
    let error = session.execute(WRITE).await.expect_err("there is no timestamp");
    assert!(
        error.to_string().contains("the timestamp generator panicked: the generator of this test"),
        "{error}"
    );
    let mut marked = SimpleStatement::new(READ);
    marked.options.idempotent = Some(true);
    marked.options.timestamp = Some(1);
    let error = session.execute(marked).await.expect_err("there is no delay");
    assert!(error.to_string().contains("the speculative-execution policy panicked"), "{error}");
    still_works(&session).await;

    let host = session.cluster().snapshot().host_at(cluster.node(2).address()).expect("it is known").clone();
    cluster.node(2).stop();
    until("it is down", || !host.is_up()).await;
    until("the other listener has heard", || heard.0.load(Ordering::Relaxed) == 1).await;
    still_works(&session).await;
}

/// Blocks in each call until it is let go.
#[derive(Debug)]
struct Blocking(std::sync::Mutex<std::sync::mpsc::Receiver<()>>, AtomicUsize);

impl HostStateListener for Blocking {
    fn on_down(&self, _: &Arc<Host>) {
        self.1.fetch_add(1, Ordering::SeqCst);
        // Until the other end is gone.
        let _gone = self.0.lock().expect("nobody panics").recv_timeout(Duration::from_secs(20));
    }
}

#[tokio::test]
async fn f17_a_listener_that_blocks_holds_up_nobody_else() {
    let cluster = three();
    let session = session(settings(&cluster)).await;
    let (hold, held) = std::sync::mpsc::channel();
    let blocking = Arc::new(Blocking(std::sync::Mutex::new(held), AtomicUsize::new(0)));
    session.cluster().add_listener(Arc::clone(&blocking) as _);
    let host = session.cluster().snapshot().host_at(cluster.node(2).address()).expect("it is known").clone();
    let begun = Instant::now();
    cluster.node(2).stop();
    until("it is told", || blocking.1.load(Ordering::SeqCst) == 1).await;
    assert!(!host.is_up());
    still_works(&session).await;
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    drop(hold);
}

#[derive(Debug, Default)]
struct Counting(AtomicUsize);

impl HostStateListener for Counting {
    fn on_down(&self, _: &Arc<Host>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Retries twice with what it knows, and writes down what it was told.
#[derive(Debug, Default)]
struct Remembers(std::sync::Mutex<Vec<String>>);

impl RetryPolicy for Remembers {
    fn decide(&self, context: &RetryContext<'_>) -> RetryDecision {
        let before = context.state.with(|count: &mut u32| std::mem::replace(count, *count + 1));
        let Statement::Simple(simple) = context.statement else { panic!("another statement") };
        let RetryFailure::Unavailable { required, alive } = context.failure else {
            panic!("another failure")
        };
        assert!(context.elapsed < Duration::from_secs(5) && !context.elapsed.is_zero());
        assert!(context.host.is_up());
        self.0.lock().expect("nobody panics").push(format!(
            "{} {required}/{alive} {} r{} a{} s{before}",
            simple.text, context.consistency, context.retries, context.attempts
        ));
        if before < 2 { RetryDecision::NEXT_HOST } else { RetryDecision::Rethrow }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_told_what_it_needs_and_remembers_each_request() {
    let unavailable = ServerError::Unavailable {
        message: String::new(),
        consistency: Consistency::Quorum,
        required: 2,
        alive: 1,
    };
    let cluster = nodes(3, 3).on(statement(READ), error(unavailable)).start().expect("the mock starts");
    let policy = Arc::new(Remembers::default());
    let session = session(settings(&cluster).retry_policy(Arc::clone(&policy) as _)).await;
    for _ in 0..2 {
        session.execute(READ).await.expect_err("too few are alive");
    }
    let told = policy.0.lock().expect("nobody panics").clone();
    let one: Vec<_> = (0..3).map(|n| format!("{READ} 2/1 LOCAL_ONE r{n} a{} s{n}", n + 1)).collect();
    assert_eq!(told, [one.clone(), one].concat());
}
