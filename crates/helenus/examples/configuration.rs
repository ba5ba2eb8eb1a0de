//! Configuration: authentication, a policy, contact points; one query awaited at once, one later, the end.

mod node;

use std::error::Error;
use std::sync::Arc;

use helenus::policy::load_balancing::DcAwareRoundRobinPolicy;
use helenus::protocol::ProtocolVersion;
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A cluster with a configuration of our own. Of the contact points one is enough to be there.
    let cluster = node::settings()
        .load_balancing(Arc::new(DcAwareRoundRobinPolicy::new(Some("datacenter1"))))
        .protocol_version(ProtocolVersion::V4)
        .connect()
        .await?;
    let session = cluster.session(None).await?;
    node::create_users(&session).await?;

    let id = Uuid::new_v4();
    let insert = session.prepare("INSERT INTO users (id, name, email) VALUES (?, ?, ?)").await?;
    session.execute(insert.bind((id, "Ann O'Nymous", "ann@example.com"))?).await?;

    // A query that is waited for where it is asked.
    let select = session.prepare("SELECT name, email FROM users WHERE id = ?").await?;
    let result = session.execute(select.bind((id,))?).await?;
    let mut names = Vec::new();
    for row in result.rows_as::<(&str, Option<&str>)>() {
        let (name, email) = row?;
        println!("User: {name} <{}>", email.unwrap_or("no address"));
        names.push(name);
    }
    assert_eq!(names, ["Ann O'Nymous"]);

    // A query that is on its way while other things happen.
    let future = session.execute("SELECT id FROM users");
    println!("Protocol version: {}", cluster.protocol_version());
    let (found,) = future.await?.first_as::<(Uuid,)>()?.ok_or("the table is empty")?;
    assert_eq!(found, id);

    let about = session.execute("SELECT cluster_name, release_version FROM system.local").await?;
    let (name, version) = about.first_as::<(&str, &str)>()?.ok_or("system.local is empty")?;
    println!("done: one user written and read on {name:?}, Cassandra {version}, protocol 4");
    cluster.shut_down();
    Ok(())
}
