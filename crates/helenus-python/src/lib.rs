//! The extension module `helenus._native`: what both Python doors stand on.
//!
//! No decisions are made here: Python objects become bytes (`encode`), bytes become Python objects (`decode`),
//! calls are forwarded to the engine and its errors become Python exceptions (`errors`). This file is the index
//! of what Python sees.

mod codec;
mod decode;
mod encode;
mod engine;
mod errors;
mod program;
mod python;
mod schema;
mod types;

use pyo3::prelude::*;

#[pymodule(gil_used = true)]
#[pyo3(name = "_native")]
mod native {
    use super::*;

    #[pymodule_export]
    use crate::codec::types_changed;
    #[pymodule_export]
    use crate::decode::RowDecoder;
    #[pymodule_export]
    use crate::encode::{Binder, BoundValues};
    #[pymodule_export]
    use crate::engine::logs::{least_log_level, write_logs_by};
    #[pymodule_export]
    use crate::engine::runtime::{ending, forked};
    #[pymodule_export]
    use crate::engine::{
        ClusterCore, DirectCore, EndedCore, PreparedCore, RequestCore, ReservedCore, ResultCore,
        SecureConnectBundle, SessionCore, TaskCore,
    };
    #[pymodule_export]
    use crate::python::forking;
    #[pymodule_export]
    use crate::schema::SchemaCore;
    #[pymodule_export]
    use crate::schema::describe::{
        describe_aggregate, describe_function, describe_index, describe_keyspace, describe_table,
        describe_trigger, describe_user_type, describe_view, user_types_in_order, virtual_keyspace,
        virtual_table, without_frozen,
    };
    #[pymodule_export]
    use crate::types::TypeCodec;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
