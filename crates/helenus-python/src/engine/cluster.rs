//! `ClusterCore`: a connected cluster.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use helenus::policy::HostDistance;
use helenus::{Cluster, ExecutionProfile, Host};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList};
use uuid::Uuid;

use super::distances::{Distances, ToldPolicy};
use super::host_events::Listener;
use super::runtime::{self, Owned};
use super::session::SessionCore;
use super::task::TaskCore;
use super::{config, policies};
use crate::python;
use crate::schema::{self, SchemaCore};

/// How often a blocked thread looks whether Python has something for it, such as Ctrl-C.
pub(super) const GLANCE: Duration = Duration::from_millis(50);

/// A Python `uuid.UUID`.
pub(super) fn python_uuid(py: Python<'_>, id: Uuid) -> PyResult<Bound<'_, PyAny>> {
    let fields = PyDict::new(py);
    fields.set_item("int", id.as_u128())?;
    python::UUID.get(py)?.call((), Some(&fields))
}

/// The ids of hosts that answers came from, as Python has them: each result asks for one, and there are few.
static HOSTS: Mutex<BTreeMap<Uuid, Py<PyAny>>> = Mutex::new(BTreeMap::new());

/// More hosts than this are forgotten, and made again.
const MOST_HOSTS: usize = 4096;

/// A host's id as a Python `uuid.UUID`, the same object each time.
pub(super) fn host_uuid(py: Python<'_>, id: Uuid) -> PyResult<Bound<'_, PyAny>> {
    if let Some(known) = HOSTS.lock().unwrap_or_else(PoisonError::into_inner).get(&id) {
        return Ok(known.bind(py).clone());
    }
    let made = python_uuid(py, id)?;
    let mut hosts = HOSTS.lock().unwrap_or_else(PoisonError::into_inner);
    if hosts.len() >= MOST_HOSTS {
        hosts.clear();
    }
    hosts.insert(id, made.clone().unbind());
    Ok(made)
}

/// The id in a Python `uuid.UUID`.
pub(super) fn rust_uuid(id: &Bound<'_, PyAny>) -> PyResult<Uuid> {
    Ok(Uuid::from_u128(id.getattr("int")?.extract()?))
}

/// A connected cluster. It is closed when the last handle to it is gone, or by `shut_down`.
#[pyclass(frozen, module = "helenus._native")]
pub(crate) struct ClusterCore {
    cluster: Owned<Cluster>,
    executor: helenus::Executor,
    distances: Distances,
}

#[pymethods]
impl ClusterCore {
    /// Connects with the façade's settings; it ends with a `ClusterCore`.
    #[staticmethod]
    fn connect(options: &Bound<'_, PyDict>) -> PyResult<TaskCore> {
        let (config, distances) = config::from_options(options)?;
        let threads: usize = options.get_item("io_threads")?.map_or(Ok(1), |count| count.extract())?;
        let executor = runtime::executor(threads)?;
        let on = executor.clone();
        let connecting = async move {
            let cluster = Cluster::connect(config, on.clone()).await?;
            Ok(Self { cluster: Owned::new(cluster), executor: on, distances })
        };
        Ok(TaskCore::begin(&executor, connecting, |py, core| Ok(Py::new(py, core)?.into_any())))
    }

    /// A new session, once some host can be asked; it ends with a `SessionCore`.
    #[pyo3(signature = (keyspace=None))]
    fn session(&self, keyspace: Option<String>) -> PyResult<TaskCore> {
        let cluster = self.cluster.get()?.clone();
        let executor = self.executor.clone();
        let opening = async move {
            let session = cluster.session(keyspace.as_deref()).await?;
            Ok(SessionCore::new(session, executor))
        };
        Ok(TaskCore::begin(&self.executor, opening, |py, core| Ok(Py::new(py, core)?.into_any())))
    }

    /// What is known of each host.
    fn hosts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let list = PyList::empty(py);
        for host in self.cluster.get()?.snapshot().hosts() {
            list.append(host_facts(py, host)?)?;
        }
        Ok(list)
    }

    /// The protocol version that was negotiated.
    fn protocol_version(&self) -> PyResult<u8> {
        Ok(self.cluster.get()?.protocol_version().number())
    }

    /// The cluster's name and its partitioner's class.
    fn names(&self) -> PyResult<(Option<String>, Option<String>)> {
        Ok(self.cluster.get()?.names())
    }

    /// The host of the control connection.
    fn control_host<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        self.cluster.get()?.control_host().map(|host| python_uuid(py, host.host_id())).transpose()
    }

    /// Reads hosts and schema again.
    fn refresh(&self) -> PyResult<TaskCore> {
        let cluster = self.cluster.get()?.clone();
        let refreshing = async move { cluster.refresh().await };
        Ok(TaskCore::begin(&self.executor, refreshing, |py, ()| Ok(py.None())))
    }

    /// The schema as it is known now.
    fn schema(&self) -> PyResult<SchemaCore> {
        Ok(SchemaCore::new(Arc::clone(self.cluster.get()?.snapshot().schema())))
    }

    /// Reads a part of the schema again: all, a keyspace, or of a keyspace a kind of things (see `schema::part`).
    #[pyo3(signature = (keyspace=None, kind=None, name=None))]
    fn refresh_schema(
        &self,
        keyspace: Option<String>,
        kind: Option<&str>,
        name: Option<String>,
    ) -> PyResult<TaskCore> {
        let cluster = self.cluster.get()?.clone();
        let part = schema::part(keyspace, kind, name)?;
        let refreshing = async move { cluster.refresh_schema(part).await };
        Ok(TaskCore::begin(&self.executor, refreshing, |py, ()| Ok(py.None())))
    }

    /// It ends with whether all nodes that are up agree on the schema within `patience` seconds.
    fn await_schema_agreement(&self, patience: f64) -> PyResult<TaskCore> {
        let cluster = self.cluster.get()?.clone();
        let patience = Duration::try_from_secs_f64(patience).unwrap_or_default();
        let awaiting = async move { Ok(cluster.await_schema_agreement(patience).await) };
        let agreed =
            |py: Python<'_>, agreed: bool| Ok(PyBool::new(py, agreed).to_owned().into_any().unbind());
        Ok(TaskCore::begin(&self.executor, awaiting, agreed))
    }

    /// The replicas of a partition key in a keyspace; none where they are not known.
    fn replicas<'py>(&self, py: Python<'py>, keyspace: &str, key: &[u8]) -> PyResult<Bound<'py, PyList>> {
        let snapshot = self.cluster.get()?.snapshot();
        let list = PyList::empty(py);
        if let Some(token) = snapshot.token(key) {
            for host in snapshot.replicas(keyspace, &token) {
                list.append(python_uuid(py, host.host_id())?)?;
            }
        }
        Ok(list)
    }

    /// How often attempts of requests have failed, and what was done about it, by the names that Python has for it.
    fn metrics<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counted = self.cluster.get()?.failures();
        let metrics = PyDict::new(py);
        metrics.set_item("connection_errors", counted.connection_errors)?;
        metrics.set_item("write_timeouts", counted.write_timeouts)?;
        metrics.set_item("read_timeouts", counted.read_timeouts)?;
        metrics.set_item("unavailables", counted.unavailables)?;
        metrics.set_item("other_errors", counted.other_errors)?;
        metrics.set_item("retries", counted.retries)?;
        metrics.set_item("ignores", counted.ignores)?;
        Ok(metrics)
    }

    /// Tells how far hosts are, by their ids: 0 local, 1 remote, any other ignored; as one is that is not named.
    fn set_distances(&self, py: Python<'_>, distances: Vec<(Bound<'_, PyAny>, i64)>) -> PyResult<()> {
        let mut told = HashMap::with_capacity(distances.len());
        for (host, distance) in distances {
            let distance = match distance {
                0 => HostDistance::Local,
                1 => HostDistance::Remote,
                _ => HostDistance::Ignored,
            };
            told.insert(rust_uuid(&host)?, distance);
        }
        let told = Some(told);
        let cluster = self.cluster.get()?;
        py.detach(|| {
            *self.distances.write().unwrap_or_else(PoisonError::into_inner) = told;
            cluster.ask_distances();
        });
        Ok(())
    }

    /// Keeps one more of the engine's load-balancing policies, for the requests that give this name: described as the first one
    /// is, it goes round by itself.
    fn add_policy(&self, py: Python<'_>, name: &str, described: &Bound<'_, PyAny>) -> PyResult<()> {
        let Some(policy) = policies::load_balancing(described)? else {
            return Err(PyValueError::new_err("the engine has no such load-balancing policy"));
        };
        let policy = ToldPolicy::beside(policy, &self.distances);
        let profile = ExecutionProfile::builder().load_balancing(Arc::new(policy)).build();
        let cluster = self.cluster.get()?;
        let added = py.detach(|| cluster.add_execution_profile(name, &profile));
        added.map(drop).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// Has `listener(what, host_id)` called when a host comes or goes: `"up"`, `"down"`, `"add"`, `"remove"`. It is told on callback
    /// threads, of one thing after another, in the order in which they happened. While `most` wait it is not told of more.
    fn set_listener(&self, listener: Py<PyAny>, most: usize) -> PyResult<()> {
        self.cluster.get()?.add_listener(Arc::new(Listener::new(listener, most)));
        Ok(())
    }

    /// Closes all sessions and connections.
    pub(super) fn shut_down(&self, py: Python<'_>) -> PyResult<()> {
        let cluster = self.cluster.get()?;
        py.detach(|| cluster.shut_down());
        Ok(())
    }

    /// Whether it was shut down.
    #[getter]
    fn is_shut_down(&self) -> PyResult<bool> {
        Ok(self.cluster.get()?.is_shut_down())
    }
}

