//! The table from the engine's errors to Python's exceptions; `tests/mock/test_failures.py` walks through its rows.

use std::net::SocketAddr;

use helenus::protocol::connection::handshake::HandshakeError;
use helenus::protocol::response::ServerError;
use helenus::{Attempt, AttemptError, ConnectionError, Error, NotRetried, RequestFailure};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::python;

/// The exception for anything the engine says.
pub(super) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    // At the interpreter's end classes cannot be looked up any more.
    build(py, error).unwrap_or_else(|raised| super::runtime::check_end().err().unwrap_or(raised))
}

/// The addresses of the hosts that a failed request was tried on, in order.
pub(super) fn attempted(error: &Error) -> Vec<String> {
    let Some(failure) = error.request_failure() else { return Vec::new() };
    let (attempts, waiting) = match failure {
        RequestFailure::Exhausted { attempts, .. }
        | RequestFailure::Attempt { attempts, .. }
        | RequestFailure::Busy { attempts, .. } => (attempts, None),
        RequestFailure::TimedOut { attempts, waiting, .. } => (attempts, Some(waiting)),
    };
    let failed = attempts.iter().map(|attempt| &attempt.host);
    let silent = waiting.into_iter().flatten().map(|silent| &silent.host);
    failed.chain(silent).map(|host| host.address().to_string()).collect()
}

fn build(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    Ok(match error {
        Error::Request(failure) => return request_failure(py, failure),
        Error::Recorded(recorded) => return request_failure(py, &recorded.failure),
        Error::Encode(error) => PyValueError::new_err(error.to_string()),
        Error::Decode(error) => raise(py, &python::DRIVER_EXCEPTION, (error.to_string(),))?,
        Error::Connect(errors) if errors.is_empty() => {
            let why = "Unable to connect to any servers: the load-balancing policy uses none of the hosts, or they are to \
                       have no connections";
            raise(py, &python::NO_HOST_AVAILABLE, (why, PyDict::new(py)))?
        }
        Error::NoControlConnection => {
            raise(py, &python::NO_HOST_AVAILABLE, (error.to_string(), PyDict::new(py)))?
        }
        Error::Connect(errors) => return no_contact(py, errors),
        Error::Configuration(why) => raise(py, &python::UNRESOLVABLE, (why.as_str(),))?,
        Error::ShutDown => raise(py, &python::CLUSTER_SHUT_DOWN, ("Session is already shut down",))?,
        other => raise(py, &python::DRIVER_EXCEPTION, (other.to_string(),))?,
    })
}

fn raise<'py>(
    py: Python<'py>,
    class: &'static python::Imported,
    arguments: impl pyo3::call::PyCallArgs<'py>,
) -> PyResult<PyErr> {
    Ok(PyErr::from_value(class.get(py)?.call1(arguments)?))
}

/// Failed attempts by address, the last of each, whose context is the one before it; the façade puts hosts in the place of
/// addresses.
fn by_address<'py>(py: Python<'py>, attempts: &[Attempt]) -> PyResult<Bound<'py, PyDict>> {
    let errors = PyDict::new(py);
    for attempt in attempts {
        let error = attempt_error(py, &attempt.error, attempt.host.address())?.into_value(py);
        let address = attempt.host.address().to_string();
        if let Some(before) = errors.get_item(&address)? {
            error.setattr(py, "__context__", before)?;
        }
        errors.set_item(address, error)?;
    }
    Ok(errors)
}

