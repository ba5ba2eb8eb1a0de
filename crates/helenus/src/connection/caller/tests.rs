//! Callers that do their connection's I/O, against a scripted node: what the turn must not change, and that it is taken.

use std::sync::Barrier;
use std::sync::atomic::Ordering;
use std::thread;

use helenus_testkit::mock::{
    MockCluster, Reaction, Rows, RunningCluster, close, query, reset, rows, silence,
};

use super::*;
use crate::cluster::ClusterBuilder;
use crate::statement::SimpleStatement;
use crate::{Cluster, Error, IoThreads, ResponseFuture, Session};

const NUMBERS: i32 = 50;
const SECOND: Duration = Duration::from_secs(1);

/// A node, a session with it whose connection's task runs on a thread of its own, and that connection.
struct Pair {
    session: Session,
    connection: Arc<Connection>,
    cluster: RunningCluster,
    threads: Option<IoThreads>,
}

impl Pair {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut crate::config::Config)) -> Self {
        let cluster = node();
        let mut builder = Cluster::builder().contact_point(cluster.addresses()[0].ip().to_string());
        change(builder.config_mut());
        Self::connected(cluster, builder)
    }

    fn connected(cluster: RunningCluster, builder: ClusterBuilder) -> Self {
        let threads = IoThreads::start(1).expect("a thread");
        let session = threads.executor().block_on(builder.session()).expect("the mock lets everyone in");
        let view = session.inner.view.load_full();
        let connection = view.pools().find_map(|pool| pool.connections().first().cloned());
        let connection = connection.expect("one is open");
        Self { session, connection, cluster, threads: Some(threads) }
    }

    /// A pair whose turn is lent.
    fn lent() -> Self {
        let pair = Self::new();
        pair.warm_up();
        pair
    }

    fn warm_up(&self) {
        let before = self.connection.turn.times_taken();
        for number in (0..NUMBERS).cycle().take(10_000) {
            assert_eq!(self.ask(number), number);
            if self.connection.turn.times_taken() > before {
                return;
            }
        }
        panic!("the turn is not lent");
    }

    fn begin(&self, cql: &str, timeout: Duration) -> ResponseFuture {
        let mut statement = SimpleStatement::new(cql);
        statement.options.timeout = Some(timeout);
        self.session.execute_then_wait(statement)
    }

    fn run(&self, cql: &str, timeout: Duration) -> Result<i32, Error> {
        let mut answer = self.begin(cql, timeout);
        while !answer.wait(Duration::from_millis(50)) {}
        let result = answer.take().expect("it has ended")?;
        Ok(result.first_as::<(i32,)>()?.expect("a row").0)
    }

    fn ask(&self, number: i32) -> i32 {
        self.run(&text(number), 10 * SECOND).expect("an answer")
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        self.session.cluster().shut_down();
        self.threads.take().into_iter().for_each(IoThreads::stop);
    }
}

/// It answers `SELECT number N;` with N, `SLOW` after 300 milliseconds, and never to `SILENT`.
fn node() -> RunningCluster {
    let mut mock = MockCluster::new(1)
        .on(query("SLOW"), numbered(-1).delay(Duration::from_millis(300)))
        .on(query("SILENT"), silence());
    for number in 0..NUMBERS {
        mock = mock.on(query(&text(number)), numbered(number));
    }
    mock.start().expect("the mock starts")
}

fn text(number: i32) -> String {
    format!("SELECT number {number};")
}

fn numbered(number: i32) -> Reaction {
    rows(Rows::new([("v", "int")]).row([number]))
}

#[test]
fn a_lone_caller_does_its_own_io() {
    let pair = Pair::new();
    for number in (0..NUMBERS).cycle().take(2000) {
        assert_eq!(pair.ask(number), number);
    }
    let taken = pair.connection.turn.times_taken();
    // On a machine that is busy a caller may be away for so long that the turn is taken back now and then.
    assert!(taken > 1000, "{taken} of 2000 requests were performed by their caller");
}

#[cfg(feature = "tls")]
#[test]
fn tls_of_our_own_is_no_hindrance() {
    use helenus_testkit::certificates::{Certificates, ServerCertificate};
    use helenus_testkit::tls_front::Settings;

    let directory = std::env::temp_dir().join(format!("helenus-caller-{}", std::process::id()));
    let certificates = Certificates::generate(&directory, &["127.0.0.1".parse().expect("an address")]);
    let certificates = certificates.expect("they can be made");
    let cluster = node();
    let target = cluster.addresses()[0];
    let front = Settings::new(certificates.server(ServerCertificate::Good)).start(move |_| Some(target));
    let front = front.expect("the front starts");
    let tls = crate::tls::TlsConfig::builder().authority_file(certificates.ca()).build();
    let builder = Cluster::builder()
        .contact_point(front.address().ip().to_string())
        .port(front.address().port())
        .tls(tls.expect("the settings are sound"));
    let pair = Pair::connected(cluster, builder);
    for number in (0..NUMBERS).cycle().take(1000) {
        assert_eq!(pair.ask(number), number);
    }
    let taken = pair.connection.turn.times_taken();
    assert!(taken > 300, "{taken} of 1000 requests were performed by their caller");
    drop(pair);
    std::fs::remove_dir_all(directory).expect("it is ours");
}

