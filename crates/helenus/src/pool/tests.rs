//! Pools against a scripted node, where only the inside shows what becomes of those who wait, and of a connection.

use std::time::Duration;

use helenus_testkit::mock::{MockCluster, Rows, RunningCluster, query, rows};

use super::admission::{IN_ONE_GO, Rest};
use super::outage::MOMENT;
use super::*;
use crate::{Cluster, ResponseFuture, Session};

const READ: &str = "SELECT seven";
const MANY: usize = 300;

/// A session whose tasks run only while the test waits, and the pool of its host.
async fn connected() -> (Session, Arc<Pool>, RunningCluster) {
    let seven = rows(Rows::new([("v", "int")]).row([7]));
    let cluster = MockCluster::new(1).on(query(READ), seven).start().expect("the mock starts");
    let settings = Cluster::builder().contact_point(cluster.addresses()[0].ip().to_string());
    let session = settings.session().await.expect("the mock lets everyone in");
    let pool = session.inner.view.load().pools().next().cloned().expect("there is one host");
    (session, pool, cluster)
}

/// As if a thread were letting in those who wait, whoever comes now waits, though there is room.
fn waiting(session: &Session, pool: &Pool) -> Vec<ResponseFuture> {
    pool.admitting.store(1, Ordering::SeqCst);
    pool.awaited.store(1, Ordering::SeqCst);
    let answers = (0..MANY).map(|_| session.execute(READ)).collect();
    assert_eq!(session.queue_state().requests, MANY);
    answers
}

/// It may be a thread that holds what others wait for.
#[tokio::test]
async fn a_thread_lets_in_some_and_a_task_the_rest() {
    let (session, pool, _cluster) = connected().await;
    let answers = waiting(&session, &pool);
    pool.admitting.store(0, Ordering::SeqCst);
    pool.admit();
    assert_eq!(session.queue_state().requests, MANY - IN_ONE_GO);
    // Who comes meanwhile waits behind them, and lets in nobody.
    let late = session.execute(READ);
    assert_eq!(session.queue_state().requests, MANY - IN_ONE_GO + 1);
    for answer in answers.into_iter().chain([late]) {
        answer.await.expect("its turn comes");
    }
    assert_eq!(session.queue_state().requests, 0);
    assert_eq!(pool.admitting.load(Ordering::SeqCst), 0, "it is over");
}

#[tokio::test]
async fn a_task_that_is_dropped_forgets_nobody() {
    let (session, pool, _cluster) = connected().await;
    let answers = waiting(&session, &pool);
    drop(Rest::new(Arc::clone(&pool)).run());
    assert_eq!(session.queue_state().requests, 0);
    for answer in answers {
        answer.await.expect("it was sent");
    }
}

/// Nobody would take it back: its host would be asked last for good.
#[tokio::test]
async fn the_silence_of_a_connection_that_was_replaced_says_nothing() {
    let (session, pool, _cluster) = connected().await;
    let (host, owner) = (Arc::clone(pool.host()), PoolOwner::new(&pool));
    let connection = pool.connections().first().cloned().expect("one is open");
    owner.handle_silence(&connection, true);
    assert!(host.is_set_aside());
    pool.replace(&connection);
    assert!(!host.is_set_aside(), "it was the silent one");
    owner.handle_silence(&connection, true);
    assert!(!host.is_set_aside(), "it owes answers still, and is none of the pool's");
    drop(session);
}

/// Somebody whose last handle a pool may hold while it tells of a change, and whose end closes the connections, as that of a
/// session does.
struct Watcher {
    pool: std::sync::OnceLock<Weak<Pool>>,
    address: SocketAddr,
    /// The handle that others have: dropped when the pool has this many open connections.
    handle: Mutex<Option<(usize, Arc<Self>)>>,
    ended: std::sync::mpsc::Sender<()>,
}

impl PoolObserver for Watcher {
    fn endpoint(&self, _: &Arc<Host>) -> Endpoint {
        plain_endpoint(self.address)
    }

    fn handle_open(&self, _: &Pool, open: &Open) {
        let mut handle = lock(&self.handle);
        let last =
            if handle.as_ref().is_some_and(|(at, _)| *at == open.len()) { handle.take() } else { None };
        drop((handle, last));
    }

    fn handle_connections(&self, _: &Arc<Host>, _: usize, _: Option<&ConnectionError>) {}

    fn handle_return(&self, _: &Arc<Host>, _: &Arc<Connection>) {}
}

impl Drop for Watcher {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.get().and_then(Weak::upgrade) {
            pool.shut_down();
            // Also of those that the plan does not know yet.
            let open = pool.connections();
            open.iter()
                .for_each(|connection| connection.close(ConnectionError::Closed("the session has ended")));
        }
        _ = self.ended.send(());
    }
}

/// A pool of three that is watched until `at` connections are open: its observer is then held by nobody but the pool.
fn watched(
    session: &Session,
    pool: &Pool,
    at: usize,
) -> (Arc<Pool>, Arc<Watcher>, std::sync::mpsc::Receiver<()>) {
    let (ended, has_ended) = std::sync::mpsc::channel();
    let address = pool.host().address();
    let watcher = Arc::new(Watcher { pool: Default::default(), address, handle: Mutex::default(), ended });
    let (observer, of_session) = (Arc::downgrade(&watcher), &session.inner.context);
    let context = PoolContext {
        executor: of_session.executor.clone(),
        connection: of_session.connection.clone(),
        version: of_session.version,
        keyspace: SessionKeyspace::default(),
        waiting: WaitingRoom::new(Default::default(), of_session.executor.clone()),
        draining: Draining::default(),
        observer,
    };
    let plan = PoolPlan::new(3, 8, Arc::new(crate::policy::ConstantReconnectionPolicy::new(MOMENT, None)));
    let watched = Pool::new(Arc::clone(pool.host()), Arc::new(context), plan);
    watcher.pool.set(Arc::downgrade(&watched)).expect("it is set once");
    *lock(&watcher.handle) = Some((at, Arc::clone(&watcher)));
    (watched, watcher, has_ended)
}

/// The end of a session closes its connections, each of which the pool takes out of use: not while it holds the lock for that.
#[test]
fn the_last_handle_to_a_session_is_let_go_after_the_lock() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let was_free = runtime.block_on(async {
        let (session, pool, _cluster) = connected().await;
        let patience = Duration::from_secs(10);
        // While a connection is added: the second closes the first.
        let (adding, watcher, has_ended) = watched(&session, &pool, 2);
        drop(watcher);
        adding.start();
        if has_ended.recv_timeout(patience).is_err() {
            return false;
        }
        // While one is taken out of use: the third of three closes the others.
        let (removing, watcher, has_ended) = watched(&session, &pool, 2);
        let later = lock(&watcher.handle).take();
        removing.start();
        while removing.connections().len() < 3 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        *lock(&watcher.handle) = later;
        drop(watcher);
        let first = removing.connections().first().cloned().expect("three are open");
        let replacing = Arc::clone(&removing);
        std::thread::spawn(move || replacing.remove(first.serial()));
        has_ended.recv_timeout(patience).is_ok() && removing.connections().is_empty()
    });
    // A thread that waits for itself would be waited for.
    runtime.shutdown_background();
    assert!(was_free, "the lock is held when the last handle goes");
}
