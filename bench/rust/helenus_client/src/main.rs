//! The benchmark's client on the Rust API of helenus: prepared statements, one shared session, rows decoded by type.

use helenus::{Cluster, PreparedStatement, Session};
use workload::{Driver, Failure, INSERT, Options, SELECT, TEXT, serve};

struct Helenus {
    session: Session,
    select: PreparedStatement,
    insert: PreparedStatement,
}

impl Driver for Helenus {
    async fn select(&self, key: i64) -> Result<(), Failure> {
        let result = self.session.execute(self.select.bind((key,))?).await?;
        let (k, v) = result.first_as::<(i64, &str)>()?.ok_or("no row came back")?;
        std::hint::black_box((k, v));
        Ok(())
    }

    async fn insert(&self, key: i64) -> Result<(), Failure> {
        self.session.execute(self.insert.bind((key, TEXT))?).await?;
        Ok(())
    }
}

async fn connect(options: Options) -> Result<Helenus, Failure> {
    let mut builder =
        Cluster::builder().contact_point(options.node.ip().to_string()).port(options.node.port());
    if let Some(connections) = options.connections {
        builder = builder.connections_per_host(connections);
    }
    let session = builder.session().await?;
    let select = session.prepare(SELECT).await?;
    let insert = session.prepare(INSERT).await?;
    Ok(Helenus { session, select, insert })
}

fn main() -> Result<(), Failure> {
    serve(connect)
}