#[test]
fn who_awaits_has_the_task_read() {
    let pair = Pair::lent();
    let taken = pair.connection.turn.times_taken();
    for number in 0..NUMBERS {
        let future = pair.session.execute(text(number).as_str());
        let executor = pair.threads.as_ref().expect("they run").executor();
        let result = executor.block_on(async { tokio::time::timeout(SECOND, future).await });
        let result = result.expect("it is not forgotten").expect("an answer");
        assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((number,)));
    }
    assert_eq!(pair.connection.turn.times_taken(), taken);
}

#[test]
fn a_request_whose_caller_never_waits_is_not_forgotten() {
    let pair = Pair::lent();
    let taken = pair.connection.turn.times_taken();
    let future = pair.begin(&text(7), 10 * SECOND);
    assert_eq!(pair.connection.turn.times_taken(), taken + 1);
    let executor = pair.threads.as_ref().expect("they run").executor();
    let result = executor.block_on(async { tokio::time::timeout(2 * SECOND, future).await });
    let result = result.expect("the task takes the turn back").expect("an answer");
    assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((7,)));
}

impl Pair {
    /// The I/O thread can do nothing until what is returned is dropped.
    fn hold_io_thread(&self) -> std::sync::mpsc::Sender<()> {
        let (held, holding) = std::sync::mpsc::channel();
        let (release, released) = std::sync::mpsc::channel::<()>();
        self.threads.as_ref().expect("they run").executor().spawn(async move {
            held.send(()).expect("the test waits");
            let _gone = released.recv();
        });
        holding.recv().expect("the task runs");
        release
    }
}

#[test]
fn whoever_does_not_wait_itself_gives_its_turn_up_at_once() {
    use std::future::Future;
    use std::task::{Context, Waker};

    let ways: [(&str, fn(&mut Option<ResponseFuture>)); 3] = [
        ("dropped", |future| drop(future.take())),
        ("awaited", |future| {
            let mut context = Context::from_waker(Waker::noop());
            let future = future.as_mut().expect("it is there");
            assert!(std::pin::Pin::new(future).poll(&mut context).is_pending());
        }),
        ("told", |future| {
            future.as_ref().expect("it is there").join_group(&Arc::default(), 0);
        }),
    ];
    for (way, give_up) in ways {
        let pair = Pair::lent();
        let flush = || pair.connection.signals.load(Ordering::SeqCst) & FLUSH;
        loop {
            let held = pair.hold_io_thread();
            let before = pair.connection.turn.times_taken();
            let mut future = Some(pair.begin(&text(7), 10 * SECOND));
            if pair.connection.turn.times_taken() > before {
                assert_eq!(flush(), 0, "its caller is to write");
                give_up(&mut future);
                assert_eq!(flush(), FLUSH, "{way}: the task is to write");
                break;
            }
            // The task had just taken the turn back.
            drop(held);
            assert!(future.is_some_and(|future| future.wait(10 * SECOND)));
            pair.warm_up();
        }
    }
}

#[test]
fn a_slow_request_delays_nobody() {
    let pair = Pair::lent();
    let fastest = thread::scope(|scope| {
        let slow = scope.spawn(|| pair.run("SLOW", 10 * SECOND));
        while pair.connection.in_flight() == 0 {
            thread::yield_now();
        }
        let time = |number| {
            let begun = Instant::now();
            assert_eq!(pair.ask(number), number);
            begun.elapsed()
        };
        // The slow one is under way meanwhile; the machine may be busy once, and not ten times.
        let fastest = (0..10).map(time).min();
        assert_eq!(slow.join().expect("it waits").expect("an answer"), -1);
        fastest
    });
    assert!(fastest < Some(Duration::from_millis(100)), "{fastest:?}");
}