fn request_failure(py: Python<'_>, failure: &RequestFailure) -> PyResult<PyErr> {
    let message = "Unable to complete the operation against any hosts";
    match failure {
        RequestFailure::Exhausted { attempts, retries } => {
            let errors = by_address(py, attempts)?;
            match attempts.last() {
                Some(last) if *retries > 0 => {
                    raise(py, &python::PLAN_EXHAUSTED, (message, errors, last.host.address().to_string()))
                }
                _ => raise(py, &python::NO_HOST_AVAILABLE, (message, errors)),
            }
        }
        RequestFailure::Busy { attempts, queue, waited } => {
            let why = match queue {
                Some(queue) => format!(
                    "every host is busy, and {} requests wait already (max_queued_requests, max_queued_bytes)",
                    queue.requests
                ),
                None => format!("every host is busy, and none had room within {} s", waited.as_secs_f64()),
            };
            raise(py, &python::NO_HOST_AVAILABLE, (why, by_address(py, attempts)?))
        }
        RequestFailure::Attempt { error, host, not_retried, .. } => {
            let raised = attempt_error(py, error, host.address())?;
            // An exception of the program's own retry policy is the reason why this one is raised.
            if let Some(NotRetried::PolicyFailed(failure)) = not_retried
                && let Some(cause) = failure.downcast_ref::<PyErr>()
            {
                raised.set_cause(py, Some(cause.clone_ref(py)));
            }
            if let Some(spent @ NotRetried::BudgetSpent) = not_retried {
                // Python 3.10 has no notes.
                _ = raised
                    .value(py)
                    .call_method1("add_note", (format!("{spent} (Cluster(retry_budget=…))"),));
            }
            Ok(raised)
        }
        RequestFailure::TimedOut { waiting, attempts, .. } => {
            let errors = by_address(py, attempts)?;
            for silent in waiting {
                let why = if silent.has_changed_schema {
                    "Client request timeout. The schema was changed, and the nodes have not been seen to agree on it \
                     yet. See Session.execute[_async](timeout)"
                } else {
                    "Client request timeout. See Session.execute[_async](timeout)"
                };
                let on =
                    silent.in_flight.map(|count| format!("; {count} requests in flight on its connection"));
                let why =
                    format!("{why}{}; {} attempts failed before", on.unwrap_or_default(), attempts.len());
                errors.set_item(silent.host.address().to_string(), why)?;
            }
            let last_host = failure.last_host().map(|host| host.address().to_string());
            raise(py, &python::OPERATION_TIMED_OUT, (errors, last_host))
        }
    }
}

fn no_contact(py: Python<'_>, contacts: &[(SocketAddr, ConnectionError)]) -> PyResult<PyErr> {
    let errors = PyDict::new(py);
    for (address, error) in contacts {
        errors.set_item(address.to_string(), connection_error(py, error, *address)?.into_value(py))?;
    }
    raise(py, &python::NO_HOST_AVAILABLE, ("Unable to connect to any servers", errors))
}

/// The exception for one failed attempt.
fn attempt_error(py: Python<'_>, error: &AttemptError, address: SocketAddr) -> PyResult<PyErr> {
    match error {
        AttemptError::Server(error) => server_error(py, error),
        AttemptError::Connection(error) => raise(
            py,
            &python::CONNECTION_SHUTDOWN,
            (format!("Connection to {address} was lost: {error}"), endpoint(address)),
        ),
        AttemptError::NoConnection(Some(error)) => connection_error(py, error, address),
        AttemptError::NoConnection(None) => raise(
            py,
            &python::CONNECTION_EXCEPTION,
            (format!("No open connection to {address}"), endpoint(address)),
        ),
        AttemptError::Busy { .. } => raise(py, &python::NO_CONNECTIONS_AVAILABLE, (error.to_string(),)),
        AttemptError::Encode(error) => Ok(PyValueError::new_err(error.to_string())),
        other => raise(py, &python::DRIVER_EXCEPTION, (format!("{address}: {other}"),)),
    }
}

fn endpoint(address: SocketAddr) -> String {
    address.ip().to_string()
}

/// The exception for a connection that was lost for a reason of which only the text is known.
pub(super) fn lost(py: Python<'_>, why: &str, address: SocketAddr) -> PyResult<PyErr> {
    raise(py, &python::CONNECTION_EXCEPTION, (format!("{address}: {why}"), endpoint(address)))
}

