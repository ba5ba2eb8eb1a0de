//! Execution profiles: named sets of options for kinds of requests. A statement's own options stand above its profile's, and
//! those above the session's.
//!
//! A profile is resolved once, when the cluster is connected or the profile is added: a request that has one follows a
//! handle, as one without follows the session's defaults.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use helenus_protocol::{Consistency, SerialConsistency};

use crate::config::RequestDefaults;
use crate::error::Error;
use crate::policy::{LoadBalancingPolicy, RetryPolicy, SpeculativeExecutionPolicy};

/// Options of a kind of requests. What is `None` is taken from the session's defaults.
///
/// ```
/// use std::time::Duration;
/// use helenus::ExecutionProfile;
/// use helenus::protocol::Consistency;
///
/// let reports = ExecutionProfile::builder()
///     .consistency(Consistency::LocalQuorum)
///     .timeout(Duration::from_secs(60))
///     .page_size(500)
///     .build();
/// assert_eq!(reports.page_size, Some(500));
/// ```
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ExecutionProfile {
    /// How many replicas must answer.
    pub consistency: Option<Consistency>,
    /// The consistency of a lightweight transaction's condition.
    pub serial_consistency: Option<SerialConsistency>,
    /// The time that a whole request is given, retries included; `Some(Duration::MAX)`: for ever.
    pub timeout: Option<Duration>,
    /// How many rows a page may have; `Some(0)`: no paging.
    pub page_size: Option<i32>,
    /// Which hosts, in which order. Hosts that any profile uses get connections.
    pub load_balancing: Option<Arc<dyn LoadBalancingPolicy>>,
    /// Whether a failed attempt is made again.
    pub retry: Option<Arc<dyn RetryPolicy>>,
    /// Whether a slow attempt gets company.
    pub speculative_execution: Option<Arc<dyn SpeculativeExecutionPolicy>>,
    /// Whether servers record traces.
    pub tracing: Option<bool>,
}

impl ExecutionProfile {
    /// A profile that says nothing yet.
    pub fn builder() -> ExecutionProfileBuilder {
        ExecutionProfileBuilder::default()
    }

    /// The options of its requests, with `defaults` where it says nothing.
    fn resolve(&self, defaults: &RequestDefaults) -> RequestDefaults {
        let own = self.clone();
        let given = defaults.clone();
        RequestDefaults {
            consistency: own.consistency.unwrap_or(given.consistency),
            serial_consistency: own.serial_consistency.or(given.serial_consistency),
            timeout: own.timeout.or(given.timeout),
            page_size: own.page_size.unwrap_or(given.page_size),
            load_balancing: own.load_balancing.unwrap_or(given.load_balancing),
            retry: own.retry.unwrap_or(given.retry),
            speculative_execution: own.speculative_execution.unwrap_or(given.speculative_execution),
            timestamps: given.timestamps,
            tracing: own.tracing.unwrap_or(given.tracing),
        }
    }
}

/// Collects the options of an [`ExecutionProfile`]; see there for each.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct ExecutionProfileBuilder(ExecutionProfile);

impl ExecutionProfileBuilder {
    /// How many replicas must answer.
    pub const fn consistency(mut self, level: Consistency) -> Self {
        self.0.consistency = Some(level);
        self
    }

    /// The consistency of a lightweight transaction's condition.
    pub const fn serial_consistency(mut self, level: SerialConsistency) -> Self {
        self.0.serial_consistency = Some(level);
        self
    }

    /// The time that a request is given, retries included; `Duration::MAX`: for ever.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.0.timeout = Some(timeout);
        self
    }

    /// How many rows a page may have; 0: no paging.
    pub const fn page_size(mut self, rows: i32) -> Self {
        self.0.page_size = Some(rows);
        self
    }

    /// Chooses hosts by this policy.
    pub fn load_balancing(mut self, policy: Arc<dyn LoadBalancingPolicy>) -> Self {
        self.0.load_balancing = Some(policy);
        self
    }

    /// Decides about retries by this policy.
    pub fn retry_policy(mut self, policy: Arc<dyn RetryPolicy>) -> Self {
        self.0.retry = Some(policy);
        self
    }

    /// Sends slow requests to one more host by this policy.
    pub fn speculative_execution(mut self, policy: Arc<dyn SpeculativeExecutionPolicy>) -> Self {
        self.0.speculative_execution = Some(policy);
        self
    }

    /// Whether servers record traces.
    pub const fn tracing(mut self, wanted: bool) -> Self {
        self.0.tracing = Some(wanted);
        self
    }

    /// The profile.
    #[must_use]
    pub fn build(self) -> ExecutionProfile {
        self.0
    }
}

/// A profile of a cluster, resolved: what statements name it by. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ProfileHandle(Arc<RequestDefaults>);

impl ProfileHandle {
    /// What a request gets that says nothing itself.
    #[must_use]
    pub fn options(&self) -> &RequestDefaults {
        &self.0
    }
}

/// The profiles of a cluster.
#[derive(Debug, Default)]
pub(crate) struct Profiles(BTreeMap<String, ProfileHandle>);

impl Profiles {
    /// All of `named`, resolved.
    pub(crate) fn new(named: &BTreeMap<String, ExecutionProfile>, defaults: &RequestDefaults) -> Self {
        let resolved = |profile: &ExecutionProfile| ProfileHandle(Arc::new(profile.resolve(defaults)));
        Self(named.iter().map(|(name, profile)| (name.clone(), resolved(profile))).collect())
    }

