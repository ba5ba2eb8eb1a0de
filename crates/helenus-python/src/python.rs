//! Every Python object that Rust code imports, in one list. Each is looked up once, at its first use, and kept.
//!
//! Nothing else in this crate calls `import`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyType;

/// An object found by module and (dotted) name.
pub(crate) struct Imported {
    module: &'static str,
    name: &'static str,
    cell: PyOnceLock<Py<PyAny>>,
}

impl Imported {
    const fn new(module: &'static str, name: &'static str) -> Self {
        Self { module, name, cell: PyOnceLock::new() }
    }

    /// The object itself.
    pub(crate) fn get<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        let object = self.cell.get_or_try_init(py, || {
            let module = py.import(self.module)?.into_any();
            let object = self.name.split('.').try_fold(module, |object, name| object.getattr(name))?;
            Ok::<_, PyErr>(object.unbind())
        })?;
        Ok(object.bind(py))
    }

    /// The object, which is a class.
    pub(crate) fn class<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyType>> {
        Ok(self.get(py)?.cast::<PyType>()?)
    }
}

pub(crate) static DECIMAL: Imported = Imported::new("decimal", "Decimal");
pub(crate) static DECIMAL_TEXT: Imported = Imported::new("decimal", "Decimal.__str__");
pub(crate) static INT_FROM_BYTES: Imported = Imported::new("builtins", "int.from_bytes");
pub(crate) static NEW_TUPLE: Imported = Imported::new("builtins", "tuple.__new__");
pub(crate) static ORDERED_DICT: Imported = Imported::new("collections", "OrderedDict");
pub(crate) static STRUCT_ERROR: Imported = Imported::new("struct", "error");
pub(crate) static UUID: Imported = Imported::new("uuid", "UUID");
pub(crate) static SAFE_UUID_UNKNOWN: Imported = Imported::new("uuid", "SafeUUID.unknown");

pub(crate) static DRIVER_EXCEPTION: Imported = Imported::new("cassandra", "DriverException");
pub(crate) static UNSET_VALUE: Imported = Imported::new("cassandra.query", "UNSET_VALUE");
pub(crate) static TUPLE_FACTORY: Imported = Imported::new("cassandra.query", "tuple_factory");
pub(crate) static NAMED_TUPLE_FACTORY: Imported = Imported::new("cassandra.query", "named_tuple_factory");
pub(crate) static DICT_FACTORY: Imported = Imported::new("cassandra.query", "dict_factory");
pub(crate) static ORDERED_DICT_FACTORY: Imported = Imported::new("cassandra.query", "ordered_dict_factory");
pub(crate) static ROW_CLASS: Imported = Imported::new("cassandra._query.rows", "row_class");

pub(crate) static DATE: Imported = Imported::new("cassandra.util", "Date");
pub(crate) static DURATION: Imported = Imported::new("cassandra.util", "Duration");
pub(crate) static ORDERED_MAP: Imported = Imported::new("cassandra.util", "OrderedMapSerializedKey");
pub(crate) static SORTED_SET: Imported = Imported::new("cassandra.util", "SortedSet");
pub(crate) static TIME: Imported = Imported::new("cassandra.util", "Time");

pub(crate) static EMPTY: Imported = Imported::new("cassandra.cqltypes", "EMPTY");
pub(crate) static CLASS_OF: Imported = Imported::new("cassandra.cqltypes", "_class_of");

pub(crate) static UNRESOLVABLE: Imported = Imported::new("cassandra", "UnresolvableContactPoints");
pub(crate) static AUTHENTICATION_FAILED: Imported = Imported::new("cassandra", "AuthenticationFailed");
pub(crate) static OPERATION_TIMED_OUT: Imported = Imported::new("cassandra", "OperationTimedOut");
pub(crate) static WRITE_TYPES: Imported = Imported::new("cassandra", "WriteType.name_to_value");
pub(crate) static NO_HOST_AVAILABLE: Imported = Imported::new("cassandra._errors.session", "NoHostAvailable");
pub(crate) static PLAN_EXHAUSTED: Imported = Imported::new("cassandra._errors.session", "PlanExhausted");
pub(crate) static CLUSTER_SHUT_DOWN: Imported = Imported::new("cassandra", "DriverException");
pub(crate) static SERVER_ERROR: Imported = Imported::new("cassandra._errors.server", "server_error");
pub(crate) static CONNECTION_EXCEPTION: Imported =
    Imported::new("cassandra._errors.connection", "ConnectionException");
pub(crate) static CONNECTION_SHUTDOWN: Imported =
    Imported::new("cassandra._errors.connection", "ConnectionShutdown");
pub(crate) static PROTOCOL_VERSION_UNSUPPORTED: Imported =
    Imported::new("cassandra._errors.connection", "ProtocolVersionUnsupported");
pub(crate) static PROTOCOL_ERROR: Imported = Imported::new("cassandra._errors.connection", "ProtocolError");
pub(crate) static NO_CONNECTIONS_AVAILABLE: Imported =
    Imported::new("cassandra._errors.connection", "NoConnectionsAvailable");

pub(crate) static SSL_WANT_READ: Imported = Imported::new("ssl", "SSLWantReadError");
pub(crate) static SSL_ZERO_RETURN: Imported = Imported::new("ssl", "SSLZeroReturnError");
pub(crate) static MEMORY_BIO: Imported = Imported::new("ssl", "MemoryBIO");
