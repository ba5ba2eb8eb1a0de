//! What the answering node answers to each statement, encoded once and kept: bodies without their header.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use helenus_protocol::notation::Writer;
use helenus_protocol::{CqlType, EncodeError, ProtocolVersion, ResponseOpcode};
use md5::{Digest, Md5};
use uuid::Uuid;

use crate::mock::cql::{Marker, MarkerRole, Select, Statement, TableName, parse};
use crate::mock::schema::{ColumnKind, Keyspace, TableDefinition, cql_type};
use crate::mock::table::{Column, Table};
use crate::mock::topology::Topology;
use crate::mock::{cell, system};

const RESULT_VOID: i32 = 1;
const RESULT_ROWS: i32 = 2;
const RESULT_SET_KEYSPACE: i32 = 3;
const RESULT_PREPARED: i32 = 4;
const RESULT_SCHEMA_CHANGE: i32 = 5;
const GLOBAL_TABLES_SPEC: i32 = 0x0001;
const NO_METADATA: i32 = 0x0004;
const INVALID: i32 = 0x2200;

/// The id of a prepared statement: the MD5 of its text, as Cassandra makes it.
pub(super) type StatementId = [u8; 16];

/// A body that is ready to be sent.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// The opcode that goes into its header.
    pub(super) opcode: u8,
    /// Its bytes.
    pub(super) bytes: Vec<u8>,
    /// Where cells stand that take the first bound value, if its length is right: so that a row has the key that was
    /// asked for.
    pub(super) keys: Vec<std::ops::Range<usize>>,
}

/// The answer to a statement, with and without the columns' metadata.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) full: Body,
    pub(super) without_metadata: Body,
}

/// Everything that is answered, for all connections.
#[derive(Debug)]
pub(super) struct Catalogue {
    tables: Vec<Table>,
    keyspaces: Vec<Keyspace>,
    rows: usize,
    prepared: Mutex<HashMap<StatementId, Arc<Answer>>>,
}

impl Catalogue {
    /// The catalogue of a node at `address` whose tables answer with `rows` rows.
    pub(super) fn new(address: SocketAddr, rows: usize) -> Self {
        let mut topology = Topology::new(&[address]);
        topology.cluster_name = "helenus answering node".into();
        let keyspaces = vec![bench_keyspace()];
        let tables = system::tables(&topology, 0, &keyspaces);
        Self { tables, keyspaces, rows, prepared: Mutex::default() }
    }

    /// The answer to the statement `text`.
    pub(super) fn query(&self, text: &str) -> Result<Answer, EncodeError> {
        let (statement, markers) = parse(text);
        self.answer(&statement, &markers)
    }

