//! Pools against a scripted node, where only the inside shows what becomes of those who wait, and of a connection.

use helenus_testkit::mock::{MockCluster, Rows, RunningCluster, query, rows};

use super::admission::{IN_ONE_GO, Rest};
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