fn host_facts<'py>(py: Python<'py>, host: &Arc<Host>) -> PyResult<Bound<'py, PyDict>> {
    let known = facts_of(py, host.facts())?;
    let up = match host.status() {
        helenus::cluster::HostStatus::Up => Some(true),
        helenus::cluster::HostStatus::Down => Some(false),
        helenus::cluster::HostStatus::Unknown => None,
    };
    known.set_item("up", up)?;
    Ok(known)
}

/// What the system tables say of a host.
pub(super) fn facts_of<'py>(
    py: Python<'py>,
    facts: &helenus::cluster::HostFacts,
) -> PyResult<Bound<'py, PyDict>> {
    let known = PyDict::new(py);
    known.set_item("host_id", python_uuid(py, facts.host_id)?)?;
    known.set_item("address", facts.address.ip().to_string())?;
    known.set_item("port", facts.address.port())?;
    known.set_item("datacenter", facts.datacenter.as_deref())?;
    known.set_item("rack", facts.rack.as_deref())?;
    known.set_item("release_version", facts.release_version.as_deref())?;
    known.set_item("broadcast_address", facts.broadcast_address.map(|address| address.ip().to_string()))?;
    known.set_item("broadcast_port", facts.broadcast_address.map(|address| address.port()))?;
    known.set_item("listen_address", facts.listen_address.map(|address| address.ip().to_string()))?;
    known.set_item("listen_port", facts.listen_address.map(|address| address.port()))?;
    known.set_item("rpc_address", facts.rpc_address.ip().to_string())?;
    known.set_item("rpc_port", facts.rpc_address.port())?;
    known.set_item("socket", facts.socket.as_deref())?;
    let tokens: Vec<String> = facts.tokens.iter().map(ToString::to_string).collect();
    known.set_item("tokens", tokens)?;
    Ok(known)
}
