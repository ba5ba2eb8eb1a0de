//! Objects of `cassandra.metadata` to CQL. A program may have made them, or changed them; so what they say now is put
//! into the engine's model, which is described.

use std::collections::BTreeMap;
use std::sync::Arc;

use helenus::routing::Replication;
use helenus::schema::{
    Aggregate, Column, ColumnKind, Function, Index, Keyspace, Layout, Monotonic, OptionValue, Table,
    TableOptions, Trigger, UserType, View, in_order_of_need,
};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyMapping, PyString};

type Object<'a, 'py> = &'a Bound<'py, PyAny>;

const fn layout(formatted: bool) -> Layout {
    if formatted { Layout::Lines } else { Layout::Line }
}

/// An attribute as text, whatever it is.
fn text(object: Object<'_, '_>, name: &str) -> PyResult<Box<str>> {
    Ok(object.getattr(name)?.str()?.to_string_lossy().into())
}

fn text_if_any(object: Object<'_, '_>, name: &str) -> PyResult<Option<Box<str>>> {
    let value = object.getattr(name)?;
    Ok(if value.is_none() { None } else { Some(value.str()?.to_string_lossy().into()) })
}

/// An attribute that has several texts, or none in whatever way.
fn texts(object: Object<'_, '_>, name: &str) -> PyResult<Vec<Box<str>>> {
    let values = object.getattr(name)?;
    if !values.is_truthy()? {
        return Ok(Vec::new());
    }
    values.try_iter()?.map(|value| Ok(value?.str()?.to_string_lossy().into())).collect()
}

fn truth(object: Object<'_, '_>, name: &str) -> PyResult<bool> {
    object.getattr(name)?.is_truthy()
}

/// The entries of a mapping as text.
fn entries(mapping: Object<'_, '_>) -> PyResult<Vec<(Box<str>, Box<str>)>> {
    let items = mapping.cast::<PyMapping>()?.items()?;
    let entries = items.iter().map(|item| {
        let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item.extract()?;
        Ok((key.str()?.to_string_lossy().into(), value.str()?.to_string_lossy().into()))
    });
    entries.collect()
}

fn option(value: Object<'_, '_>) -> PyResult<Option<OptionValue>> {
    Ok(if value.is_none() {
        None
    } else if value.is_instance_of::<PyBool>() {
        Some(OptionValue::Boolean(value.is_truthy()?))
    } else if value.is_instance_of::<PyInt>() {
        Some(OptionValue::Int(value.extract()?))
    } else if value.is_instance_of::<PyFloat>() {
        Some(OptionValue::Double(value.extract()?))
    } else if !value.is_instance_of::<PyString>() && value.cast::<PyMapping>().is_ok() {
        Some(OptionValue::Map(entries(value)?))
    } else {
        Some(OptionValue::Text(value.str()?.to_string_lossy().into()))
    })
}

fn column(object: Object<'_, '_>, kind: ColumnKind, position: usize) -> PyResult<Column> {
    let position = i32::try_from(position).unwrap_or(i32::MAX);
    let mut column = Column::new(text(object, "name")?, kind, position, text(object, "cql_type")?);
    column.is_descending = truth(object, "is_reversed")?;
    column.mask = text_if_any(object, "mask")?;
    Ok(column)
}

