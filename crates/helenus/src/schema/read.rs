//! Reading the schema: the queries, and nothing that decides.

use std::collections::BTreeSet;
use std::time::Duration;

use helenus_protocol::response::ServerError;

use super::assemble::{Answers, with_views};
use super::describe::text_literal;
use super::{Schema, SchemaPart};
use crate::cluster::link::Link;
use crate::cluster::table::Table as Page;
use crate::error::Error;

/// Rows a page: one answer is bounded, and each page has its own timeout.
const PAGE_SIZE: i32 = 5_000;

/// How much is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Depth {
    /// Only the keyspaces and their replication: what routing needs.
    Keyspaces,
    /// All.
    All,
}

/// Reads a part of the schema and gives the schema `before` with it. Tables may be read while they change: what comes out
/// of that is right after the next event, which is under way then.
pub(crate) async fn read(
    link: &Link,
    timeout: Duration,
    before: &Schema,
    part: &SchemaPart,
    depth: Depth,
) -> Result<Schema, Error> {
    let reader = Reader { link, timeout };
    let answers = match (part, depth) {
        (SchemaPart::Everything | SchemaPart::Keyspace(_), Depth::Keyspaces) => {
            let filter = part.keyspace().map(of_keyspace).unwrap_or_default();
            Answers { keyspaces: reader.rows("keyspaces", &filter).await?, ..Answers::default() }
        }
        // There are no tables to be kept current.
        (_, Depth::Keyspaces) => return Ok(before.clone()),
        (SchemaPart::Everything, Depth::All) => {
            let (stored, virtual_ones) = tokio::try_join!(reader.keyspaces(""), reader.virtual_keyspaces())?;
            Answers {
                virtual_keyspaces: virtual_ones.virtual_keyspaces,
                virtual_tables: virtual_ones.virtual_tables,
                virtual_columns: virtual_ones.virtual_columns,
                ..stored
            }
        }
        (SchemaPart::Keyspace(name), _) => reader.keyspaces(&of_keyspace(name)).await?,
        (SchemaPart::Tables { keyspace, names }, _) => {
            reader.tables(keyspace, &with_views(before, keyspace, names)).await?
        }
        (SchemaPart::UserTypes(name), _) => {
            Answers { user_types: reader.rows("types", &of_keyspace(name)).await?, ..Answers::default() }
        }
        (SchemaPart::Functions(name), _) => {
            Answers { functions: reader.rows("functions", &of_keyspace(name)).await?, ..Answers::default() }
        }
        (SchemaPart::Aggregates(name), _) => {
            Answers { aggregates: reader.rows("aggregates", &of_keyspace(name)).await?, ..Answers::default() }
        }
    };
    Ok(answers.put_into(before, part))
}

fn of_keyspace(name: &str) -> String {
    format!(" WHERE keyspace_name = {}", text_literal(name))
}

struct Reader<'a> {
    link: &'a Link,
    timeout: Duration,
}

impl Reader<'_> {
    async fn rows(&self, table: &str, filter: &str) -> Result<Vec<Page>, Error> {
        let query = format!("SELECT * FROM system_schema.{table}{filter}");
        self.link.query_pages(&query, PAGE_SIZE, self.timeout).await
    }

    /// As [`rows`](Self::rows), of a table that not every version of Cassandra has.
    async fn rows_if_any(&self, query: &str) -> Result<Vec<Page>, Error> {
        match self.link.query_pages(query, PAGE_SIZE, self.timeout).await {
            Err(error) if matches!(error.server_error(), Some(ServerError::Invalid { .. })) => {
                tracing::debug!(query, %error, "the server does not have it");
                Ok(Vec::new())
            }
            other => other,
        }
    }

    async fn keyspaces(&self, filter: &str) -> Result<Answers, Error> {
        let masks = format!("SELECT * FROM system_schema.column_masks{filter}");
        let (keyspaces, tables, columns, masks, views, indexes, triggers, user_types, functions, aggregates) =
            tokio::try_join!(
                self.rows("keyspaces", filter),
                self.rows("tables", filter),
                self.rows("columns", filter),
                self.rows_if_any(&masks),
                self.rows("views", filter),
                self.rows("indexes", filter),
                self.rows("triggers", filter),
                self.rows("types", filter),
                self.rows("functions", filter),
                self.rows("aggregates", filter),
            )?;
        Ok(Answers {
            keyspaces,
            tables,
            columns,
            masks,
            views,
            indexes,
            triggers,
            user_types,
            functions,
            aggregates,
            ..Answers::default()
        })
    }

    async fn tables(&self, keyspace: &str, names: &BTreeSet<Box<str>>) -> Result<Answers, Error> {
        let names = names.iter().map(|name| text_literal(name)).collect::<Vec<_>>().join(", ");
        let keyspace = of_keyspace(keyspace);
        let filter = format!("{keyspace} AND table_name IN ({names})");
        let of_views = format!("{keyspace} AND view_name IN ({names})");
        let masks = format!("SELECT * FROM system_schema.column_masks{filter}");
        let (tables, columns, masks, views, indexes, triggers) = tokio::try_join!(
            self.rows("tables", &filter),
            self.rows("columns", &filter),
            self.rows_if_any(&masks),
            self.rows("views", &of_views),
            self.rows("indexes", &filter),
            self.rows("triggers", &filter),
        )?;
        Ok(Answers { tables, columns, masks, views, indexes, triggers, ..Answers::default() })
    }

    async fn virtual_keyspaces(&self) -> Result<Answers, Error> {
        let (virtual_keyspaces, virtual_tables, virtual_columns) = tokio::try_join!(
            self.rows_if_any("SELECT * FROM system_virtual_schema.keyspaces"),
            self.rows_if_any("SELECT * FROM system_virtual_schema.tables"),
            self.rows_if_any("SELECT * FROM system_virtual_schema.columns"),
        )?;
        Ok(Answers { virtual_keyspaces, virtual_tables, virtual_columns, ..Answers::default() })
    }
}
