//! The engine's schema as Python sees it: [`SchemaCore`] gives facts, of which `cassandra._metadata` makes its objects
//! when a program looks at them; [`describe`] turns such objects into CQL.
//!
//! A *mark* is a number that is another one once a thing has changed, as long as the schema that it came from is kept.

pub(crate) mod describe;

use std::collections::BTreeMap;
use std::sync::Arc;

use helenus::schema::{
    Aggregate, Column, ColumnKind, Function, Keyspace, Monotonic, OptionValue, Schema, SchemaPart, Table,
};
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyList, PyString, PyTuple};

/// One schema of the engine's, which does not change.
#[pyclass(frozen, module = "helenus._native")]
pub(crate) struct SchemaCore(Arc<Schema>);

impl SchemaCore {
    pub(crate) const fn new(schema: Arc<Schema>) -> Self {
        Self(schema)
    }

    fn named(&self, keyspace: &str) -> PyResult<&Arc<Keyspace>> {
        self.0.keyspace(keyspace).ok_or_else(|| PyKeyError::new_err(keyspace.to_owned()))
    }
}

/// Where a value is, as a number.
fn mark<T>(value: &Arc<T>) -> usize {
    Arc::as_ptr(value).addr()
}

fn marks<T>(values: &BTreeMap<Box<str>, Arc<T>>) -> Vec<(&str, usize)> {
    values.iter().map(|(name, value)| (&**name, mark(value))).collect()
}

#[pymethods]
impl SchemaCore {
    /// Whether it is the same schema, and not only an equal one.
    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The names of the keyspaces, and their marks.
    fn keyspaces<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let found = PyDict::new(py);
        for keyspace in self.0.keyspaces() {
            found.set_item(&*keyspace.name, mark(keyspace))?;
        }
        Ok(found)
    }

    /// A keyspace without what is in it: durable writes, whether it is virtual, the strategy's class and its options.
    fn keyspace<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyTuple>> {
        let keyspace = self.named(name)?;
        let options = PyDict::new(py);
        let mut class = None;
        for (key, value) in keyspace.replication.to_options() {
            match &*key {
                "class" => class = Some(value),
                _ => options.set_item(&*key, &*value)?,
            }
        }
        (keyspace.durable_writes, keyspace.is_virtual, class.as_deref(), options).into_pyobject(py)
    }

    /// The names of what a keyspace has of a kind (`tables`, `views`, `user_types`, `functions`, `aggregates`), and the
    /// marks.
    fn marks<'py>(&self, py: Python<'py>, keyspace: &str, kind: &str) -> PyResult<Bound<'py, PyDict>> {
        let Some(keyspace) = self.0.keyspace(keyspace) else { return Ok(PyDict::new(py)) };
        let marks = match kind {
            "tables" => marks(&keyspace.tables),
            "views" => marks(&keyspace.views),
            "user_types" => marks(&keyspace.user_types),
            "functions" => marks(&keyspace.functions),
            "aggregates" => marks(&keyspace.aggregates),
            _ => return Err(PyValueError::new_err(format!("a keyspace has no {kind}"))),
        };
        let found = PyDict::new(py);
        for (name, mark) in marks {
            found.set_item(name, mark)?;
        }
        Ok(found)
    }

    /// A table: its columns, options, extensions, whether it is compact, whether it is virtual, indexes and triggers.
    fn table<'py>(&self, py: Python<'py>, keyspace: &str, name: &str) -> PyResult<Bound<'py, PyTuple>> {
        let found = self.named(keyspace)?.tables.get(name);
        table(py, found.ok_or_else(|| PyKeyError::new_err(name.to_owned()))?)
    }

    /// A view: its base table, whether it has all columns, its condition, and what a table has.
    fn view<'py>(&self, py: Python<'py>, keyspace: &str, name: &str) -> PyResult<Bound<'py, PyTuple>> {
        let found = self.named(keyspace)?.views.get(name);
        let view = found.ok_or_else(|| PyKeyError::new_err(name.to_owned()))?;
        let facts =
            (&*view.base_table, view.include_all_columns, &*view.where_clause, table(py, &view.table)?);
        facts.into_pyobject(py)
    }

    /// A user-defined type: the names of its fields, and their types.
    fn user_type(&self, keyspace: &str, name: &str) -> PyResult<(Vec<String>, Vec<String>)> {
        let found = self.named(keyspace)?.user_types.get(name);
        let made = found.ok_or_else(|| PyKeyError::new_err(name.to_owned()))?;
        Ok(made.fields.iter().map(|(name, kind)| (name.to_string(), kind.to_string())).unzip())
    }

    /// The arguments of `cassandra.metadata.Function`, but for the keyspace.
    fn function<'py>(
        &self,
        py: Python<'py>,
        keyspace: &str,
        signature: &str,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let found = self.named(keyspace)?.functions.get(signature);
        function(py, found.ok_or_else(|| PyKeyError::new_err(signature.to_owned()))?)
    }

    /// The arguments of `cassandra.metadata.Aggregate`, but for the keyspace.
    fn aggregate<'py>(
        &self,
        py: Python<'py>,
        keyspace: &str,
        signature: &str,
    ) -> PyResult<Bound<'py, PyTuple>> {
        let found = self.named(keyspace)?.aggregates.get(signature);
        aggregate(py, found.ok_or_else(|| PyKeyError::new_err(signature.to_owned()))?)
    }
}