/// What tables and views have in common.
fn relation(object: Object<'_, '_>) -> PyResult<Table> {
    let mut columns = Vec::new();
    for (key, kind) in
        [("partition_key", ColumnKind::PartitionKey), ("clustering_key", ColumnKind::Clustering)]
    {
        for (position, known) in object.getattr(key)?.try_iter()?.enumerate() {
            columns.push(column(&known?, kind, position)?);
        }
    }
    let in_key = columns.len();
    for known in object.getattr("columns")?.call_method0("values")?.try_iter()? {
        let known = known?;
        let name = text(&known, "name")?;
        if columns[..in_key].iter().any(|column| column.name == name) {
            continue;
        }
        let kind = if truth(&known, "is_static")? { ColumnKind::Static } else { ColumnKind::Regular };
        columns.push(column(&known, kind, 0)?);
    }
    let mut table =
        Table::with_columns_in_order(text(object, "keyspace_name")?, text(object, "name")?, columns);
    let options = object.getattr("options")?;
    if options.is_truthy()? {
        let items = options.cast::<PyMapping>()?.items()?;
        let options = items.iter().map(|item| {
            let (name, value): (String, Bound<'_, PyAny>) = item.extract()?;
            Ok((name.into(), option(&value)?))
        });
        table.options = Arc::new(TableOptions::new(options.collect::<PyResult<Vec<_>>>()?));
    }
    Ok(table)
}

/// The statement that makes a `TableMetadata`.
#[pyfunction]
pub(crate) fn describe_table(table: &Bound<'_, PyAny>, formatted: bool) -> PyResult<String> {
    let mut model = relation(table)?;
    model.is_compact = truth(table, "is_compact_storage")?;
    model.is_virtual = truth(table, "virtual")?;
    Ok(model.create_statement(layout(formatted)))
}

/// The statement that makes a `MaterializedViewMetadata`.
#[pyfunction]
pub(crate) fn describe_view(view: &Bound<'_, PyAny>, formatted: bool) -> PyResult<String> {
    let model = View {
        table: relation(view)?,
        base_table: text(view, "base_table_name")?,
        include_all_columns: truth(view, "include_all_columns")?,
        where_clause: text(view, "where_clause")?,
    };
    Ok(model.create_statement(layout(formatted)))
}

/// The statement that makes an `IndexMetadata`.
#[pyfunction]
pub(crate) fn describe_index(index: &Bound<'_, PyAny>) -> PyResult<String> {
    let options = entries(&index.getattr("index_options")?)?.into_iter().collect();
    let model = Index { name: text(index, "name")?, kind: text(index, "kind")?, options };
    Ok(model.create_statement(&text(index, "keyspace_name")?, &text(index, "table_name")?))
}

/// The statement that makes a `TriggerMetadata`.
#[pyfunction]
pub(crate) fn describe_trigger(trigger: &Bound<'_, PyAny>) -> PyResult<String> {
    let options: BTreeMap<_, _> = entries(&trigger.getattr("options")?)?.into_iter().collect();
    let table = trigger.getattr("table")?;
    let model = Trigger { name: text(trigger, "name")?, options };
    Ok(model.create_statement(&text(&table, "keyspace_name")?, &text(&table, "name")?))
}

fn user_type(made: Object<'_, '_>) -> PyResult<UserType> {
    let fields = texts(made, "field_names")?.into_iter().zip(texts(made, "field_types")?).collect();
    Ok(UserType { keyspace: text(made, "keyspace")?, name: text(made, "name")?, fields })
}

/// The statement that makes a `UserType`.
#[pyfunction]
pub(crate) fn describe_user_type(made: &Bound<'_, PyAny>, formatted: bool) -> PyResult<String> {
    Ok(user_type(made)?.create_statement(layout(formatted)))
}

/// The names under which a dict has `UserType`s, each behind those that it is made of.
#[pyfunction]
pub(crate) fn user_types_in_order(types: &Bound<'_, PyAny>) -> PyResult<Vec<String>> {
    let mut models = BTreeMap::new();
    for item in types.cast::<PyMapping>()?.items()? {
        let (name, made): (String, Bound<'_, PyAny>) = item.extract()?;
        let mut model = user_type(&made)?;
        model.name = name.as_str().into();
        models.insert(name.into(), Arc::new(model));
    }
    Ok(in_order_of_need(&models).into_iter().map(|made| made.name.to_string()).collect())
}

/// The statement that makes a `Function`.
#[pyfunction]
pub(crate) fn describe_function(function: &Bound<'_, PyAny>, formatted: bool) -> PyResult<String> {
    let monotonic = match texts(function, "monotonic_on")?.into_iter().next() {
        _ if truth(function, "monotonic")? => Monotonic::All,
        Some(argument) => Monotonic::On(argument),
        None => Monotonic::Unknown,
    };
    let model = Function {
        keyspace: text(function, "keyspace")?,
        name: text(function, "name")?,
        arguments: texts(function, "argument_names")?
            .into_iter()
            .zip(texts(function, "argument_types")?)
            .collect(),
        return_type: text(function, "return_type")?,
        language: text(function, "language")?,
        body: text(function, "body")?,
        called_on_null_input: truth(function, "called_on_null_input")?,
        deterministic: truth(function, "deterministic")?,
        monotonic,
    };
    Ok(model.create_statement(layout(formatted)))
}

/// The statement that makes an `Aggregate`.
#[pyfunction]
pub(crate) fn describe_aggregate(aggregate: &Bound<'_, PyAny>, formatted: bool) -> PyResult<String> {
    let final_function = text_if_any(aggregate, "final_func")?.filter(|name| !name.is_empty());
    let model = Aggregate {
        keyspace: text(aggregate, "keyspace")?,
        name: text(aggregate, "name")?,
        argument_types: texts(aggregate, "argument_types")?,
        state_function: text(aggregate, "state_func")?,
        state_type: text(aggregate, "state_type")?,
        final_function,
        initial_condition: text_if_any(aggregate, "initial_condition")?,
        return_type: text(aggregate, "return_type")?,
        deterministic: truth(aggregate, "deterministic")?,
    };
    Ok(model.create_statement(layout(formatted)))
}

/// The statement that makes a keyspace with this replication (`class` and options), or the comment that a virtual one is.
#[pyfunction]
pub(crate) fn describe_keyspace(
    name: &str,
    durable_writes: bool,
    is_virtual: bool,
    replication: &Bound<'_, PyAny>,
) -> PyResult<String> {
    let mut model = Keyspace::new(name, Replication::from_options(entries(replication)?));
    model.durable_writes = durable_writes;
    model.is_virtual = is_virtual;
    Ok(model.create_statement())
}

/// The comment that a virtual table is, around its structure.
#[pyfunction]
pub(crate) fn virtual_table(keyspace: &str, name: &str, structure: &str) -> String {
    helenus::schema::virtual_table(keyspace, name, structure)
}

/// The comment that a virtual keyspace is, before its structure.
#[pyfunction]
pub(crate) fn virtual_keyspace(name: &str, structure: &str) -> String {
    helenus::schema::virtual_keyspace(name, structure)
}

/// The text of a type without `frozen<…>`.
#[pyfunction]
pub(crate) fn without_frozen(text: &str) -> String {
    helenus::schema::without_frozen(text).into_owned()
}
