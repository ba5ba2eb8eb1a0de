//! What a fault is done to, and what was seen while it lasted.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use helenus::statement::SimpleStatement;
use helenus::{Cluster, Session};
use helenus_testkit::proxy::{Knobs, Proxy, Towards};

use crate::ring::{NODES, Ring};

/// The nodes, their proxies, and the session that uses them.
#[derive(Debug)]
pub struct Stage {
    /// The nodes.
    pub ring: Arc<Ring>,
    /// The proxy in front of each.
    pub proxies: Arc<[Proxy]>,
    /// The engine.
    pub cluster: Cluster,
    /// The session under load.
    pub session: Session,
    /// Whom it befalls.
    pub victim: usize,
    /// How long it lasts.
    pub fault: Duration,
    /// What each request is given.
    pub timeout: Duration,
}

/// What was seen of a fault.
#[derive(Debug, Default)]
pub struct Wounded {
    /// When it ended.
    pub healed: Option<Instant>,
    /// Since when the victim could be reached again.
    pub back_since: Option<Instant>,
    /// Until another control connection stood.
    pub takeover: Option<Duration>,
    /// Connections made to the victim in the busiest second of its absence.
    pub dials: Option<f64>,
    /// When the session was shut down.
    pub shut_down: Option<Instant>,
    /// Stream ids that were still held back two seconds after.
    pub orphans: Option<u64>,
    /// What was missed beside the ordinary figures.
    pub missed: Vec<String>,
    /// What was done, in words.
    pub deeds: String,
}

impl Stage {
    /// The proxy in front of the victim.
    pub(super) fn proxy(&self) -> &Proxy {
        &self.proxies[self.victim]
    }

    /// Turns all proxies' knobs.
    pub(super) fn set_all(&self, ways: &[Towards], knobs: Knobs) {
        for proxy in self.proxies.iter() {
            ways.iter().for_each(|way| proxy.set(*way, knobs));
        }
    }

    /// The node of the control connection.
    #[must_use]
    pub fn control_node(&self) -> Option<usize> {
        let host = self.cluster.control_host()?;
        self.ring.index_of(host.address().ip())
    }

    /// All proxies behave again.
    ///
    /// # Errors
    /// The operating system's.
    pub fn heal(&self) -> std::io::Result<()> {
        self.proxies.iter().try_for_each(Proxy::heal)
    }

    /// How many stream ids are held back for answers that nobody waits for.
    pub(super) fn orphans(&self) -> u64 {
        let hosts = self.cluster.snapshot();
        let of = |host| self.session.pool_state(host).unwrap_or_default();
        hosts.hosts().iter().flat_map(|host| of(host)).map(|(_, orphans)| orphans as u64).sum()
    }
}

/// Waits until every node sees every other: until all three, asked one after another, can read from all replicas.
///
/// # Errors
/// Where that does not happen within a minute and a half.
pub async fn wait_until_whole(ring: &Ring) -> Result<(), Box<dyn Error + Send + Sync>> {
    let until = Instant::now() + Duration::from_secs(90);
    let mut good = 0;
    let session = loop {
        match ring.auditor().await {
            Ok(session) => break session,
            Err(error) if Instant::now() > until => return Err(error.into()),
            Err(_) => tokio::time::sleep(Duration::from_millis(300)).await,
        }
    };
    let outcome = loop {
        let snapshot = session.cluster().snapshot();
        let hosts = snapshot.hosts();
        let mut statement = SimpleStatement::new("SELECT id FROM faults.rows LIMIT 1");
        statement.options.consistency = Some(helenus::protocol::Consistency::All);
        statement.options.host = hosts.get(good % hosts.len().max(1)).cloned();
        statement.options.timeout = Some(Duration::from_secs(4));
        match session.execute(statement).await {
            Ok(_) if good + 1 == 2 * NODES && hosts.len() == NODES => break Ok(()),
            Ok(_) => good = (good + 1) % (2 * NODES),
            Err(error) if Instant::now() > until => break Err(error.into()),
            Err(_) => {
                good = 0;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    };
    session.cluster().shut_down();
    outcome
}
