//! What the policies say of a statement before it is sent. They are asked here, on the caller's thread, and nowhere else; one
//! that panics fails this statement.

use std::sync::Arc;
use std::time::Duration;

use super::SessionInner;
use super::wall_clock::wall_clock;
use crate::cluster::Snapshot;
use crate::config::RequestDefaults;
use crate::error::Error;
use crate::policy::guard::guarded_all;
use crate::policy::{Plan, RoutingInfo};
use crate::request::route::Route;
use crate::statement::{Idempotence, StatementOptions};

/// The most speculative attempts that any policy is asked for.
const MOST_SPECULATIVE: u32 = 16;

/// Their answers.
pub(super) struct Consulted {
    pub(super) timestamp: Option<i64>,
    pub(super) idempotent: bool,
    /// Whether the retry policy is asked also about what may have run and is not idempotent.
    pub(super) policy_decides: bool,
    pub(super) speculation: Vec<Duration>,
    pub(super) route: Route,
}

impl SessionInner {
    /// Asks the policies of a statement with these options, or of what stands in for those that it does not name. A `timestamp`
    /// that this execution was given is used as it is.
    pub(super) fn consult(
        &self,
        options: &StatementOptions,
        timestamp: Option<i64>,
        defaults: &RequestDefaults,
        snapshot: &Arc<Snapshot>,
        routing: &RoutingInfo<'_>,
        idempotence: Option<Idempotence>,
    ) -> Result<Consulted, Error> {
        let consulted = guarded_all(|asking| {
            asking.set("timestamp generator");
            // What is as good twice without a timestamp writes nothing that the client would have to give one.
            let timestamp =
                timestamp.or(options.timestamp).or_else(|| match (&defaults.timestamps, idempotence) {
                    (None, _) | (_, Some(Idempotence::Idempotent)) => None,
                    (Some(generator), _) => generator.timestamp(wall_clock(routing.now)),
                });
            let idempotent = options.idempotent.unwrap_or_else(|| {
                // The same timestamp on every attempt makes the second write the same as the first.
                idempotence.is_some_and(|idempotence| idempotence.allows_repeating(timestamp.is_some()))
            });
            asking.set("retry policy");
            let retry = options.retry_policy.as_ref().unwrap_or(&defaults.retry);
            let policy_decides = retry.decides_idempotence();
            asking.set("speculative-execution policy");
            // Only what the caller marked is sent twice without need (H5).
            let speculation = match &options.speculation {
                _ if options.idempotent != Some(true) => Vec::new(),
                Some(waits) => waits.clone(),
                None => {
                    let policy = &defaults.speculative_execution;
                    (0..MOST_SPECULATIVE).map_while(|begun| policy.delay(begun, routing)).collect()
                }
            };
            asking.set("load-balancing policy");
            let route = match (&options.host, &options.hosts) {
                (Some(host), _) => Route::plan(Plan::from_hosts(vec![Arc::clone(host)])),
                (None, Some(hosts)) => Route::plan(Plan::from_hosts(hosts.clone())),
                (None, None) => match defaults.load_balancing.first(snapshot, routing) {
                    Some(first) => Route::First(first),
                    None => Route::plan(defaults.load_balancing.plan(snapshot, routing)),
                },
            };
            Consulted { timestamp, idempotent, policy_decides, speculation, route }
        });
        let consulted = consulted.map_err(Error::Policy)?;
        if !consulted.speculation.is_empty() {
            self.speculations.earn();
        }
        Ok(consulted)
    }
}
