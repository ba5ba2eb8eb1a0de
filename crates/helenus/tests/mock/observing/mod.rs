//! What others get to see of requests: spans, trackers, counts, slow queries, the flight recorder.

mod capture;
mod counts;
mod flights;
#[cfg(feature = "metrics")]
mod publishing;
mod slow;
mod spans;
mod trackers;

use std::time::Duration;

use helenus::observe::Observability;
use helenus::{Session, SimpleStatement};
use helenus_testkit::mock::RunningCluster;

use super::{all_up, nodes, settings, until};

const READ: &str = "SELECT v FROM ks.t WHERE k = 1";

/// A session whose requests are observed like this.
async fn observed(cluster: &RunningCluster, change: impl FnOnce(&mut Observability)) -> Session {
    let mut what = Observability::default();
    change(&mut what);
    let session = settings(cluster).observability(what).session().await.expect("the mock lets everyone in");
    all_up(&session).await;
    session
}

/// A read that is sent to another host as well after a while.
fn speculative(cql: &str) -> SimpleStatement {
    let mut read = SimpleStatement::new(cql);
    read.options.idempotent = Some(true);
    read.options.speculation = Some(vec![Duration::from_millis(30)]);
    read
}

fn within(cql: &str, limit: Duration) -> SimpleStatement {
    let mut statement = SimpleStatement::new(cql);
    statement.options.timeout = Some(limit);
    statement
}
