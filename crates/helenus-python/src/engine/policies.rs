//! Policies: the built-in ones by their description, a program's own retry policy by calling it.

use std::sync::Arc;
use std::time::Duration;

use helenus::policy::retry::RequestFailure;
use helenus::policy::{
    AllowListPolicy, Budget, ConstantReconnectionPolicy, DcAwareRoundRobinPolicy, DefaultRetryPolicy,
    DowngradingConsistencyRetryPolicy, ExponentialBackoffRetryPolicy, ExponentialReconnectionPolicy,
    FallthroughRetryPolicy, LoadBalancingPolicy, RackAwareRoundRobinPolicy, ReconnectionPolicy,
    ReconnectionSchedule, RetryContext, RetryDecision, RetryFailure, RetryPolicy, RoundRobinPolicy,
    TokenAwarePolicy,
};
use helenus::protocol::Consistency;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;

use super::runtime;
use crate::python;

/// A load-balancing policy from its description; `None` where the façade makes the plans itself.
pub(super) fn load_balancing(described: &Bound<'_, PyAny>) -> PyResult<Option<Arc<dyn LoadBalancingPolicy>>> {
    if described.is_none() {
        return Ok(None);
    }
    let described = described.cast::<PyTuple>()?;
    let kind: String = described.get_item(0)?.extract()?;
    let policy: Arc<dyn LoadBalancingPolicy> = match kind.as_str() {
        "round_robin" => Arc::new(RoundRobinPolicy::default()),
        "dc_aware" => {
            let (_, datacenter, remote): (String, Option<String>, usize) = described.extract()?;
            Arc::new(DcAwareRoundRobinPolicy::with_used_hosts_per_remote_dc(datacenter.as_deref(), remote))
        }
        "rack_aware" => {
            let (_, datacenter, rack, remote): (String, String, String, usize) = described.extract()?;
            Arc::new(RackAwareRoundRobinPolicy::new(&datacenter, &rack, remote))
        }
        "token_aware" => {
            let (_, child, shuffle, avoid_slow): (String, Bound<'_, PyAny>, bool, bool) =
                described.extract()?;
            let Some(child) = load_balancing(&child)? else { return Ok(None) };
            Arc::new(
                TokenAwarePolicy::new(child)
                    .with_shuffle_replicas(shuffle || avoid_slow)
                    .with_slow_replica_avoidance(avoid_slow),
            )
        }
        "allow_list" => {
            let (_, addresses): (String, Vec<std::net::IpAddr>) = described.extract()?;
            Arc::new(AllowListPolicy::new(addresses))
        }
        other => return Err(PyValueError::new_err(format!("no load-balancing policy {other:?}"))),
    };
    Ok(Some(policy))
}

#[derive(Debug)]
struct ListedPauses(Vec<Duration>);

impl ReconnectionPolicy for ListedPauses {
    fn schedule(&self) -> ReconnectionSchedule {
        ReconnectionSchedule::new(self.0.clone().into_iter())
    }
}

fn pause(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| PyValueError::new_err(format!("a reconnection delay of {seconds} seconds")))
}

pub(super) fn reconnection(described: &Bound<'_, PyAny>) -> PyResult<Arc<dyn ReconnectionPolicy>> {
    let Ok(tuple) = described.cast::<PyTuple>() else {
        let pauses: Vec<f64> = described.extract()?;
        return Ok(Arc::new(ListedPauses(pauses.into_iter().map(pause).collect::<PyResult<_>>()?)));
    };
    let kind: String = tuple.get_item(0)?.extract()?;
    if kind == "constant" {
        let (_, delay, most): (String, f64, Option<usize>) = tuple.extract()?;
        return Ok(Arc::new(ConstantReconnectionPolicy::new(pause(delay)?, most)));
    }
    let (_, base, max, most): (String, f64, f64, Option<usize>) = tuple.extract()?;
    let policy = ExponentialReconnectionPolicy::new(pause(base)?, pause(max)?, most)
        .map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(Arc::new(policy))
}

/// A budget of extra attempts from its description; `None`: there is no limit.
pub(super) fn budget(described: &Bound<'_, PyAny>) -> PyResult<Option<Budget>> {
    let Some((share, per_second)) = described.extract::<Option<(f64, f64)>>()? else { return Ok(None) };
    Budget::new(share, per_second).map(Some).map_err(|error| PyValueError::new_err(error.to_string()))
}