/// The part of the schema that a program names: a keyspace, and in it a kind of things and the name of one.
pub(crate) fn part(
    keyspace: Option<String>,
    kind: Option<&str>,
    name: Option<String>,
) -> PyResult<SchemaPart> {
    let Some(keyspace) = keyspace else { return Ok(SchemaPart::Everything) };
    Ok(match (kind, name) {
        (None, _) => SchemaPart::Keyspace(keyspace.into()),
        (Some("tables"), Some(name)) => SchemaPart::table(keyspace, name),
        (Some("user_types"), _) => SchemaPart::UserTypes(keyspace.into()),
        (Some("functions"), _) => SchemaPart::Functions(keyspace.into()),
        (Some("aggregates"), _) => SchemaPart::Aggregates(keyspace.into()),
        (Some(kind), _) => return Err(PyValueError::new_err(format!("no part of the schema: {kind}"))),
    })
}

fn text_map<'py>(py: Python<'py>, entries: &BTreeMap<Box<str>, Box<str>>) -> PyResult<Bound<'py, PyDict>> {
    let map = PyDict::new(py);
    for (key, value) in entries {
        map.set_item(&**key, &**value)?;
    }
    Ok(map)
}

fn option<'py>(py: Python<'py>, value: &OptionValue) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        OptionValue::Text(text) => PyString::new(py, text).into_any(),
        OptionValue::Int(number) => number.into_pyobject(py)?.into_any(),
        OptionValue::Double(number) => number.into_pyobject(py)?.into_any(),
        OptionValue::Boolean(value) => PyBool::new(py, *value).to_owned().into_any(),
        OptionValue::Map(entries) => {
            let map = PyDict::new(py);
            for (key, value) in entries {
                map.set_item(&**key, &**value)?;
            }
            map.into_any()
        }
    })
}

/// `(name, type, 0 for the partition key, 1 for the clustering key, 2 for the rest, static, reversed, mask)`
fn column<'py>(py: Python<'py>, column: &Column, is_static: bool) -> PyResult<Bound<'py, PyTuple>> {
    let part = match column.kind {
        ColumnKind::PartitionKey => 0,
        ColumnKind::Clustering => 1,
        ColumnKind::Static | ColumnKind::Regular => 2,
    };
    let name = PyString::intern(py, &column.name);
    let kind = PyString::intern(py, &column.type_text);
    (name, kind, part, is_static, column.is_descending, column.mask.as_deref()).into_pyobject(py)
}

fn table<'py>(py: Python<'py>, table: &Table) -> PyResult<Bound<'py, PyTuple>> {
    let columns = PyList::empty(py);
    for known in table.named_columns() {
        columns.append(column(py, known, table.is_static(known))?)?;
    }
    let options = PyDict::new(py);
    for (name, value) in table.options.iter() {
        options.set_item(name, value.map(|value| option(py, value)).transpose()?)?;
    }
    let extensions = PyDict::new(py);
    for (name, value) in &table.extensions {
        extensions.set_item(&**name, PyBytes::new(py, value))?;
    }
    let indexes = PyList::empty(py);
    for index in table.indexes.values() {
        indexes.append((&*index.name, &*index.kind, text_map(py, &index.options)?))?;
    }
    let triggers = PyList::empty(py);
    for trigger in table.triggers.values() {
        triggers.append((&*trigger.name, text_map(py, &trigger.options)?))?;
    }
    (columns, options, extensions, table.is_compact, table.is_virtual, indexes, triggers).into_pyobject(py)
}

fn function<'py>(py: Python<'py>, function: &Function) -> PyResult<Bound<'py, PyTuple>> {
    let types: Vec<&str> = function.arguments.iter().map(|(_, kind)| &**kind).collect();
    let names: Vec<&str> = function.arguments.iter().map(|(name, _)| &**name).collect();
    let monotonic_on: Vec<&str> = match &function.monotonic {
        Monotonic::On(argument) => vec![argument],
        Monotonic::All | Monotonic::Unknown => Vec::new(),
    };
    let facts = (
        &*function.name,
        types,
        names,
        &*function.return_type,
        &*function.language,
        &*function.body,
        function.called_on_null_input,
        function.deterministic,
        function.monotonic == Monotonic::All,
        PyTuple::new(py, monotonic_on)?,
    );
    facts.into_pyobject(py)
}

fn aggregate<'py>(py: Python<'py>, aggregate: &Aggregate) -> PyResult<Bound<'py, PyTuple>> {
    let types: Vec<&str> = aggregate.argument_types.iter().map(|kind| &**kind).collect();
    let facts = (
        &*aggregate.name,
        types,
        &*aggregate.state_function,
        &*aggregate.state_type,
        aggregate.final_function.as_deref(),
        aggregate.initial_condition.as_deref(),
        &*aggregate.return_type,
        aggregate.deterministic,
    );
    facts.into_pyobject(py)
}
