//! JSON: stored in a text column from any type that serde knows, and whole rows as JSON values (feature `serde_json`).

mod node;

use std::error::Error;

use helenus::{FromRow, Json, ToRow};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Settings {
    theme: String,
    tabs: Vec<u32>,
}

#[derive(Debug, FromRow, ToRow)]
struct User {
    id: Uuid,
    name: String,
    // A text column, whose text is JSON.
    email: Json<Settings>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cluster = node::settings().connect().await?;
    let session = cluster.session(None).await?;
    node::create_users(&session).await?;

    let insert = session.prepare("INSERT INTO users (id, name, email) VALUES (?, ?, ?)").await?;
    let settings = Settings { theme: "dark".into(), tabs: vec![2, 4] };
    let user = User { id: Uuid::new_v4(), name: "Ada".into(), email: Json(settings) };
    session.execute(insert.bind(&user)?).await?;

    let result = session.execute("SELECT id, name, email FROM users").await?;
    let read: User = result.one_as()?;
    println!("{:?}", read.email.0);
    assert_eq!(read.email, user.email);

    // The row as an object, as one would send it on.
    let row: serde_json::Value = result.one_as()?;
    println!("{row}");
    assert_eq!(row["name"], "Ada");
    assert_eq!(row["id"], user.id.to_string());
    println!("done: a struct stored as JSON in a text, and a row read as a JSON object");
    cluster.shut_down();
    Ok(())
}