/// A retry policy from its description, or a program's own object, which is told of `query`.
pub(super) fn retry(described: &Bound<'_, PyAny>, query: Py<PyAny>) -> PyResult<Arc<dyn RetryPolicy>> {
    let Ok(tuple) = described.cast::<PyTuple>() else {
        return Ok(Arc::new(PythonRetry { policy: described.clone().unbind(), query }));
    };
    let kind: String = tuple.get_item(0)?.extract()?;
    Ok(match kind.as_str() {
        "default" => Arc::new(DefaultRetryPolicy),
        "fallthrough" => Arc::new(FallthroughRetryPolicy),
        "downgrading" => Arc::new(DowngradingConsistencyRetryPolicy),
        "backoff" => {
            let (_, most, least, greatest): (String, u32, f64, f64) = tuple.extract()?;
            Arc::new(
                ExponentialBackoffRetryPolicy::new(most, pause(least)?, pause(greatest)?)
                    .map_err(|error| PyValueError::new_err(error.to_string()))?,
            )
        }
        other => return Err(PyValueError::new_err(format!("no retry policy {other:?}"))),
    })
}

/// A `RetryPolicy` of the program's own: obeyed, and asked where it may block.
struct PythonRetry {
    policy: Py<PyAny>,
    query: Py<PyAny>,
}

impl std::fmt::Debug for PythonRetry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PythonRetry")
    }
}

impl PythonRetry {
    fn ask<'py>(&self, py: Python<'py>, context: &RetryContext<'_>) -> PyResult<Bound<'py, PyAny>> {
        let policy = self.policy.bind(py);
        let query = self.query.bind(py);
        let level = context.consistency.number();
        let retries = context.retries;
        match &context.failure {
            RetryFailure::ReadTimeout { required, received, data_present } => policy.call_method1(
                intern!(py, "on_read_timeout"),
                (query, level, *required, *received, *data_present, retries),
            ),
            RetryFailure::WriteTimeout { required, received, write_type } => {
                let write_type = python::WRITE_TYPES.get(py)?.get_item(write_type.name()).ok();
                policy.call_method1(
                    intern!(py, "on_write_timeout"),
                    (query, level, write_type, *required, *received, retries),
                )
            }
            RetryFailure::Unavailable { required, alive } => {
                policy.call_method1(intern!(py, "on_unavailable"), (query, level, *required, *alive, retries))
            }
            other => {
                // The server's codes of section 9; a lost connection has none.
                let error = match other {
                    RetryFailure::Request(RequestFailure::Overloaded) => Some((0x1001, "overloaded")),
                    RetryFailure::Request(RequestFailure::Bootstrapping) => Some((0x1002, "bootstrapping")),
                    RetryFailure::Request(RequestFailure::Truncate) => Some((0x1003, "truncate")),
                    RetryFailure::Request(RequestFailure::Server) => Some((0x0000, "server error")),
                    _ => None,
                };
                let error = match error {
                    Some((code, message)) => {
                        python::SERVER_ERROR.get(py)?.call1((code, message, py.None()))?
                    }
                    None => python::CONNECTION_EXCEPTION.get(py)?.call1(("the connection was lost",))?,
                };
                policy.call_method1(intern!(py, "on_request_error"), (query, level, error, retries))
            }
        }
    }
}

fn at(retry: RetryDecision, level: Option<Consistency>) -> RetryDecision {
    level.map_or(retry, |level| retry.at(level))
}

impl RetryPolicy for PythonRetry {
    fn decide(&self, context: &RetryContext<'_>) -> RetryDecision {
        let decided = runtime::attach(|py| {
            let decision = self.ask(py, context).and_then(|answer| {
                let (decision, level, after): (u8, Option<u16>, Option<f64>) = match answer.len()? {
                    2 => {
                        let (decision, level) = answer.extract()?;
                        (decision, level, None)
                    }
                    _ => answer.extract()?,
                };
                let after = Duration::try_from_secs_f64(after.unwrap_or_default()).map_err(|_| {
                    PyValueError::new_err(format!(
                        "a retry policy's pause of {} seconds",
                        after.unwrap_or_default()
                    ))
                })?;
                Ok((decision, level.and_then(Consistency::from_number), after))
            });
            match decision {
                // RetryPolicy.RETRY, RETHROW, IGNORE, RETRY_NEXT_HOST.
                Ok((0, level, after)) => at(RetryDecision::SAME_HOST, level).after(after),
                Ok((2, ..)) => RetryDecision::Ignore,
                Ok((3, level, after)) => at(RetryDecision::NEXT_HOST, level).after(after),
                Ok(_) => RetryDecision::Rethrow,
                // It becomes the cause of what is raised.
                Err(error) => context.fail(error),
            }
        });
        decided.unwrap_or(RetryDecision::Rethrow)
    }

    fn may_block(&self) -> bool {
        true
    }
}
