//! Whether what a command says can be at all: numbers of nodes, types, counts. What cannot is told to whoever said it,
//! and nothing of it is done; a mock that took it would be a test that tests something else.

use super::command::{MatcherFields, ReactionFields};
use crate::mock::World;
use crate::mock::schema::{Keyspace, is_type};

/// As many as a block of addresses has.
const MOST_NODES: usize = 254;

pub(super) fn nodes(count: usize) -> Result<(), String> {
    if (1..=MOST_NODES).contains(&count) {
        return Ok(());
    }
    Err(format!("nodes must be 1 to {MOST_NODES}, not {count}"))
}

/// The types of the columns, fields or markers of `what`.
pub(super) fn types<'a>(
    what: &str,
    named: impl IntoIterator<Item = (&'a str, &'a str)>,
    keyspace: Option<&Keyspace>,
) -> Result<(), String> {
    match named.into_iter().find(|(_, text)| !is_type(text, keyspace)) {
        None => Ok(()),
        Some((name, text)) => Err(format!(
            "there is no type {text:?}, of {name:?} in {what}; a custom type is its class's name in quotes"
        )),
    }
}

/// The types of all that `world` pretends to have.
pub(super) fn world(world: &World) -> Result<(), String> {
    if world.oldest > world.newest {
        return Err(format!("oldest is {}, newest {}", world.oldest, world.newest));
    }
    for keyspace in &world.schema {
        for (name, fields) in &keyspace.types {
            types(&format!("the type {name:?}"), pairs(fields), Some(keyspace))?;
        }
        for table in &keyspace.tables {
            let columns = table.columns.iter().map(|column| (column.name.as_str(), column.cql_type.as_str()));
            types(&format!("the table {:?}", table.name), columns, Some(keyspace))?;
        }
    }
    for binding in &world.bindings {
        types(&format!("the binding of {:?}", binding.text), pairs(&binding.markers), None)?;
        let markers = binding.markers.len();
        if let Some(index) = binding.partition_key.iter().find(|index| usize::from(**index) >= markers) {
            return Err(format!(
                "the binding of {:?} has {markers} markers, and none of index {index} for its partition key",
                binding.text
            ));
        }
    }
    Ok(())
}

fn pairs(fields: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    fields.iter().map(|(name, text)| (name.as_str(), text.as_str()))
}

/// A matcher that some request of a cluster of so many nodes can meet.
pub(super) fn matcher(fields: &MatcherFields, nodes: usize) -> Result<(), String> {
    if let Some(node) = fields.node.filter(|node| *node >= nodes) {
        return Err(format!("there is no node {node}"));
    }
    for (name, value) in [("nth", fields.nth), ("from", fields.from_nth), ("to", fields.to_nth)] {
        if value == Some(0) {
            return Err(format!("{name} counts from 1"));
        }
    }
    match fields.probability {
        Some(chance) if !(0.0..=1.0).contains(&chance) => {
            Err(format!("probability must be 0 to 1, not {chance}"))
        }
        _ => Ok(()),
    }
}

/// A reaction that can be carried out.
pub(super) fn reaction(fields: &ReactionFields) -> Result<(), String> {
    let counts = [
        ("copies", fields.copies),
        ("gather", fields.gather),
        ("gather_reversed", fields.gather_reversed),
        ("dribble", fields.dribble.map(|(length, _)| length)),
    ];
    match counts.into_iter().find(|(_, count)| *count == Some(0)) {
        None => Ok(()),
        Some((name, _)) => Err(format!("{name} must be at least 1")),
    }
}