    /// The answer to an EXECUTE of this id, if it was prepared here.
    pub(super) fn execute(&self, id: &StatementId) -> Option<Arc<Answer>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The body of the answer to PREPARE (v5 spec, 4.2.5.4), having noted what to answer to its EXECUTE.
    pub(super) fn prepare(&self, text: &str, version: ProtocolVersion) -> Result<Body, EncodeError> {
        let (statement, markers) = parse(text);
        let answer = Arc::new(self.answer(&statement, &markers)?);
        if answer.full.opcode == ResponseOpcode::Error.number() {
            return error_body(
                INVALID,
                "the statement cannot be prepared: its SELECT is of an unknown column",
            );
        }
        let id: StatementId = Md5::digest(text.as_bytes()).into();
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).insert(id, answer);
        let mut bytes = Vec::new();
        let mut out = Writer::new(&mut bytes);
        out.int(RESULT_PREPARED);
        out.short_bytes(&id)?;
        if version.has_result_metadata_id() {
            out.short_bytes(&id)?;
        }
        let bind = self.bind_markers(&statement, &markers);
        out.int(GLOBAL_TABLES_SPEC);
        out.int_count(bind.columns.len(), "columns")?;
        if version.has_partition_key_indexes() {
            let keys = self.partition_key_indexes(&statement, &markers);
            out.int_count(keys.len(), "partition key")?;
            keys.iter().for_each(|&index| out.short(index));
        }
        bind.encode_columns(&mut out)?;
        match self.result(&statement, &markers) {
            Some(Ok(table)) => {
                out.int(GLOBAL_TABLES_SPEC);
                out.int_count(table.columns.len(), "columns")?;
                table.encode_columns(&mut out)?;
            }
            _ => {
                out.int(NO_METADATA);
                out.int(0);
            }
        }
        Ok(Body { opcode: ResponseOpcode::Result.number(), bytes, keys: Vec::new() })
    }

    fn answer(&self, statement: &Statement, markers: &[Marker]) -> Result<Answer, EncodeError> {
        let result =
            |write: &dyn Fn(&mut Writer<'_>) -> Result<(), EncodeError>| -> Result<Body, EncodeError> {
                let mut bytes = Vec::new();
                write(&mut Writer::new(&mut bytes))?;
                Ok(Body { opcode: ResponseOpcode::Result.number(), bytes, keys: Vec::new() })
            };
        match statement {
            Statement::Select(_) => match self.result(statement, markers) {
                Some(Ok(table)) => {
                    let key = self.echoed_column(statement, markers, &table);
                    Ok(Answer {
                        full: rows_body(&table, true, key)?,
                        without_metadata: rows_body(&table, false, key)?,
                    })
                }
                Some(Err(message)) => both(|| error_body(INVALID, &message)),
                None => both(|| error_body(INVALID, "the statement is no SELECT that this node understands")),
            },
            Statement::Use(keyspace) => both(|| {
                result(&|out| {
                    out.int(RESULT_SET_KEYSPACE);
                    out.string(keyspace)
                })
            }),
            Statement::Definition {
                change,
                target: Some(target @ ("KEYSPACE" | "TABLE" | "TYPE")),
                name,
            } => both(|| {
                result(&|out| {
                    out.int(RESULT_SCHEMA_CHANGE);
                    out.string(change)?;
                    out.string(target)?;
                    if *target == "KEYSPACE" {
                        return out.string(&name.table);
                    }
                    out.string(name.keyspace.as_deref().unwrap_or("bench"))?;
                    out.string(&name.table)
                })
            }),
            _ => both(|| {
                result(&|out| {
                    out.int(RESULT_VOID);
                    Ok(())
                })
            }),
        }
    }

    /// The rows that a SELECT answers with, or the server's complaint; `None` for what is no SELECT.
    fn result(&self, statement: &Statement, markers: &[Marker]) -> Option<Result<Table, String>> {
        let Statement::Select(select) = statement else { return None };
        let is_system = select.table.keyspace.as_deref().is_some_and(|name| name.starts_with("system"));
        if is_system {
            let keyspace = select.table.keyspace.as_deref();
            let table = self
                .tables
                .iter()
                .find(|table| Some(table.keyspace.as_str()) == keyspace && table.name == select.table.table);
            // A marker matches every row: what will be bound to it is not known here.
            debug_assert!(markers.is_empty() || !select.conditions.iter().any(|c| c.any_of.is_empty()));
            return Some(table.map_or_else(
                || Err(format!("unconfigured table {}", select.table.table)),
                |table| table.select(select),
            ));
        }
        Some(Ok(self.sample(select)))
    }

    /// Rows of a table of the bench keyspace, or of made-up columns for any other table.
    fn sample(&self, select: &Select) -> Table {
        let keyspace = select.table.keyspace.as_deref().unwrap_or("bench");
        let mut table = match self.definition(&select.table) {
            Some(definition) => {
                let columns =
                    definition.columns.iter().map(|c| (c.name.clone(), cql_type(&c.cql_type, None)));
                Table::new(keyspace, &definition.name, columns)
            }
            None => {
                Table::new(keyspace, &select.table.table, [("key", CqlType::Text), ("value", CqlType::Int)])
            }
        };
        if !select.columns.is_empty() {
            let named = |source: &str| {
                table.position(source).map_or(CqlType::Text, |at| table.columns[at].cql_type.clone())
            };
            let selected = select.columns.iter();
            table.columns = selected
                .map(|selector| match selector.source.starts_with("count(") {
                    true => Column::new("count", CqlType::Bigint),
                    false => Column::new(selector.name.clone(), named(&selector.source)),
                })
                .collect();
        }
        table.rows = (0..self.rows)
            .map(|row| table.columns.iter().map(|column| sample_cell(&column.cql_type, row)).collect())
            .collect();
        table
    }

    fn definition(&self, name: &TableName) -> Option<&TableDefinition> {
        let keyspace = name.keyspace.as_deref().unwrap_or("bench");
        let keyspace = self.keyspaces.iter().find(|candidate| candidate.name == keyspace)?;
        keyspace.tables.iter().find(|table| table.name == name.table)
    }

    fn target<'a>(
        &'a self,
        statement: &'a Statement,
    ) -> Option<(&'a TableName, Option<&'a TableDefinition>)> {
        let name = match statement {
            Statement::Select(select) => &select.table,
            Statement::Modification { table, .. } => table,
            _ => return None,
        };
        Some((name, self.definition(name)))
    }

    fn bind_markers(&self, statement: &Statement, markers: &[Marker]) -> Table {
        let (name, definition) = self.target(statement).unzip();
        let definition = definition.flatten();
        let of_column = |name: &str| {
            let system = self.system_column(statement, name);
            let own = definition.and_then(|table| table.columns.iter().find(|column| column.name == name));
            own.map(|column| cql_type(&column.cql_type, None)).or(system).unwrap_or(CqlType::Text)
        };
        let columns = markers.iter().map(|marker| {
            let cql_type = match &marker.role {
                MarkerRole::Column(name) => of_column(name),
                MarkerRole::ListOf(name) => CqlType::List(Arc::new(of_column(name))),
                MarkerRole::Int => CqlType::Int,
                MarkerRole::Bigint => CqlType::Bigint,
                MarkerRole::Unknown => CqlType::Text,
            };
            (marker.name.clone(), cql_type)
        });
        let keyspace = name.and_then(|name| name.keyspace.as_deref()).unwrap_or("bench");
        Table::new(keyspace, name.map_or("", |name| &name.table), columns)
    }

    fn system_column(&self, statement: &Statement, name: &str) -> Option<CqlType> {
        let Statement::Select(select) = statement else { return None };
        let table = self.tables.iter().find(|table| {
            Some(table.keyspace.as_str()) == select.table.keyspace.as_deref()
                && table.name == select.table.table
        })?;
        Some(table.columns[table.position(name)?].cql_type.clone())
    }

    /// For each column of the partition key, the marker that is bound to it; none unless all are bound.
    fn partition_key_indexes(&self, statement: &Statement, markers: &[Marker]) -> Vec<u16> {
        let Some((_, Some(definition))) = self.target(statement) else { return Vec::new() };
        let keys = definition.columns.iter().filter(|column| column.kind == ColumnKind::PartitionKey);
        let position = |name: &str| {
            let bound =
                markers.iter().position(|marker| marker.role == MarkerRole::Column(name.to_owned()))?;
            u16::try_from(bound).ok()
        };
        keys.map(|column| position(&column.name)).collect::<Option<Vec<_>>>().unwrap_or_default()
    }

    /// The column of the result that repeats the first bound value: the partition key, if that is what it is bound to.
    fn echoed_column(&self, statement: &Statement, markers: &[Marker], result: &Table) -> Option<usize> {
        if self.partition_key_indexes(statement, markers) != [0] {
            return None;
        }
        let Some(MarkerRole::Column(name)) = markers.first().map(|marker| &marker.role) else { return None };
        result.position(name)
    }
}

