//! What the queries have found, put together: to a whole schema, or to one in which a part is replaced. Pure: rows go in,
//! a schema comes out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::rows::{self, OptionsPool};
use super::{Aggregate, Function, UserType};
use super::{Column, Keyspace, Schema, SchemaPart, Table, View};
use crate::cluster::table::{Table as Page, TableRow};

/// The pages of each table's rows; none where it was not asked for, or the server has no such table.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) keyspaces: Vec<Page>,
    pub(super) tables: Vec<Page>,
    pub(super) columns: Vec<Page>,
    pub(super) masks: Vec<Page>,
    pub(super) views: Vec<Page>,
    pub(super) indexes: Vec<Page>,
    pub(super) triggers: Vec<Page>,
    pub(super) user_types: Vec<Page>,
    pub(super) functions: Vec<Page>,
    pub(super) aggregates: Vec<Page>,
    pub(super) virtual_keyspaces: Vec<Page>,
    pub(super) virtual_tables: Vec<Page>,
    pub(super) virtual_columns: Vec<Page>,
}

/// All that the answers tell of one keyspace.
#[derive(Debug, Default)]
struct Found {
    keyspace: Option<Keyspace>,
    tables: Vec<Table>,
    views: Vec<View>,
    user_types: Vec<UserType>,
    functions: Vec<Function>,
    aggregates: Vec<Aggregate>,
}

type FoundByName = BTreeMap<Box<str>, Found>;

/// What was found of a keyspace so far.
fn of<'a>(found: &'a mut FoundByName, keyspace: &str) -> &'a mut Found {
    found.entry(keyspace.into()).or_default()
}

/// The rows of `pages` that can be read. Those that cannot are told of, and lost; the others are not.
fn readable<'a, T>(
    what: &'static str,
    pages: &'a [Page],
    read: impl FnMut(&TableRow<'a>) -> Option<T> + 'a,
) -> impl Iterator<Item = T> + 'a {
    let mut read = read;
    pages.iter().flat_map(Page::rows).filter_map(move |row| {
        let found = read(&row);
        if found.is_none() {
            let keyspace = row.get::<&str>("keyspace_name");
            tracing::warn!(table = what, keyspace, "a row of the schema cannot be read and is skipped");
        }
        found
    })
}

type ByTable<T> = HashMap<(Box<str>, Box<str>), Vec<T>>;

fn by_table<T>(found: impl Iterator<Item = rows::Of<T>>) -> ByTable<T> {
    let mut grouped = ByTable::new();
    for of in found {
        grouped.entry((of.keyspace, of.table)).or_default().push(of.it);
    }
    grouped
}

fn take<T>(grouped: &mut ByTable<T>, keyspace: &str, table: &str) -> Vec<T> {
    grouped.remove(&(keyspace.into(), table.into())).unwrap_or_default()
}

impl Answers {
    fn found(&self) -> FoundByName {
        let mut found = FoundByName::new();
        for keyspace in readable("system_schema.keyspaces", &self.keyspaces, rows::keyspace) {
            let known = of(&mut found, &keyspace.name);
            known.keyspace = Some(keyspace);
        }
        for made in readable("system_schema.types", &self.user_types, rows::user_type) {
            of(&mut found, &made.keyspace).user_types.push(made);
        }
        for function in readable("system_schema.functions", &self.functions, rows::function) {
            of(&mut found, &function.keyspace).functions.push(function);
        }
        for aggregate in readable("system_schema.aggregates", &self.aggregates, rows::aggregate) {
            of(&mut found, &aggregate.keyspace).aggregates.push(aggregate);
        }
        self.relations(&mut found);
        self.virtual_relations(&mut found);
        found
    }

    /// Tables and views, with what is on them.
    fn relations(&self, found: &mut FoundByName) {
        let mut columns = by_table(readable("system_schema.columns", &self.columns, rows::column));
        for mask in readable("system_schema.column_masks", &self.masks, rows::mask) {
            let (column, function) = mask.it;
            let masked = columns
                .get_mut(&(mask.keyspace, mask.table))
                .and_then(|columns| columns.iter_mut().find(|known| known.name == column));
            if let Some(masked) = masked {
                masked.mask = Some(function);
            }
        }
        let mut indexes = by_table(readable("system_schema.indexes", &self.indexes, rows::index));
        let mut triggers = by_table(readable("system_schema.triggers", &self.triggers, rows::trigger));
        let mut options = OptionsPool::default();
        let views = readable("system_schema.views", &self.views, |row| {
            rows::view(row, |keyspace, name| take(&mut columns, keyspace, name), &mut options)
        });
        for view in views.collect::<Vec<_>>() {
            of(found, view.table.keyspace()).views.push(view);
        }
        let tables = readable("system_schema.tables", &self.tables, |row| {
            rows::table(row, |keyspace, name| take(&mut columns, keyspace, name), &mut options)
        });
        for mut table in tables.collect::<Vec<_>>() {
            let indexes = take(&mut indexes, table.keyspace(), table.name());
            table.indexes = indexes.into_iter().map(|index| (index.name.clone(), index)).collect();
            let triggers = take(&mut triggers, table.keyspace(), table.name());
            table.triggers = triggers.into_iter().map(|trigger| (trigger.name.clone(), trigger)).collect();
            of(found, table.keyspace()).tables.push(table);
        }
    }

