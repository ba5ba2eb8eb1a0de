//! What the schema of this door is to show after a step.

use helenus::Session;
use helenus::schema::{Keyspace, Layout, Table};

use super::corpus::Part;

type Checked = Result<(), String>;

/// Holds the schema of `session` against `part`. The keyspace is `keyspace` where the part names none.
pub(super) fn check(session: &Session, keyspace: &str, part: &Part) -> Checked {
    let snapshot = session.cluster().snapshot();
    let schema = snapshot.schema();
    if let Some(name) = &part.keyspace {
        return match schema.keyspace(name) {
            found if part.gone => expect_gone(found.is_some(), "keyspace", name),
            Some(found) => says(&found.create_statement(), part),
            None => Err(format!("the schema has no keyspace {name}")),
        };
    }
    let found = schema.keyspace(keyspace).ok_or_else(|| format!("the schema has no keyspace {keyspace}"))?;
    let (kind, name, described) = described(found, part)?;
    match described {
        found if part.gone => expect_gone(found.is_some(), kind, &name),
        Some((text, table)) => {
            says(&text, part)?;
            table.map_or(Ok(()), |table| keys(table, part))
        }
        None => Err(format!("the schema has no {kind} {name}")),
    }
}

type Described<'a> = (&'static str, String, Option<(String, Option<&'a Table>)>);

/// What kind of thing is looked for, its name, and what is found: the CQL that makes it, and its columns.
fn described<'a>(keyspace: &'a Keyspace, part: &Part) -> Result<Described<'a>, String> {
    let found = if let Some(name) = &part.table {
        let table = keyspace.tables.get(name.as_str());
        ("table", name, table.map(|t| (t.create_statement(Layout::Line), Some(&**t))))
    } else if let Some(name) = &part.view {
        let view = keyspace.views.get(name.as_str());
        ("view", name, view.map(|v| (v.create_statement(Layout::Line), Some(&v.table))))
    } else if let Some(name) = &part.user_type {
        let made = keyspace.user_types.get(name.as_str());
        ("type", name, made.map(|t| (t.create_statement(Layout::Line), None)))
    } else if let Some(name) = &part.function {
        let function = keyspace.functions.get(name.as_str());
        ("function", name, function.map(|f| (f.create_statement(Layout::Line), None)))
    } else if let Some(name) = &part.aggregate {
        let aggregate = keyspace.aggregates.get(name.as_str());
        ("aggregate", name, aggregate.map(|a| (a.create_statement(Layout::Line), None)))
    } else if let Some(name) = &part.index {
        let table = part.on.as_deref().ok_or("an index is on a table")?;
        let index = keyspace.relation(table).and_then(|table| table.indexes.get(name.as_str()));
        ("index", name, index.map(|i| (i.create_statement(&keyspace.name, table), None)))
    } else {
        return Err("the step does not say what the schema is to show".to_owned());
    };
    Ok((found.0, found.1.clone(), found.2))
}

fn expect_gone(is_there: bool, kind: &str, name: &str) -> Checked {
    if is_there { Err(format!("the schema still has the {kind} {name}")) } else { Ok(()) }
}

fn says(text: &str, part: &Part) -> Checked {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match part.says.iter().find(|wanted| !text.contains(wanted.as_str())) {
        Some(missing) => Err(format!("the description does not say {missing:?}: {text}")),
        None => Ok(()),
    }
}

fn keys(table: &Table, part: &Part) -> Checked {
    let same = |what: &str, found: Vec<String>, wanted: Option<&Vec<String>>| match wanted {
        Some(wanted) if *wanted != found => {
            Err(format!("the {what} of {} is {found:?}, expected {wanted:?}", table.name()))
        }
        _ => Ok(()),
    };
    let names = |columns: &[helenus::schema::Column]| columns.iter().map(|c| c.name.to_string()).collect();
    let columns =
        table.columns().iter().map(|column| format!("{}: {}", column.name, column.type_text)).collect();
    same("column list", columns, part.columns.as_ref())?;
    same("partition key", names(table.partition_key()), part.partition_key.as_ref())?;
    same("clustering key", names(table.clustering_key()), part.clustering_key.as_ref())
}
