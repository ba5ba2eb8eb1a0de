//! The benchmark's client on the `scylla` crate, used as its documentation advises for speed: prepared statements,
//! `execute_unpaged`, one shared session, rows decoded by type.

use std::num::NonZeroUsize;

use scylla::client::PoolSize;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::statement::prepared::PreparedStatement;
use workload::{Driver, Failure, INSERT, Options, SELECT, TEXT, serve};

struct Scylla {
    session: Session,
    select: PreparedStatement,
    insert: PreparedStatement,
}

impl Driver for Scylla {
    async fn select(&self, key: i64) -> Result<(), Failure> {
        let rows = self.session.execute_unpaged(&self.select, (key,)).await?.into_rows_result()?;
        let (k, v) = rows.first_row::<(i64, &str)>()?;
        std::hint::black_box((k, v));
        Ok(())
    }

    async fn insert(&self, key: i64) -> Result<(), Failure> {
        self.session.execute_unpaged(&self.insert, (key, TEXT)).await?;
        Ok(())
    }
}

async fn connect(options: Options) -> Result<Scylla, Failure> {
    let mut builder = SessionBuilder::new().known_node_addr(options.node);
    if let Some(connections) = options.connections.and_then(NonZeroUsize::new) {
        builder = builder.pool_size(PoolSize::PerHost(connections));
    }
    let session = builder.build().await?;
    let mut select = session.prepare(SELECT).await?;
    // Rows then come without their metadata, as they do by default in the other drivers.
    select.set_use_cached_result_metadata(true);
    let insert = session.prepare(INSERT).await?;
    Ok(Scylla { session, select, insert })
}

fn main() -> Result<(), Failure> {
    serve(connect)
}
