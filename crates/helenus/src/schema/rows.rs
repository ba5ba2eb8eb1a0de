//! Rows of `system_schema`, one at a time, to what they tell of. A row that cannot be one is `None`: whoever reads the
//! schema says so and goes on without it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use helenus_protocol::CqlType;
use helenus_protocol::value::DecodeValue;

use super::describe::text_literal;
use super::{
    Aggregate, Column, ColumnKind, Function, Index, Keyspace, Monotonic, OptionValue, Table, TableOptions,
    Trigger, UserType, View,
};
use crate::cluster::table::TableRow;
use crate::routing::Replication;

type Options = BTreeMap<String, String>;

/// What belongs to a table, and to which one: the table's name is found where its row has it.
#[derive(Debug, PartialEq)]
pub(super) struct Of<T> {
    pub(super) keyspace: Box<str>,
    pub(super) table: Box<str>,
    pub(super) it: T,
}

fn text(row: &TableRow<'_>, column: &str) -> Option<Box<str>> {
    row.get::<&str>(column).map(Into::into)
}

fn of<T>(row: &TableRow<'_>, it: T) -> Option<Of<T>> {
    Some(Of { keyspace: text(row, "keyspace_name")?, table: text(row, "table_name")?, it })
}

fn boxed(options: Options) -> BTreeMap<Box<str>, Box<str>> {
    options.into_iter().map(|(key, value)| (key.into(), value.into())).collect()
}

fn boxes(texts: Vec<String>) -> Vec<Box<str>> {
    texts.into_iter().map(Into::into).collect()
}

pub(super) fn keyspace(row: &TableRow<'_>) -> Option<Keyspace> {
    let options: Options = row.get("replication").unwrap_or_default();
    let mut keyspace = Keyspace::new(text(row, "keyspace_name")?, Replication::from_options(options));
    keyspace.durable_writes = row.get("durable_writes").unwrap_or(true);
    Some(keyspace)
}

pub(super) fn virtual_keyspace(row: &TableRow<'_>) -> Option<Keyspace> {
    let mut keyspace = Keyspace::new(text(row, "keyspace_name")?, Replication::Local);
    keyspace.is_virtual = true;
    Some(keyspace)
}

pub(super) fn column(row: &TableRow<'_>) -> Option<Of<Column>> {
    let kind = ColumnKind::from_name(row.get("kind")?)?;
    let position = row.get("position").unwrap_or(-1);
    let mut column = Column::new(text(row, "column_name")?, kind, position, text(row, "type")?);
    column.is_descending = row.get::<&str>("clustering_order").is_some_and(|order| order == "desc");
    of(row, column)
}

/// The name of a masked column, and the function that masks it, called.
pub(super) fn mask(row: &TableRow<'_>) -> Option<Of<(Box<str>, Box<str>)>> {
    let types: Vec<String> = row.get("function_argument_types").unwrap_or_default();
    let values: Vec<String> = row.get("function_argument_values").unwrap_or_default();
    let nulls: Vec<bool> = row.get("function_argument_nulls").unwrap_or_default();
    if types.len() != values.len() || types.len() != nulls.len() {
        return None;
    }
    // The server keeps values without their quotes.
    let quoted = |kind: &str| matches!(kind, "text" | "ascii" | "inet" | "timestamp" | "date" | "time");
    let arguments = types.iter().zip(&values).zip(&nulls).map(|((kind, value), is_null)| match is_null {
        true => "null".to_owned(),
        false if quoted(kind) => text_literal(value),
        false => value.clone(),
    });
    let arguments = arguments.collect::<Vec<_>>().join(", ");
    let (keyspace, function) = (row.get::<&str>("function_keyspace")?, row.get::<&str>("function_name")?);
    of(row, (text(row, "column_name")?, format!("{keyspace}.{function}({arguments})").into()))
}

/// The options that rows have, each once: most tables of a cluster have the same.
#[derive(Default)]
pub(super) struct OptionsPool {
    known: HashMap<Vec<u8>, Arc<TableOptions>>,
}

/// Columns of `system_schema.tables` and `system_schema.views` that are no options.
const NO_OPTIONS: [&str; 10] = [
    "base_table_id",
    "base_table_name",
    "extensions",
    "flags",
    "id",
    "include_all_columns",
    "keyspace_name",
    "table_name",
    "view_name",
    "where_clause",
];

impl OptionsPool {
    fn of(&mut self, row: &TableRow<'_>) -> Arc<TableOptions> {
        let options = || row.cells().filter(|(name, ..)| !NO_OPTIONS.contains(name));
        let mut bytes = Vec::new();
        for (_, _, cell) in options() {
            let length = cell.map_or(-1, |cell| cell.len() as i64);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(cell.unwrap_or_default());
        }
        let read = || {
            let entries = options().filter_map(|(name, cql_type, cell)| {
                let value = match cell {
                    Some(_) => Some(option_value(cql_type, cell)?),
                    None => None,
                };
                Some((name.into(), value))
            });
            Arc::new(TableOptions::new(entries))
        };
        Arc::clone(self.known.entry(bytes).or_insert_with(read))
    }
}

