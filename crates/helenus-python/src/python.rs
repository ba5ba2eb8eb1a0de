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

/// The list: a constant for each, and all of them together.
macro_rules! imported {
    ($($name:ident = $module:literal, $object:literal;)*) => {
        $(pub(crate) static $name: Imported = Imported::new($module, $object);)*
        static ALL: &[&Imported] = &[$(&$name),*];
    };
}

imported! {
    DECIMAL = "decimal", "Decimal";
    DECIMAL_TEXT = "decimal", "Decimal.__str__";
    INT_FROM_BYTES = "builtins", "int.from_bytes";
    NEW_TUPLE = "builtins", "tuple.__new__";
    ORDERED_DICT = "collections", "OrderedDict";
    STRUCT_ERROR = "struct", "error";
    UUID = "uuid", "UUID";
    SAFE_UUID_UNKNOWN = "uuid", "SafeUUID.unknown";

    DRIVER_EXCEPTION = "cassandra", "DriverException";
    UNSET_VALUE = "cassandra.query", "UNSET_VALUE";
    TUPLE_FACTORY = "cassandra.query", "tuple_factory";
    NAMED_TUPLE_FACTORY = "cassandra.query", "named_tuple_factory";
    DICT_FACTORY = "cassandra.query", "dict_factory";
    ORDERED_DICT_FACTORY = "cassandra.query", "ordered_dict_factory";
    ROW_CLASS = "cassandra._query.rows", "row_class";

    DATE = "cassandra.util", "Date";
    DURATION = "cassandra.util", "Duration";
    ORDERED_MAP = "cassandra.util", "OrderedMapSerializedKey";
    SORTED_SET = "cassandra.util", "SortedSet";
    TIME = "cassandra.util", "Time";

    EMPTY = "cassandra.cqltypes", "EMPTY";
    CLASS_OF = "cassandra.cqltypes", "_class_of";

    UNRESOLVABLE = "cassandra", "UnresolvableContactPoints";
    AUTHENTICATION_FAILED = "cassandra", "AuthenticationFailed";
    OPERATION_TIMED_OUT = "cassandra", "OperationTimedOut";
    WRITE_TYPES = "cassandra", "WriteType.name_to_value";
    NO_HOST_AVAILABLE = "cassandra._errors.session", "NoHostAvailable";
    PLAN_EXHAUSTED = "cassandra._errors.session", "PlanExhausted";
    CLUSTER_SHUT_DOWN = "cassandra", "DriverException";
    SERVER_ERROR = "cassandra._errors.server", "server_error";
    CONNECTION_EXCEPTION = "cassandra._errors.connection", "ConnectionException";
    CONNECTION_SHUTDOWN = "cassandra._errors.connection", "ConnectionShutdown";
    PROTOCOL_VERSION_UNSUPPORTED = "cassandra._errors.connection", "ProtocolVersionUnsupported";
    PROTOCOL_ERROR = "cassandra._errors.connection", "ProtocolError";
    NO_CONNECTIONS_AVAILABLE = "cassandra._errors.connection", "NoConnectionsAvailable";

    SSL_WANT_READ = "ssl", "SSLWantReadError";
    SSL_ZERO_RETURN = "ssl", "SSLZeroReturnError";
    MEMORY_BIO = "ssl", "MemoryBIO";
}

/// Called before a fork: looks up now whatever would be looked up later. A lookup runs Python code, during which others may
/// fork; a child that found one half done would wait for ever for a thread that is its parent's.
#[pyfunction]
pub(crate) fn forking(py: Python<'_>) {
    for imported in ALL {
        // What cannot be had is told where it is needed.
        let _needed_later = imported.get(py);
    }
}
