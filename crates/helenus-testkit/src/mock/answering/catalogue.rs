//! What the answering node answers to each statement, encoded once and kept: bodies without their header.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use helenus_protocol::{CqlType, EncodeError, ProtocolVersion, ResponseOpcode};
use uuid::Uuid;

use crate::mock::body::{Body, RowsOptions, code};
use crate::mock::cql::{Marker, MarkerRole, Select, Statement, parse};
use crate::mock::schema::{Keyspace, TableDefinition};
use crate::mock::statement::{Catalog, Described, StatementId, statement_id};
use crate::mock::table::Table;
use crate::mock::topology::Topology;
use crate::mock::{cell, system};

/// The keyspace of tables that are named without one.
const KEYSPACE: &str = "bench";

/// A body that is ready to be sent.
#[derive(Debug)]
pub(super) struct Canned {
    /// The message.
    pub(super) body: Body,
    /// Where cells stand that take the first bound value, if its length is right: so that a row has the key that was
    /// asked for.
    pub(super) keys: Vec<Range<usize>>,
}

/// The answer to a statement, with and without the columns' metadata.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) full: Canned,
    pub(super) without_metadata: Canned,
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

    const fn catalog(&self) -> Catalog<'_> {
        Catalog {
            keyspaces: self.keyspaces.as_slice(),
            system: self.tables.as_slice(),
            keyspace: Some(KEYSPACE),
        }
    }

    /// The answer to the statement `text`.
    pub(super) fn query(&self, text: &str) -> Result<Answer, EncodeError> {
        let (statement, markers) = parse(text);
        let result = self.result(&statement);
        let described = self.catalog().describe(&statement, &markers, None);
        Self::answer(&statement, &markers, &described, result)
    }

    /// The answer to an EXECUTE of this id, if it was prepared here.
    pub(super) fn execute(&self, id: &StatementId) -> Option<Arc<Answer>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The answer to PREPARE, having noted what to answer to its EXECUTE.
    pub(super) fn prepare(&self, text: &str, version: ProtocolVersion) -> Result<Body, EncodeError> {
        let (statement, markers) = parse(text);
        let result = self.result(&statement);
        if let Some(Err(message)) = result {
            return Body::error(code::INVALID, &message);
        }
        let columns = result.as_ref().and_then(|result| result.as_ref().ok()).cloned();
        let described = self.catalog().describe(&statement, &markers, columns);
        let answer = Arc::new(Self::answer(&statement, &markers, &described, result)?);
        let id = statement_id(None, text);
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).insert(id, answer);
        Body::prepared(&id, &id, &described, version)
    }

    fn answer(
        statement: &Statement,
        markers: &[Marker],
        described: &Described,
        result: Option<Result<Table, String>>,
    ) -> Result<Answer, EncodeError> {
        let both = |body: Body| Answer {
            full: Canned { body: body.clone(), keys: Vec::new() },
            without_metadata: Canned { body, keys: Vec::new() },
        };
        Ok(match (statement, result) {
            (_, Some(Ok(table))) => {
                let key = echoed_column(described, markers, &table);
                Answer { full: rows(&table, false, key)?, without_metadata: rows(&table, true, key)? }
            }
            (_, Some(Err(message))) => both(Body::error(code::INVALID, &message)?),
            (Statement::Use(keyspace), _) => both(Body::set_keyspace(keyspace)?),
            (Statement::Definition { change, target: Some(target), name }, _) if *target == "KEYSPACE" => {
                both(Body::schema_change(change, target, &name.table, None)?)
            }
            (Statement::Definition { change, target: Some(target), name }, _) => {
                let keyspace = name.keyspace.as_deref().unwrap_or(KEYSPACE);
                both(Body::schema_change(change, target, keyspace, Some(&name.table))?)
            }
            _ => both(Body::void()),
        })
    }

    /// The rows that a SELECT answers with, or the server's complaint; `None` for what is no SELECT.
    fn result(&self, statement: &Statement) -> Option<Result<Table, String>> {
        let Statement::Select(select) = statement else { return None };
        if let Some(table) = self.catalog().system_table(&select.table) {
            return Some(table.select(select));
        }
        let is_system = select.table.keyspace.as_deref().is_some_and(|name| name.starts_with("system"));
        Some(if is_system {
            Err(format!("unconfigured table {}", select.table.table))
        } else {
            Ok(self.sample(select))
        })
    }

    /// Rows of a table of the bench keyspace, or of made-up columns for any other table.
    fn sample(&self, select: &Select) -> Table {
        let mut table = self.catalog().empty(select).unwrap_or_else(|| {
            let keyspace = select.table.keyspace.as_deref().unwrap_or(KEYSPACE);
            let columns = [("key", CqlType::Text), ("value", CqlType::Int)];
            let table = Table::new(keyspace, &select.table.table, columns);
            if select.columns.is_empty() { table } else { table.project(select) }
        });
        table.rows = (0..self.rows)
            .map(|row| table.columns.iter().map(|column| sample_cell(&column.cql_type, row)).collect())
            .collect();
        table
    }
}

/// The column of the result that repeats the first bound value: the partition key, if that is what it is bound to.
fn echoed_column(described: &Described, markers: &[Marker], result: &Table) -> Option<usize> {
    match (described.partition_key.as_slice(), markers.first().map(|marker| &marker.role)) {
        ([0], Some(MarkerRole::Column(name))) => result.position(name),
        _ => None,
    }
}

/// The keyspace `bench`: what `bench/` asks for.
fn bench_keyspace() -> Keyspace {
    Keyspace::new(KEYSPACE, 1)
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

fn rows(table: &Table, skip_metadata: bool, key: Option<usize>) -> Result<Canned, EncodeError> {
    // All types of the tables at hand are spelled alike in every version.
    let options = RowsOptions { skip_metadata, ..RowsOptions::new(ProtocolVersion::LATEST) };
    let mut keys = Vec::new();
    let body = table.encode_result(&table.rows, options, |column, place| {
        if key == Some(column) {
            keys.push(place);
        }
    })?;
    Ok(Canned { body, keys })
}

impl Canned {
    /// The opcode of its header.
    pub(super) const fn opcode(&self) -> ResponseOpcode {
        self.body.opcode
    }
}