/// The value of an option; `None` where it is of a type that no option has had so far.
fn option_value(cql_type: &CqlType, cell: Option<&[u8]>) -> Option<OptionValue> {
    Some(match cql_type.unfrozen() {
        CqlType::Text | CqlType::Ascii => {
            OptionValue::Text(<&str>::decode(cql_type.unfrozen(), cell).ok()?.into())
        }
        CqlType::Int => OptionValue::Int(i32::decode(cql_type.unfrozen(), cell).ok()?.into()),
        CqlType::Double => OptionValue::Double(f64::decode(cql_type.unfrozen(), cell).ok()?),
        CqlType::Boolean => OptionValue::Boolean(bool::decode(cql_type.unfrozen(), cell).ok()?),
        CqlType::Map(..) => {
            let entries = Options::decode(cql_type.unfrozen(), cell).ok()?;
            OptionValue::Map(entries.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
        }
        _ => return None,
    })
}

/// Fills what tables and views have in common.
fn fill(table: &mut Table, row: &TableRow<'_>, options: &mut OptionsPool) {
    table.id = row.get("id");
    table.options = options.of(row);
    let extensions: BTreeMap<String, Vec<u8>> = row.get("extensions").unwrap_or_default();
    table.extensions = extensions.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
}

pub(super) fn table(
    row: &TableRow<'_>,
    columns: impl FnOnce(&str, &str) -> Vec<Column>,
    options: &mut OptionsPool,
) -> Option<Table> {
    let (keyspace, name) = (text(row, "keyspace_name")?, text(row, "table_name")?);
    let columns = columns(&keyspace, &name);
    let mut table = Table::new(keyspace, name, columns);
    fill(&mut table, row, options);
    // Where nothing is said of flags, there is nothing from before CQL.
    if let Some(flags) = row.get::<Vec<&str>>("flags") {
        table.is_compact =
            !flags.contains(&"compound") || flags.contains(&"dense") || flags.contains(&"super");
    }
    Some(table)
}

pub(super) fn virtual_table(
    row: &TableRow<'_>,
    columns: impl FnOnce(&str, &str) -> Vec<Column>,
    options: &mut OptionsPool,
) -> Option<Table> {
    let mut table = table(row, columns, options)?;
    table.is_virtual = true;
    Some(table)
}

pub(super) fn view(
    row: &TableRow<'_>,
    columns: impl FnOnce(&str, &str) -> Vec<Column>,
    options: &mut OptionsPool,
) -> Option<View> {
    let (keyspace, name) = (text(row, "keyspace_name")?, text(row, "view_name")?);
    let base_table = text(row, "base_table_name")?;
    let where_clause = text(row, "where_clause")?;
    let columns = columns(&keyspace, &name);
    let mut table = Table::new(keyspace, name, columns);
    fill(&mut table, row, options);
    let include_all_columns = row.get("include_all_columns").unwrap_or(false);
    Some(View { table, base_table, include_all_columns, where_clause })
}

pub(super) fn index(row: &TableRow<'_>) -> Option<Of<Index>> {
    let options = boxed(row.get::<Options>("options").unwrap_or_default());
    of(row, Index { name: text(row, "index_name")?, kind: text(row, "kind")?, options })
}

pub(super) fn trigger(row: &TableRow<'_>) -> Option<Of<Trigger>> {
    let options = boxed(row.get::<Options>("options").unwrap_or_default());
    of(row, Trigger { name: text(row, "trigger_name")?, options })
}

pub(super) fn user_type(row: &TableRow<'_>) -> Option<UserType> {
    let names = boxes(row.get("field_names").unwrap_or_default());
    let types = boxes(row.get("field_types").unwrap_or_default());
    if names.len() != types.len() {
        return None;
    }
    Some(UserType {
        keyspace: text(row, "keyspace_name")?,
        name: text(row, "type_name")?,
        fields: names.into_iter().zip(types).collect(),
    })
}

pub(super) fn function(row: &TableRow<'_>) -> Option<Function> {
    let names = boxes(row.get("argument_names").unwrap_or_default());
    let types = boxes(row.get("argument_types").unwrap_or_default());
    if names.len() != types.len() {
        return None;
    }
    let monotonic_on: Vec<String> = row.get("monotonic_on").unwrap_or_default();
    let monotonic = match monotonic_on.into_iter().next() {
        _ if row.get("monotonic").unwrap_or(false) => Monotonic::All,
        Some(argument) => Monotonic::On(argument.into()),
        None => Monotonic::Unknown,
    };
    Some(Function {
        keyspace: text(row, "keyspace_name")?,
        name: text(row, "function_name")?,
        arguments: names.into_iter().zip(types).collect(),
        return_type: text(row, "return_type")?,
        language: text(row, "language")?,
        body: text(row, "body")?,
        called_on_null_input: row.get("called_on_null_input").unwrap_or(false),
        deterministic: row.get("deterministic").unwrap_or(false),
        monotonic,
    })
}

pub(super) fn aggregate(row: &TableRow<'_>) -> Option<Aggregate> {
    Some(Aggregate {
        keyspace: text(row, "keyspace_name")?,
        name: text(row, "aggregate_name")?,
        argument_types: boxes(row.get("argument_types").unwrap_or_default()),
        state_function: text(row, "state_func")?,
        state_type: text(row, "state_type")?,
        final_function: text(row, "final_func"),
        initial_condition: text(row, "initcond"),
        return_type: text(row, "return_type")?,
        deterministic: row.get("deterministic").unwrap_or(false),
    })
}