/// The exception for a connection that failed.
pub(super) fn connection_error(
    py: Python<'_>,
    error: &ConnectionError,
    address: SocketAddr,
) -> PyResult<PyErr> {
    if error.is_authentication() {
        let why = format!("Failed to authenticate to {address}: {error}");
        return raise(py, &python::AUTHENTICATION_FAILED, (why,));
    }
    match error {
        ConnectionError::Handshake(handshake) => match &**handshake {
            HandshakeError::VersionRefused { version, .. } => {
                raise(py, &python::PROTOCOL_VERSION_UNSUPPORTED, (endpoint(address), version.number()))
            }
            HandshakeError::Server(error) => server_error(py, error),
            other => {
                raise(py, &python::CONNECTION_EXCEPTION, (format!("{address}: {other}"), endpoint(address)))
            }
        },
        ConnectionError::Protocol(error) => {
            raise(py, &python::PROTOCOL_ERROR, (format!("{address}: {error}"),))
        }
        ConnectionError::ConnectTimeout(_) => {
            let errors = PyDict::new(py);
            errors.set_item(address.to_string(), error.to_string())?;
            raise(py, &python::OPERATION_TIMED_OUT, (errors, address.to_string()))
        }
        ConnectionError::Io(io) if io.raw_os_error().is_some() => {
            // Python chooses the subclass by the number: ConnectionRefusedError and its like.
            let why = format!("Tried connecting to {address}. Last error: {io}");
            Ok(PyErr::from_type(py.get_type::<pyo3::exceptions::PyOSError>(), (io.raw_os_error(), why)))
        }
        ConnectionError::ClosedByServer | ConnectionError::Closed(_) | ConnectionError::HeartbeatLost(_) => {
            raise(
                py,
                &python::CONNECTION_SHUTDOWN,
                (format!("Connection to {address}: {error}"), endpoint(address)),
            )
        }
        other => raise(py, &python::CONNECTION_EXCEPTION, (format!("{address}: {other}"), endpoint(address))),
    }
}

/// What a program sees of a server's error: the class of `cassandra` for its code, with the code's fields.
fn server_error(py: Python<'_>, error: &ServerError) -> PyResult<PyErr> {
    let fields = PyDict::new(py);
    let mut info = fields.clone().into_any();
    match error {
        ServerError::Unavailable { consistency, required, alive, .. } => {
            fields.set_item("consistency", consistency.number())?;
            fields.set_item("required_replicas", required)?;
            fields.set_item("alive_replicas", alive)?;
        }
        ServerError::WriteTimeout { consistency, received, required, write_type, .. } => {
            responses(&fields, consistency.number(), *received, *required)?;
            fields.set_item("write_type", python::WRITE_TYPES.get(py)?.get_item(write_type.name()).ok())?;
        }
        ServerError::ReadTimeout { consistency, received, required, data_present, .. } => {
            responses(&fields, consistency.number(), *received, *required)?;
            fields.set_item("data_retrieved", data_present)?;
        }
        ServerError::ReadFailure {
            consistency, received, required, failures, reasons, data_present, ..
        } => {
            responses(&fields, consistency.number(), *received, *required)?;
            fields.set_item("failures", failures)?;
            fields.set_item("data_retrieved", data_present)?;
            error_codes(&fields, reasons.iter().map(|(address, reason)| (address.to_string(), reason.0)))?;
        }
        ServerError::WriteFailure {
            consistency, received, required, failures, reasons, write_type, ..
        } => {
            responses(&fields, consistency.number(), *received, *required)?;
            fields.set_item("failures", failures)?;
            fields.set_item("write_type", python::WRITE_TYPES.get(py)?.get_item(write_type.name()).ok())?;
            error_codes(&fields, reasons.iter().map(|(address, reason)| (address.to_string(), reason.0)))?;
        }
        ServerError::CasWriteUnknown { consistency, received, required, .. } => {
            responses(&fields, consistency.number(), *received, *required)?;
        }
        ServerError::FunctionFailure { keyspace, function, argument_types, .. } => {
            fields.set_item("keyspace", keyspace)?;
            fields.set_item("function", function)?;
            fields.set_item("arg_types", argument_types)?;
        }
        ServerError::AlreadyExists { keyspace, table, .. } => {
            fields.set_item("keyspace", keyspace)?;
            fields.set_item("table", table)?;
        }
        ServerError::Unprepared { id, .. } => info = PyBytes::new(py, id).into_any(),
        _ => info = py.None().into_bound(py),
    }
    let exception = python::SERVER_ERROR.get(py)?.call1((error.code(), error.message(), info))?;
    Ok(PyErr::from_value(exception))
}

fn responses(fields: &Bound<'_, PyDict>, consistency: u16, received: i32, required: i32) -> PyResult<()> {
    fields.set_item("consistency", consistency)?;
    fields.set_item("received_responses", received)?;
    fields.set_item("required_responses", required)
}

fn error_codes(fields: &Bound<'_, PyDict>, reasons: impl Iterator<Item = (String, u16)>) -> PyResult<()> {
    let map = PyDict::new(fields.py());
    for (address, code) in reasons {
        map.set_item(address, code)?;
    }
    let value = if map.is_empty() { fields.py().None().into_bound(fields.py()) } else { map.into_any() };
    fields.set_item("error_code_map", value)
}
