//! Statements from the façade's arguments, and `PreparedCore`.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use helenus::protocol::envelope::CustomPayload;
use helenus::protocol::notation::Value;
use helenus::protocol::request::SerializedValues;
use helenus::protocol::response::ColumnSpec;
use helenus::protocol::{Consistency, SerialConsistency};
use helenus::statement::StatementOptions;
use helenus::{PreparedStatement, Session};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};

use super::cluster::rust_uuid;
use super::concurrent;
use super::policies;
use super::runtime::Owned;
use crate::encode::BoundValues;
use crate::python;

/// A prepared statement.
#[pyclass(frozen, module = "helenus._native")]
pub(crate) struct PreparedCore {
    prepared: Owned<PreparedStatement>,
    /// What the server's query handler said to the preparing.
    answered: CustomPayload,
}

pub(super) type Columns = Vec<(String, String, String, String)>;

pub(super) fn columns(specs: &[ColumnSpec]) -> Columns {
    specs
        .iter()
        .map(|column| {
            let class = column.cql_type.class_name();
            (column.keyspace.to_string(), column.table.to_string(), column.name.to_string(), class)
        })
        .collect()
}

#[pymethods]
impl PreparedCore {
    /// The server's id.
    #[getter]
    fn id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, self.get()?.id()))
    }

    /// The id of the result's columns (v5).
    #[getter]
    fn result_metadata_id<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        let columns = self.get()?.result_columns();
        Ok(columns.id.as_ref().map(|id| PyBytes::new(py, id)))
    }

    /// What the server's query handler said to the preparing; `None` where it said nothing.
    #[getter]
    fn custom_payload<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyDict>>> {
        if self.answered.is_empty() {
            return Ok(None);
        }
        let dict = PyDict::new(py);
        for (key, value) in &self.answered {
            dict.set_item(key, value.as_ref().map(|value| PyBytes::new(py, value)))?;
        }
        Ok(Some(dict))
    }

    /// The keyspace in which it was prepared.
    #[getter]
    fn keyspace(&self) -> PyResult<Option<String>> {
        Ok(self.get()?.keyspace().map(str::to_owned))
    }

    /// Its text.
    #[getter]
    fn query(&self) -> PyResult<String> {
        Ok(self.get()?.query().to_owned())
    }

    /// Keyspace, table, name and class name of each bind marker.
    #[getter]
    fn bind_columns(&self) -> PyResult<Columns> {
        Ok(columns(self.get()?.bind_columns()))
    }

    /// Which bind markers make the partition key.
    #[getter]
    fn partition_key_indexes(&self) -> PyResult<Vec<u16>> {
        Ok(self.get()?.partition_key_indexes().to_vec())
    }

    /// Keyspace, table, name and class name of each column of the result.
    #[getter]
    fn result_columns(&self) -> PyResult<Option<Columns>> {
        let known = self.get()?.result_columns();
        Ok(known.metadata.as_ref().map(|metadata| columns(&metadata.columns)))
    }
}

impl PreparedCore {
    pub(super) fn new(prepared: PreparedStatement, answered: CustomPayload) -> Self {
        Self { prepared: Owned::new(prepared), answered }
    }

    pub(super) fn get(&self) -> PyResult<&PreparedStatement> {
        self.prepared.get()
    }
}

fn consistency(number: u16) -> PyResult<Consistency> {
    Consistency::from_number(number)
        .ok_or_else(|| PyValueError::new_err(format!("there is no consistency level {number}")))
}

/// The time of a request; `None`: for ever. Less than nothing is nothing: it times out at once, as it would have.
pub(super) fn timeout(seconds: Option<f64>) -> Duration {
    seconds.map_or(Duration::MAX, |seconds| {
        Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or(Duration::MAX)
    })
}

/// What the façade passes with each statement, in its order; see the stub.
pub(super) fn options(session: &Session, given: &Bound<'_, PyTuple>) -> PyResult<StatementOptions> {
    let at = |index: usize| given.get_borrowed_item(index);
    let mut options =
        StatementOptions { consistency: Some(consistency(at(0)?.extract()?)?), ..Default::default() };
    if let Some(serial) = at(1)?.extract::<Option<u16>>()? {
        let serial = SerialConsistency::try_from(consistency(serial)?)
            .map_err(|level| PyValueError::new_err(format!("{level} is no serial consistency level")))?;
        options.serial_consistency = Some(serial);
    }
    options.page_size = Some(at(2)?.extract::<Option<i32>>()?.unwrap_or(0));
    options.paging_state = at(3)?.extract::<Option<Vec<u8>>>()?.map(Bytes::from);
    let timestamp = at(4)?;
    options.timestamp = concurrent::timestamp(&timestamp)?;
    options.timeout = Some(timeout(at(5)?.extract()?));
    options.idempotent = at(6)?.extract()?;
    options.tracing = Some(at(7)?.extract()?);
    options.keyspace = at(8)?.extract::<Option<String>>()?.map(Arc::from);
    let payload = at(9)?;
    if !payload.is_none() {
        options.custom_payload = custom_payload(&payload.to_owned().cast_into::<PyDict>()?)?;
    }
    let plan = at(10)?;
    if !plan.is_none() {
        let snapshot = session.cluster().snapshot();
        let mut hosts = Vec::new();
        for id in plan.try_iter()? {
            // A host that has left since the plan was made is not asked.
            hosts.extend(snapshot.host(rust_uuid(&id?)?).cloned());
        }
        options.hosts = Some(hosts);
    }
    let retry = at(11)?;
    if !retry.is_none() {
        options.retry_policy = Some(policies::retry(&retry, at(12)?.to_owned().unbind())?);
    }
    options.routing_key = at(13)?.extract::<Option<Vec<u8>>>()?.map(Bytes::from);
    if let Some(waits) = at(14)?.extract::<Option<Vec<f64>>>()? {
        let waits = waits.into_iter().map(|wait| Duration::try_from_secs_f64(wait).unwrap_or_default());
        options.speculation = Some(waits.collect());
    }
    if let Some(policy) = at(15)?.extract::<Option<String>>()? {
        let profile = session.execution_profile(&policy);
        options.profile = Some(profile.map_err(|error| PyValueError::new_err(error.to_string()))?);
    }
    Ok(options)
}

/// A custom payload in the engine's form.
pub(super) fn custom_payload(given: &Bound<'_, PyDict>) -> PyResult<CustomPayload> {
    given
        .iter()
        .map(|(key, value)| {
            let value: Option<Vec<u8>> = value.extract()?;
            Ok((key.extract()?, value.map(Bytes::from)))
        })
        .collect()
}

/// Values that were bound before: by a `Binder`, or as the list that a `BoundStatement` keeps.
pub(super) fn values(given: &Bound<'_, PyAny>) -> PyResult<SerializedValues> {
    if let Ok(bound) = given.cast::<BoundValues>() {
        return Ok(bound.get().serialized());
    }
    let py = given.py();
    let unset = python::UNSET_VALUE.get(py)?;
    let mut values = SerializedValues::new();
    for value in given.try_iter()? {
        let value = value?;
        let pushed = if value.is_none() {
            values.push(Value::Null)
        } else if value.is(unset) {
            values.push(Value::Unset)
        } else {
            let bytes = value.cast::<PyBytes>().map_err(|_| {
                PyTypeError::new_err(format!(
                    "a bound value is bytes, None or UNSET_VALUE, not {}",
                    value.get_type()
                ))
            })?;
            values.push(Value::Bytes(bytes.as_bytes()))
        };
        pushed.map_err(|error| PyValueError::new_err(error.to_string()))?;
    }
    Ok(values)
}