    fn virtual_relations(&self, found: &mut FoundByName) {
        const SCHEMA: &str = "system_virtual_schema";
        for keyspace in readable(SCHEMA, &self.virtual_keyspaces, rows::virtual_keyspace) {
            let known = of(found, &keyspace.name);
            known.keyspace = Some(keyspace);
        }
        let mut columns: ByTable<Column> = by_table(readable(SCHEMA, &self.virtual_columns, rows::column));
        let mut options = OptionsPool::default();
        let tables = readable(SCHEMA, &self.virtual_tables, |row| {
            rows::virtual_table(row, |keyspace, name| take(&mut columns, keyspace, name), &mut options)
        });
        for table in tables.collect::<Vec<_>>() {
            of(found, table.keyspace()).tables.push(table);
        }
    }

    /// The schema `before` with `part` as it was found. What is equal is shared.
    pub(super) fn put_into(&self, before: &Schema, part: &SchemaPart) -> Schema {
        let mut found = self.found();
        let Some(name) = part.keyspace() else {
            let keyspaces = found.into_values().filter_map(|found| {
                let known = found.keyspace.as_ref().and_then(|made| before.keyspace(&made.name));
                whole(found, known)
            });
            return Schema::new(keyspaces.collect::<Vec<_>>());
        };
        let known = before.keyspace(name);
        let found = found.remove(name).unwrap_or_default();
        if let SchemaPart::Keyspace(_) = part {
            return match whole(found, known) {
                Some(keyspace) => before.with_keyspace(keyspace),
                None => before.without_keyspace(name),
            };
        }
        let Some(known) = known else { return before.clone() };
        let mut keyspace = Keyspace::clone(known);
        match part {
            SchemaPart::Tables { names, .. } => replace_tables(&mut keyspace, found, names),
            SchemaPart::UserTypes(_) => {
                keyspace.user_types = shared(found.user_types, &known.user_types, |made| made.name.clone());
            }
            SchemaPart::Functions(_) => {
                keyspace.functions = shared(found.functions, &known.functions, |f| f.signature().into());
            }
            SchemaPart::Aggregates(_) => {
                keyspace.aggregates = shared(found.aggregates, &known.aggregates, |a| a.signature().into());
            }
            SchemaPart::Everything | SchemaPart::Keyspace(_) => {}
        }
        if keyspace == **known { before.clone() } else { before.with_keyspace(keyspace) }
    }
}

/// A map of what was found, in which what is equal to something before *is* it.
fn shared<T: PartialEq>(
    found: Vec<T>,
    before: &BTreeMap<Box<str>, Arc<T>>,
    name: impl Fn(&T) -> Box<str>,
) -> BTreeMap<Box<str>, Arc<T>> {
    let entries = found.into_iter().map(|made| {
        let name = name(&made);
        match before.get(&name).filter(|known| ***known == made) {
            Some(known) => (name, Arc::clone(known)),
            None => (name, Arc::new(made)),
        }
    });
    entries.collect()
}

/// A keyspace of what was found; the one before where nothing has changed. `None` if there is none.
fn whole(found: Found, before: Option<&Arc<Keyspace>>) -> Option<Arc<Keyspace>> {
    let mut keyspace = found.keyspace?;
    let nothing = Keyspace::new("", keyspace.replication.clone());
    let known = before.map_or(&nothing, |known| known);
    keyspace.tables = shared(found.tables, &known.tables, |table| table.name().into());
    keyspace.views = shared(found.views, &known.views, |view| view.name().into());
    keyspace.user_types = shared(found.user_types, &known.user_types, |made| made.name.clone());
    keyspace.functions = shared(found.functions, &known.functions, |function| function.signature().into());
    keyspace.aggregates = shared(found.aggregates, &known.aggregates, |a| a.signature().into());
    match before {
        Some(known) if **known == keyspace => Some(Arc::clone(known)),
        _ => Some(Arc::new(keyspace)),
    }
}

/// The names of the tables, and of the views on them that are known: what is to be asked for.
pub(super) fn with_views(before: &Schema, keyspace: &str, names: &BTreeSet<Box<str>>) -> BTreeSet<Box<str>> {
    let mut all = names.clone();
    if let Some(known) = before.keyspace(keyspace) {
        let views = known.views.values().filter(|view| names.contains(&view.base_table));
        all.extend(views.map(|view| view.name().into()));
    }
    all
}

fn replace_tables(keyspace: &mut Keyspace, found: Found, names: &BTreeSet<Box<str>>) {
    let tables = shared(found.tables, &keyspace.tables, |table| table.name().into());
    let views = shared(found.views, &keyspace.views, |view| view.name().into());
    // A view of a table that was asked for was asked for, too.
    keyspace.views.retain(|name, view| !names.contains(name) && !names.contains(&view.base_table));
    keyspace.tables.retain(|name, _| !names.contains(name));
    keyspace.tables.extend(tables);
    keyspace.views.extend(views);
}

#[cfg(test)]
mod tests;