    /// One more; there must be none of that name.
    pub(crate) fn add(
        &mut self,
        name: &str,
        profile: &ExecutionProfile,
        defaults: &RequestDefaults,
    ) -> Result<ProfileHandle, Error> {
        if self.0.contains_key(name) {
            return Err(Error::Configuration(format!("there is an execution profile {name:?} already")));
        }
        let handle = ProfileHandle(Arc::new(profile.resolve(defaults)));
        self.0.insert(name.to_owned(), handle.clone());
        Ok(handle)
    }

    /// The one of that name.
    pub(crate) fn named(&self, name: &str) -> Result<ProfileHandle, Error> {
        self.0.get(name).cloned().ok_or_else(|| {
            let known: Vec<_> = self.0.keys().map(|known| format!("{known:?}")).collect();
            let known = if known.is_empty() { "there are none".into() } else { known.join(", ") };
            Error::Configuration(format!("no execution profile {name:?}; those of this cluster: {known}"))
        })
    }

    /// The load-balancing policies of all of them beside `default`, each once.
    pub(crate) fn policies(
        &self,
        default: &Arc<dyn LoadBalancingPolicy>,
    ) -> Vec<Arc<dyn LoadBalancingPolicy>> {
        let mut policies = vec![Arc::clone(default)];
        for profile in self.0.values() {
            let policy = &profile.0.load_balancing;
            if !policies.iter().any(|known| Arc::ptr_eq(known, policy)) {
                policies.push(Arc::clone(policy));
            }
        }
        policies
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::policy::{ConstantSpeculativeExecutionPolicy, FallthroughRetryPolicy, RoundRobinPolicy};

    /// Each option of resolved ones, in words.
    fn told(options: &RequestDefaults) -> [String; 9] {
        [
            options.consistency.to_string(),
            format!("{:?}", options.serial_consistency),
            format!("{:?}", options.timeout),
            options.page_size.to_string(),
            format!("{:?}", options.load_balancing).chars().take(10).collect(),
            format!("{:?}", options.retry),
            format!("{:?}", options.speculative_execution),
            format!("{:?}", options.timestamps.is_some()),
            options.tracing.to_string(),
        ]
    }

    #[test]
    fn each_option_of_a_profile_stands_above_the_sessions_and_changes_no_other() {
        let defaults = Config::new().defaults;
        let before = told(&defaults);
        let builder = ExecutionProfile::builder;
        let delay = Duration::from_millis(5);
        for (place, profile, expected) in [
            (0, builder().consistency(Consistency::All), "ALL"),
            (1, builder().serial_consistency(SerialConsistency::LocalSerial), "Some(LocalSerial)"),
            (2, builder().timeout(Duration::from_secs(3)), "Some(3s)"),
            (3, builder().page_size(7), "7"),
            (4, builder().load_balancing(Arc::new(RoundRobinPolicy::new())), "RoundRobin"),
            (5, builder().retry_policy(Arc::new(FallthroughRetryPolicy)), "FallthroughRetryPolicy"),
            (
                6,
                builder().speculative_execution(Arc::new(ConstantSpeculativeExecutionPolicy::new(delay, 1))),
                "ConstantSpeculativeExecutionPolicy { delay: 5ms, max_attempts: 1 }",
            ),
            (8, builder().tracing(true), "true"),
        ] {
            let mut wanted = before.clone();
            assert_ne!(wanted[place], expected, "the default is another");
            wanted[place] = expected.into();
            assert_eq!(told(&profile.build().resolve(&defaults)), wanted);
        }
        assert_eq!(told(&builder().build().resolve(&defaults)), before);
    }

    #[test]
    fn a_name_stands_for_one_profile() {
        let defaults = Config::new().defaults;
        let profile = ExecutionProfile::builder().page_size(7).build();
        let mut profiles = Profiles::new(&[("a".to_owned(), profile.clone())].into(), &defaults);
        assert_eq!(profiles.named("a").map(|handle| handle.options().page_size).ok(), Some(7));
        assert_eq!(
            profiles.named("b").map(drop).unwrap_err().to_string(),
            r#"wrong setting: no execution profile "b"; those of this cluster: "a""#
        );
        assert!(profiles.add("a", &profile, &defaults).is_err());
        assert!(profiles.add("b", &profile, &defaults).is_ok() && profiles.named("b").is_ok());
        let none = Profiles::default().named("b").map(drop).unwrap_err();
        assert!(none.to_string().ends_with("there are none"), "{none}");
    }

    #[test]
    fn policies_are_asked_once_each() {
        let defaults = Config::new().defaults;
        let other: Arc<dyn LoadBalancingPolicy> = Arc::new(RoundRobinPolicy::new());
        let with_other = ExecutionProfile::builder().load_balancing(Arc::clone(&other)).build();
        let named = [
            ("plain".to_owned(), ExecutionProfile::default()),
            ("one".to_owned(), with_other.clone()),
            ("two".to_owned(), with_other),
        ];
        let policies = Profiles::new(&named.into(), &defaults).policies(&defaults.load_balancing);
        assert_eq!(policies.len(), 2);
        assert!(Arc::ptr_eq(&policies[0], &defaults.load_balancing) && Arc::ptr_eq(&policies[1], &other));
    }
}
