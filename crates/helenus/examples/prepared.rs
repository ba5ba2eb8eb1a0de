//! A statement prepared once and executed with different values.

mod node;

use std::error::Error;
use std::time::SystemTime;

use helenus::protocol::value::CqlTimestamp;
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cluster = node::settings().connect().await?;
    let session = cluster.session(None).await?;
    node::create_users(&session).await?;

    let insert =
        session.prepare("INSERT INTO users (id, name, email, created_at) VALUES (?, ?, ?, ?)").await?;
    for (name, email) in [("Alice Smith", "alice@example.com"), ("Bob Jones", "bob@example.com")] {
        session.execute(insert.bind((Uuid::new_v4(), name, email, now()?))?).await?;
    }

    let result = session.execute("SELECT name, email, created_at FROM users").await?;
    let mut users = result.rows_as().collect::<Result<Vec<(String, String, CqlTimestamp)>, _>>()?;
    users.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, email, created_at) in &users {
        println!("User: {name} <{email}>, {} ms after 1970", created_at.0);
    }
    let names: Vec<_> = users.iter().map(|(name, ..)| name.as_str()).collect();
    assert_eq!(names, ["Alice Smith", "Bob Jones"]);

    // What does not fit is refused before anything is sent.
    let error = insert.bind((Uuid::new_v4(), 42, "nobody@example.com", now()?)).unwrap_err();
    println!("Refused: {error}");
    println!("done: one statement prepared, {} users written with it and read back", users.len());
    cluster.shut_down();
    Ok(())
}

fn now() -> Result<CqlTimestamp, Box<dyn Error>> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    Ok(CqlTimestamp(i64::try_from(since.as_millis())?))
}