/// The keyspace `bench`: what `bench/` and the demo of a machine without Java ask for.
fn bench_keyspace() -> Keyspace {
    Keyspace::new("bench", 1)
        .table(TableDefinition::new("kv").partition_key("k", "bigint").regular("v", "text"))
        .table(
            TableDefinition::new("t")
                .partition_key("id", "uuid")
                .regular("name", "text")
                .regular("value", "bigint")
                .regular("created", "timestamp"),
        )
}

fn sample_cell(cql_type: &CqlType, row: usize) -> cell::Cell {
    let number = i64::try_from(row).unwrap_or(i64::MAX);
    match cql_type {
        CqlType::Text | CqlType::Ascii => cell::text("twenty bytes of text"),
        CqlType::Int => cell::int(i32::try_from(row).unwrap_or(i32::MAX)),
        CqlType::Bigint => cell::bigint(number),
        CqlType::Timestamp => cell::bigint(1_700_000_000_000 + number),
        CqlType::Uuid => cell::uuid(Uuid::from_u128(row as u128)),
        _ => None,
    }
}

fn rows_body(table: &Table, with_metadata: bool, key: Option<usize>) -> Result<Body, EncodeError> {
    let mut bytes = Vec::new();
    let mut out = Writer::new(&mut bytes);
    out.int(RESULT_ROWS);
    out.int(if with_metadata { GLOBAL_TABLES_SPEC } else { NO_METADATA });
    out.int_count(table.columns.len(), "columns")?;
    if with_metadata {
        table.encode_columns(&mut out)?;
    }
    out.int_count(table.rows.len(), "rows")?;
    let mut keys = Vec::new();
    for row in &table.rows {
        for (column, cell) in row.iter().enumerate() {
            out.bytes(cell.as_deref())?;
            if let Some(cell) = cell.as_deref().filter(|_| key == Some(column)) {
                let end = out.buffer().len();
                keys.push(end - cell.len()..end);
            }
        }
    }
    Ok(Body { opcode: ResponseOpcode::Result.number(), bytes, keys })
}

/// The body of an ERROR without further fields.
pub(super) fn error_body(code: i32, message: &str) -> Result<Body, EncodeError> {
    let mut bytes = Vec::new();
    let mut out = Writer::new(&mut bytes);
    out.int(code);
    out.string(message)?;
    Ok(Body { opcode: ResponseOpcode::Error.number(), bytes, keys: Vec::new() })
}

fn both(body: impl Fn() -> Result<Body, EncodeError>) -> Result<Answer, EncodeError> {
    Ok(Answer { full: body()?, without_metadata: body()? })
}
