//! Structs as rows, both ways: bound by the names of the markers, read by the names of the columns.

mod node;

use std::error::Error;
use std::time::SystemTime;

use helenus::{FromRow, ToRow};
use uuid::Uuid;

/// A row of `users`. The same struct is written and read.
#[derive(Debug, FromRow, ToRow)]
struct User {
    id: Uuid,
    name: String,
    // Null is `None`.
    email: Option<String>,
    #[helenus(rename = "created_at")]
    since: SystemTime,
}

/// What one query wants of it; its fields may stand in any order.
#[derive(Debug, FromRow)]
struct Contact {
    email: Option<String>,
    name: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cluster = node::settings().connect().await?;
    let session = cluster.session(None).await?;
    node::create_users(&session).await?;

    let insert =
        session.prepare("INSERT INTO users (id, name, email, created_at) VALUES (?, ?, ?, ?)").await?;
    let ada = User {
        id: Uuid::new_v4(),
        name: "Ada".into(),
        email: Some("ada@example.com".into()),
        since: SystemTime::now(),
    };
    let bob = User { id: Uuid::new_v4(), name: "Bob".into(), email: None, since: SystemTime::now() };
    for user in [&ada, &bob] {
        session.execute(insert.bind(user)?).await?;
    }

    // All columns, one row.
    let select = session.prepare("SELECT * FROM users WHERE id = ?").await?;
    let read: User = session.execute(select.bind((ada.id,))?).await?.one_as()?;
    println!("{} <{}>", read.name, read.email.as_deref().unwrap_or("no address"));
    assert_eq!((read.id, &read.name), (ada.id, &ada.name));

    // Some columns, all rows.
    let result = session.execute("SELECT name, email FROM users").await?;
    let mut contacts = result.rows_as().collect::<Result<Vec<Contact>, _>>()?;
    contacts.sort_by(|a, b| a.name.cmp(&b.name));
    println!("{contacts:?}");
    assert_eq!(contacts.iter().map(|contact| contact.name.as_str()).collect::<Vec<_>>(), ["Ada", "Bob"]);
    assert!(contacts[1].email.is_none());

    // What does not fit is told before the first row, with the names of both sides.
    let error = session.execute("SELECT id, name FROM users").await?.first_as::<Contact>().unwrap_err();
    println!("{error}");
    println!("done: two structs written by name and read back, in two shapes");
    cluster.shut_down();
    Ok(())
}
