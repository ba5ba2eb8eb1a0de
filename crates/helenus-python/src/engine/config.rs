//! The façade's settings, which it has checked, as the engine's.

use std::sync::Arc;
use std::time::Duration;

use helenus::Config;
use helenus::config::{CompressionChoice, ContactPoint, PoolSize, QueueLimits, SHORTEST_PAUSE, SocketOption};
use helenus::policy::RoundRobinPolicy;
use helenus::protocol::ProtocolVersion;
use helenus::protocol::compression::Compression;
use pyo3::exceptions::{PyKeyError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use super::auth::PythonAuth;
use super::bundle::SecureConnectBundle;
use super::distances::{Distances, ToldPolicy};
use super::hosts::{PythonConviction, PythonTranslator};
use super::policies;
use super::tls::PythonTls;

/// A setting by name; it must be there.
fn setting<'py>(options: &Bound<'py, PyDict>, name: &str) -> PyResult<Bound<'py, PyAny>> {
    options.get_item(name)?.ok_or_else(|| PyKeyError::new_err(format!("no setting {name}")))
}

fn value<'py, T>(options: &Bound<'py, PyDict>, name: &str) -> PyResult<T>
where
    T: for<'a> FromPyObject<'a, 'py, Error = PyErr>,
{
    setting(options, name)?.extract()
}

/// Seconds, where `None` stands for no limit.
fn seconds(options: &Bound<'_, PyDict>, name: &str) -> PyResult<Option<Duration>> {
    let seconds: Option<f64> = value(options, name)?;
    seconds
        .map(|seconds| {
            Duration::try_from_secs_f64(seconds).map_err(|_| {
                PyValueError::new_err(format!("{name} must be a time in seconds, not {seconds}"))
            })
        })
        .transpose()
}

/// For "no limit" where the engine wants one: longer than any process lives.
const FOR_EVER: Duration = Duration::from_secs(86_400 * 365);

/// The settings, and where the façade may tell how far hosts are.
pub(super) fn from_options(options: &Bound<'_, PyDict>) -> PyResult<(Config, Distances)> {
    let mut config = plain_options(options)?;
    let described = setting(options, "load_balancing")?;
    let makes_plans = described.is_none();
    let policy =
        policies::load_balancing(&described)?.unwrap_or_else(|| Arc::new(RoundRobinPolicy::default()));
    let (policy, distances) = ToldPolicy::new(policy, makes_plans);
    config.defaults.load_balancing = Arc::new(policy);
    Ok((config, distances))
}

