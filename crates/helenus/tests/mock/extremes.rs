//! Settings at the ends of what can be said: the longest times, more connections than there may be. What is too much is refused
//! or cut; nothing panics.

use std::time::Duration;

use helenus::config::{MOST_CONNECTIONS, PoolSize};
use helenus::protocol::RequestOpcode;
use helenus::protocol::response::{
    Event, SchemaChange, SchemaChangeKind, SchemaTarget, StatusChange, TopologyChange,
};
use helenus::{Error, SimpleStatement};
use helenus_testkit::mock::{opcode, usual};

use super::{all_up, nodes, settings, until};

#[tokio::test(flavor = "multi_thread")]
async fn times_may_be_as_long_as_can_be_said() {
    for forever in [Duration::MAX, Duration::MAX / 3] {
        let cluster = nodes(2, 2).start().expect("the mock starts");
        let mut settings = settings(&cluster).request_timeout(Some(forever));
        let config = settings.config_mut();
        config.topology_refresh_window = forever;
        config.schema_refresh_window = forever;
        config.status_refresh_window = forever;
        config.max_schema_agreement_wait = forever;
        config.control_timeout = forever;
        config.connection.connect_timeout = Some(forever);
        config.connection.heartbeat_interval = Some(forever);
        config.connection.heartbeat_timeout = forever;
        config.connection.set_aside_after = Some(forever);
        let session = settings.session().await.expect("the mock lets everyone in");
        all_up(&session).await;
        let address = cluster.node(1).address();
        let target = SchemaTarget::Keyspace;
        let change = SchemaChange { change: SchemaChangeKind::Updated, keyspace: "ks".into(), target };
        for _ in 0..2 {
            for event in [
                Event::StatusChange { status: StatusChange::Up, address },
                Event::TopologyChange { change: TopologyChange::New, address },
                Event::SchemaChange(change.clone()),
            ] {
                cluster.push_event(&event).expect("it can be said");
            }
            // Whoever listens to those reads this, too.
            session.cluster().refresh().await.expect("somebody watches");
        }
        let changed = session.execute(SimpleStatement::new("CREATE TABLE ks.fresh (k int PRIMARY KEY)"));
        assert!(changed.await.expect("the mock answers").is_schema_agreed());
        assert!(session.cluster().await_schema_agreement(forever).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_host_gets_more_connections_than_there_may_be() {
    let cluster = nodes(1, 1).start().expect("the mock starts");
    for settings in [
        settings(&cluster).connections_per_host(MOST_CONNECTIONS + 1),
        settings(&cluster).connections_per_remote_host(usize::MAX),
    ] {
        let failure = settings.connect().await.expect_err("it is too much");
        let (Error::Configuration(why), limit) = (&failure, MOST_CONNECTIONS.to_string()) else {
            panic!("{failure}")
        };
        assert!(why.contains("pool_size") && why.contains(&limit), "{why}");
    }
    let watcher = settings(&cluster).connections_per_host(MOST_CONNECTIONS).connect().await;
    let watcher = watcher.expect("so many may be");
    watcher.set_pool_size(PoolSize { local: usize::MAX, remote: 1 });
    assert_eq!(watcher.pool_size(), PoolSize { local: MOST_CONNECTIONS, remote: 1 });
}

/// However many are wanted: no more than eight are under way at a time, and all are there in the end.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_pool_is_opened_a_few_at_a_time() {
    let late = usual().delay(Duration::from_millis(100));
    let cluster = nodes(1, 1).on(opcode(RequestOpcode::Startup).from(3), late);
    let cluster = cluster.start().expect("the mock starts");
    let session = settings(&cluster).connections_per_host(40).session().await.expect("it lets everyone in");
    let host = session.cluster().snapshot().hosts()[0].clone();
    let mut most = 0;
    until("all are open", || {
        // In this order: what is opened in between is under way no longer.
        let accepted = cluster.node(0).accepted() - 1;
        let open = session.pool_state(&host).map_or(0, |open| open.len());
        most = most.max(accepted.saturating_sub(open));
        open == 40
    })
    .await;
    assert!((2..=8).contains(&most), "{most} at a time");
}
