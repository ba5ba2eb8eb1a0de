//! Where the worked programs find Cassandra: 127.0.0.1 and 127.0.0.2 unless the environment says otherwise.

use helenus::{Cluster, ClusterBuilder, Error, Session};

/// The keyspace of the examples.
#[allow(dead_code, reason = "not every example writes")]
pub(crate) const KEYSPACE: &str = "helenus_examples";

fn setting(name: &str, default: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| default.to_owned())
}

/// Contact points, port, user name and password.
pub(crate) fn settings() -> ClusterBuilder {
    let contact_points = setting("HELENUS_CONTACT_POINTS", "127.0.0.1,127.0.0.2");
    Cluster::builder()
        .contact_points(contact_points.split(','))
        .port(setting("HELENUS_PORT", "9042").parse().unwrap_or(9042))
        .credentials(setting("HELENUS_USER", "cassandra"), setting("HELENUS_PASSWORD", "cassandra"))
}

/// Makes the keyspace and an empty table `users`.
#[allow(dead_code, reason = "not every example writes")]
pub(crate) async fn create_users(session: &Session) -> Result<(), Error> {
    let replication = "{'class': 'SimpleStrategy', 'replication_factor': 1}";
    session
        .execute(format!("CREATE KEYSPACE IF NOT EXISTS {KEYSPACE} WITH replication = {replication}"))
        .await?;
    session.set_keyspace(KEYSPACE).await?;
    let columns = "id uuid PRIMARY KEY, name text, email text, created_at timestamp";
    session.execute(format!("CREATE TABLE IF NOT EXISTS users ({columns})")).await?;
    session.execute("TRUNCATE users").await?;
    Ok(())
}

/// Makes the keyspace and an empty table `numbers`.
#[allow(dead_code, reason = "not every example counts")]
pub(crate) async fn create_numbers(session: &Session) -> Result<(), Error> {
    create_users(session).await?;
    let columns = "part int, n int, square bigint, PRIMARY KEY (part, n)";
    session.execute(format!("CREATE TABLE IF NOT EXISTS numbers ({columns})")).await?;
    session.execute("TRUNCATE numbers").await?;
    Ok(())
}