#[test]
fn deadlines_hold_and_late_answers_reach_nobody() {
    let pair = Pair::lent();
    for round in 0..5 {
        let begun = Instant::now();
        let failure = pair.run("SLOW", Duration::from_millis(50)).expect_err("it is too slow");
        assert!(failure.is_timeout(), "{failure}");
        assert!(begun.elapsed() >= Duration::from_millis(49), "{:?}", begun.elapsed());
        assert!(begun.elapsed() < SECOND, "{:?}", begun.elapsed());
        for number in (0..NUMBERS).skip(round) {
            assert_eq!(pair.ask(number), number);
        }
    }
    let patience = Instant::now() + 10 * SECOND;
    while pair.connection.orphans() > 0 {
        assert!(Instant::now() < patience, "late answers are not read");
        thread::sleep(Duration::from_millis(5));
    }
    pair.warm_up();
    assert!(pair.connection.ended().is_none());
}

#[test]
fn a_connection_that_dies_in_a_callers_turn_ends_its_request() {
    for reaction in [close, reset] {
        let pair = Pair::lent();
        pair.cluster.on(query("INSERT INTO dies"), reaction());
        let begun = Instant::now();
        let failure = pair.run("INSERT INTO dies", 10 * SECOND).expect_err("the connection is gone");
        assert!(!failure.is_timeout(), "{failure}");
        assert!(begun.elapsed() < 5 * SECOND, "{:?}", begun.elapsed());
        assert!(pair.connection.ended().is_some());
    }
}

#[test]
fn an_idle_connection_that_dies_while_it_is_lent_is_noticed() {
    let pair = Pair::lent();
    pair.cluster.node(0).close_connections();
    let patience = Instant::now() + 5 * SECOND;
    while pair.connection.ended().is_none() {
        assert!(Instant::now() < patience, "nobody reads");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_shutdown_wakes_the_caller() {
    // While it polls, and after the task has taken the turn back.
    for pause in [Duration::from_millis(3), Duration::from_millis(60)] {
        let pair = Pair::lent();
        thread::scope(|scope| {
            let silent = scope.spawn(|| pair.run("SILENT", 30 * SECOND));
            thread::sleep(pause);
            let begun = Instant::now();
            pair.session.shut_down();
            let failure = silent.join().expect("it waits").expect_err("nobody answers");
            assert!(matches!(failure, Error::ShutDown), "{failure}");
            assert!(begun.elapsed() < 5 * SECOND, "{:?}", begun.elapsed());
        });
    }
}

#[test]
fn a_heartbeat_goes_on_beside_callers() {
    let pair = Pair::with(|config| {
        config.connection.heartbeat_interval = Some(Duration::from_millis(100));
        config.connection.heartbeat_timeout = 2 * SECOND;
    });
    let until = Instant::now() + SECOND;
    for number in (0..NUMBERS).cycle() {
        if Instant::now() > until {
            break;
        }
        assert_eq!(pair.ask(number), number);
        if number == 0 {
            thread::sleep(Duration::from_millis(150));
        }
    }
    pair.warm_up();
    thread::sleep(Duration::from_millis(500));
    assert!(pair.connection.ended().is_none(), "{:?}", pair.connection.ended());
}

#[test]
fn a_node_that_is_silent_to_its_caller_is_set_aside() {
    let pair = Pair::with(|config| config.connection.set_aside_after = Some(Duration::from_millis(200)));
    pair.warm_up();
    let host = pair.session.cluster().snapshot().hosts()[0].clone();
    pair.cluster.node(0).pause();
    let failure = pair.run(&text(1), SECOND).expect_err("it is silent");
    assert!(failure.is_timeout(), "{failure}");
    assert!(host.is_set_aside());
    pair.cluster.node(0).resume();
    pair.warm_up();
    assert!(!host.is_set_aside());
}

#[test]
fn threads_tasks_and_callers_get_their_own_rows() {
    let pair = Pair::lent();
    let callers: i32 = 4;
    let begin = Barrier::new(3);
    thread::scope(|scope| {
        for caller in 0..callers {
            let (pair, begin) = (&pair, &begin);
            scope.spawn(move || {
                // One after another they join the first.
                if caller > 1 {
                    begin.wait();
                }
                for number in (0..NUMBERS).cycle().skip(7 * caller as usize).take(1500) {
                    assert_eq!(pair.ask(number), number);
                }
            });
        }
        begin.wait();
        let executor = pair.threads.as_ref().expect("they run").executor();
        for round in 0..30 {
            let futures: Vec<_> =
                (0..NUMBERS).map(|number| pair.session.execute(text(number).as_str())).collect();
            for (number, future) in (0..).zip(futures) {
                let result = executor.block_on(future).expect("an answer");
                assert_eq!(result.first_as::<(i32,)>().expect("an int"), Some((number,)), "{round}");
            }
            thread::sleep(Duration::from_millis(5));
        }
    });
    pair.warm_up();
    assert_eq!((pair.connection.in_flight(), pair.connection.orphans()), (0, 0));
}
