//! The `metrics` crate's recorder: what it is given, by which names, with which labels.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use helenus::protocol::response::ServerError;
use helenus_testkit::mock::{Rows, error, rows, silence, statement};
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

use super::{READ, nodes, observed, until, within};

/// Each key as text, with the last number and how many there were.
type Kept = Arc<Mutex<BTreeMap<String, (f64, usize)>>>;

#[derive(Debug, Clone, Default)]
struct Keeper(Kept);

#[derive(Debug)]
struct Cell(Kept, String);

impl Cell {
    fn set(&self, value: f64) {
        let mut kept = self.0.lock().unwrap();
        let cell = kept.entry(self.1.clone()).or_default();
        *cell = (value, cell.1 + 1);
    }
}

impl CounterFn for Cell {
    fn increment(&self, _: u64) {
        panic!("counters are set to what was counted");
    }

    fn absolute(&self, value: u64) {
        self.set(value as f64);
    }
}

impl GaugeFn for Cell {
    fn increment(&self, _: f64) {
        panic!("gauges are set");
    }

    fn decrement(&self, _: f64) {
        panic!("gauges are set");
    }

    fn set(&self, value: f64) {
        Self::set(self, value);
    }
}

impl HistogramFn for Cell {
    fn record(&self, value: f64) {
        self.set(value);
    }
}

impl Keeper {
    fn cell(&self, key: &Key) -> Arc<Cell> {
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        Arc::new(Cell(Arc::clone(&self.0), format!("{} {}", key.name(), labels.join(" "))))
    }

    fn all(&self) -> BTreeMap<String, (f64, usize)> {
        self.0.lock().unwrap().clone()
    }
}

impl Recorder for Keeper {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.cell(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.cell(key))
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.cell(key))
    }
}

// The recorder is that of the thread, so everything is to happen on this one.
#[tokio::test]
async fn a_recorder_gets_durations_at_once_and_the_rest_now_and_then() {
    let invalid = ServerError::Invalid { message: "c4nary".into() };
    let cluster = nodes(1, 1)
        .on(statement(READ), rows(Rows::new([("v", "int")]).row([7])))
        .on(statement("wrong"), error(invalid))
        .on(statement("silent"), silence())
        .start()
        .expect("the mock starts");
    let keeper = Keeper::default();
    let _guard = metrics::set_default_local_recorder(&keeper);
    let session = observed(&cluster, |what| what.publish_every = Some(Duration::from_millis(20))).await;
    session.set_keyspace("ks").await.expect("it is there");
    keeper.0.lock().unwrap().clear();
    session.execute(READ).await.expect("the mock answers");
    session.execute("SELECT wrong, 'c4nary'").await.expect_err("it is");
    session.execute(within("SELECT silent", Duration::from_millis(30))).await.expect_err("nobody answers");
    let address = cluster.addresses()[0];
    let of = "db.client.operation.duration db.system.name=cassandra db.operation.name=SELECT db.namespace=ks";
    let host = format!("server.address={} server.port={}", address.ip(), address.port());
    let kept = keeper.all();
    for key in [
        format!("{of} {host}"),
        format!("{of} {host} error.type=invalid db.response.status_code=8704"),
        format!("{of} error.type=timeout"),
    ] {
        let (seconds, count) = kept.get(&key).copied().unwrap_or_else(|| panic!("{key} is not in {kept:?}"));
        assert!(count == 1 && (0.0..60.0).contains(&seconds), "{key}: {seconds} {count}");
    }

    let name = session.cluster().names().0.expect("it has told");
    let started = format!("helenus.requests.started cassandra.cluster={name}");
    until("it is published by itself", || keeper.all().get(&started).is_some_and(|(count, _)| *count >= 4.0))
        .await;
    keeper.0.lock().unwrap().clear();
    session.cluster().metrics().publish();
    let kept = keeper.all();
    for (key, expected) in [
        (format!("helenus.requests.ended cassandra.cluster={name} outcome=failed"), 2.0),
        (format!("helenus.requests.in_flight cassandra.cluster={name}"), 0.0),
        (format!("helenus.connections.opened cassandra.cluster={name}"), 2.0),
        (format!("helenus.host.up cassandra.cluster={name} host={address}"), 1.0),
        (format!("helenus.host.orphans cassandra.cluster={name} host={address}"), 1.0),
        (format!("helenus.host.attempts cassandra.cluster={name} host={address} outcome=unanswered"), 1.0),
        (
            format!(
                "db.client.connection.count cassandra.cluster={name} db.client.connection.pool.name={address} \
                 db.client.connection.state=idle"
            ),
            1.0,
        ),
    ] {
        assert_eq!(kept.get(&key).map(|(value, _)| *value), Some(expected), "{key} in {kept:#?}");
    }
    assert!(!format!("{kept:?}").contains("c4nary"), "{kept:?}");

    session.cluster().shut_down();
    tokio::time::sleep(Duration::from_millis(60)).await;
    keeper.0.lock().unwrap().clear();
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert!(keeper.all().is_empty(), "it ends with the cluster");
}