fn plain_options(options: &Bound<'_, PyDict>) -> PyResult<Config> {
    let py = options.py();
    let mut config = Config::new();
    for point in setting(options, "contact_points")?.try_iter()? {
        let point = point?;
        config.contact_points.push(match point.cast::<PyTuple>() {
            Ok(pair) => ContactPoint::Host(pair.get_item(0)?.extract()?, Some(pair.get_item(1)?.extract()?)),
            Err(_) => {
                let name: String = point.extract()?;
                if name.starts_with('/') {
                    ContactPoint::Unix(name.into())
                } else {
                    ContactPoint::Host(name, None)
                }
            }
        });
    }
    config.port = value(options, "port")?;
    let version: Option<u8> = value(options, "protocol_version")?;
    config.protocol_version = version
        .map(|number| {
            ProtocolVersion::from_number(number).ok_or_else(|| {
                PyValueError::new_err(format!("protocol_version must be 3, 4 or 5, not {number}"))
            })
        })
        .transpose()?;
    config.max_schema_agreement_wait = seconds(options, "max_schema_agreement_wait")?.unwrap_or(FOR_EVER);
    config.control_timeout = seconds(options, "control_timeout")?.unwrap_or(FOR_EVER);
    config.status_refresh_window = seconds(options, "status_window")?.unwrap_or_default();
    config.topology_refresh_window = seconds(options, "topology_window")?.unwrap_or_default();
    config.schema_refresh_window = seconds(options, "schema_window")?.unwrap_or_default();
    config.schema_metadata = value(options, "schema_metadata")?;
    config.token_metadata = value(options, "token_metadata")?;
    config.prepare_on_all_hosts = value(options, "prepare_on_all_hosts")?;
    config.reprepare_on_up = value(options, "reprepare_on_up")?;
    config.pool_size = PoolSize {
        local: value(options, "local_connections")?,
        remote: value(options, "remote_connections")?,
    };
    config.queue = QueueLimits {
        requests: value(options, "max_queued_requests")?,
        bytes: value(options, "max_queued_bytes")?,
    };
    config.connection.max_unsent_bytes = value(options, "max_unsent_bytes")?;
    let translate = setting(options, "translate")?;
    if !translate.is_none() {
        config.address_translation = Arc::new(PythonTranslator(translate.unbind()));
    }
    let judge = setting(options, "judge")?;
    if !judge.is_none() {
        config.conviction = Arc::new(PythonConviction(judge.unbind()));
    }
    config.reconnection = policies::reconnection(&setting(options, "reconnection")?)?;
    config.defaults.retry = policies::retry(&setting(options, "retry")?, py.None())?;
    // As in cassandra-driver, a policy's word is the last one, unless the program says otherwise.
    config.retry_budget = policies::budget(&setting(options, "retry_budget")?)?;
    config.speculation_budget = policies::budget(&setting(options, "speculation_budget")?)?;
    // The façade has timestamps of its own, which a program may replace.
    config.defaults.timestamps = None;

    let connection = &mut config.connection;
    connection.compression = compression(&setting(options, "compression")?)?;
    connection.cql_version = value(options, "cql_version")?;
    connection.startup_options = value(options, "startup")?;
    connection.auth = PythonAuth::from_setting(&setting(options, "auth")?)?;
    let context = setting(options, "ssl_context")?;
    if !context.is_none() {
        connection.tls = Some(Arc::new(PythonTls::new(context.unbind())));
    }
    connection.connect_timeout = seconds(options, "connect_timeout")?;
    // Programs give what they like: the engine would refuse what is too short.
    connection.heartbeat_interval = seconds(options, "heartbeat_interval")?
        .filter(|interval| !interval.is_zero())
        .map(|interval| interval.max(SHORTEST_PAUSE));
    connection.heartbeat_timeout =
        seconds(options, "heartbeat_timeout")?.unwrap_or(FOR_EVER).max(SHORTEST_PAUSE);
    for option in setting(options, "sockopts")?.try_iter()? {
        connection.socket_options.push(socket_option(&option?)?);
    }
    if let Some(count) = value::<Option<usize>>(options, "max_requests_per_connection")? {
        config.set_max_requests_per_connection(count);
    }
    let bundle = setting(options, "bundle")?;
    if !bundle.is_none() {
        config.set_secure_connect_bundle(bundle.cast::<SecureConnectBundle>()?.get().bundle());
    }
    Ok(config)
}

fn socket_option(option: &Bound<'_, PyAny>) -> PyResult<SocketOption> {
    let (level, name, value): (i32, i32, Bound<'_, PyAny>) = option.extract()?;
    let value = match value.extract::<i32>() {
        Ok(number) => number.to_ne_bytes().to_vec(),
        Err(_) => value.extract::<Vec<u8>>()?,
    };
    Ok(SocketOption { level, name, value })
}

fn compression(setting: &Bound<'_, PyAny>) -> PyResult<CompressionChoice> {
    let named = |name: &str| {
        Compression::from_name(name).ok_or_else(|| {
            PyValueError::new_err(format!("compression {name:?} is not known; lz4 and snappy are"))
        })
    };
    if setting.is_none() {
        return Ok(CompressionChoice::Off);
    }
    if let Ok(name) = setting.cast::<PyString>() {
        return Ok(CompressionChoice::Required(named(&name.to_cow()?)?));
    }
    let Ok(list) = setting.cast::<PyList>() else {
        return Err(PyTypeError::new_err("compression is None, a name or a list of names"));
    };
    let names: Vec<String> = list.extract()?;
    Ok(CompressionChoice::Preferred(names.iter().map(|name| named(name)).collect::<PyResult<_>>()?))
}
