//! A prepared statement of one node.

use std::sync::Arc;

use helenus_protocol::{EncodeError, ProtocolVersion};

use super::body::Body;
use super::cql::{Statement, parse};
use super::node::Node;
use super::page::result_metadata_id;
use super::session::select_rows;
use super::statement::{Catalog, Described, StatementId, statement_id};
use super::system;
use super::table::Table;
use super::world::World;

/// What a node knows of a statement that was prepared on it.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    pub(super) id: StatementId,
    pub(super) text: Arc<str>,
    described: Described,
}

impl Prepared {
    /// Prepares `text`: bind markers from the schema or as declared, columns of the answer from the rule that will
    /// answer it, else from the schema. An error is the server's message.
    pub(super) fn new(
        node: &Node,
        world: &World,
        keyspace: Option<&str>,
        text: &str,
    ) -> Result<Self, String> {
        let (statement, markers) = parse(text);
        let result = match (node.columns_of(text), &statement) {
            (Some(columns), _) => Some(columns),
            (None, Statement::Select(select)) => {
                let table = select_rows(node, world, keyspace, select)?;
                Some(Table { rows: Vec::new(), ..table })
            }
            (None, _) => None,
        };
        let system = system::tables(&world.topology, node.index(), &[]);
        let catalog = Catalog { keyspaces: &world.schema, system: &system, keyspace };
        let mut described = catalog.describe(&statement, &markers, result);
        if let Some(binding) = world.bindings.iter().find(|binding| text.contains(&binding.text)) {
            let columns = binding
                .markers
                .iter()
                .map(|(name, cql_type)| (name.clone(), super::schema::cql_type(cql_type, None)));
            described.bind = Table::new(&described.bind.keyspace, &described.bind.name, columns);
            described.partition_key.clone_from(&binding.partition_key);
        }
        Ok(Self { id: statement_id(keyspace, text), text: text.into(), described })
    }

    /// The answer to its PREPARE.
    pub(super) fn body(&self, version: ProtocolVersion) -> Result<Body, EncodeError> {
        let metadata_id = result_metadata_id(self.described.result.as_ref())?;
        Body::prepared(&self.id, &metadata_id, &self.described, version)
    }
}
