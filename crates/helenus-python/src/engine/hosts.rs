//! What a program's own code says of hosts: where each is reached, and whether a failed connection means that it is
//! down. Both are asked on threads that may block; what one of them raises is reported, and the engine does as usual.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};

use helenus::cluster::HostFacts;
use helenus::policy::{AddressTranslator, ConvictionPolicy};
use helenus::{ConnectionError, Host};
use pyo3::prelude::*;

use super::cluster::{facts_of, python_uuid};
use super::{failures, runtime};
use crate::program;

/// Reports what was raised as Python reports what nobody can catch.
fn reported<T>(what: &Py<PyAny>, ask: impl FnOnce(Python<'_>) -> PyResult<T>) -> Option<T> {
    runtime::attach(|py| ask(py).map_err(|error| error.write_unraisable(py, Some(what.bind(py)))).ok())
        .flatten()
}

/// Asks `translate(facts)`, which gives an address and a port, for each host.
#[derive(Debug)]
pub(super) struct PythonTranslator(pub(super) Py<PyAny>);

impl AddressTranslator for PythonTranslator {
    fn translate(&self, address: SocketAddr) -> SocketAddr {
        address
    }

    fn translate_host(&self, host: &HostFacts) -> SocketAddr {
        let asked = reported(&self.0, |py| {
            let (address, port): (IpAddr, u16) =
                program::call(self.0.bind(py), (facts_of(py, host)?,))?.extract()?;
            Ok(SocketAddr::new(address, port))
        });
        asked.unwrap_or(host.rpc_address)
    }

    fn may_block(&self) -> bool {
        true
    }
}

/// Asks `judge(host_id, exception)`, which says whether the host is down; None instead of an exception tells that it
/// works again.
#[derive(Debug)]
pub(super) struct PythonConviction(pub(super) Py<PyAny>);

impl ConvictionPolicy for PythonConviction {
    fn convict(&self, host: &Host, failure: &(dyn Error + 'static)) -> bool {
        let asked = reported(&self.0, |py| {
            let exception = match failure.downcast_ref::<ConnectionError>() {
                Some(error) => {
                    failures::connection_error(py, error, host.address())?.into_value(py).into_any()
                }
                None => failures::lost(py, &failure.to_string(), host.address())?.into_value(py).into_any(),
            };
            program::call(self.0.bind(py), (python_uuid(py, host.host_id())?, exception))?.is_truthy()
        });
        asked.unwrap_or(true)
    }

    fn reset(&self, host: &Host) {
        reported(&self.0, |py| {
            program::call(self.0.bind(py), (python_uuid(py, host.host_id())?, py.None())).map(drop)
        });
    }

    fn may_block(&self) -> bool {
        true
    }
}
