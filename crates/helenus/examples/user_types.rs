//! A user-defined type as a struct: bound, read, and within collections.

mod node;

use std::collections::HashMap;
use std::error::Error;

use helenus::{FromRow, FromUdt, ToRow, ToUdt};

#[derive(Debug, Clone, PartialEq, FromUdt, ToUdt)]
struct Address {
    street: String,
    // A field that was added to the type later: null in values that are older.
    zip: Option<i32>,
}

#[derive(Debug, PartialEq, FromRow, ToRow)]
struct Person {
    name: String,
    home: Option<Address>,
    others: HashMap<String, Address>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cluster = node::settings().connect().await?;
    let session = cluster.session(None).await?;
    node::create_users(&session).await?;
    for statement in [
        "CREATE TYPE IF NOT EXISTS address (street text)",
        "CREATE TABLE IF NOT EXISTS people (name text PRIMARY KEY, home address, others map<text, frozen<address>>)",
        "TRUNCATE people",
        "INSERT INTO people (name, home) VALUES ('Old', {street: 'Long Lane'})",
        "ALTER TYPE address ADD IF NOT EXISTS zip int",
    ] {
        session.execute(statement).await?;
    }

    let insert = session.prepare("INSERT INTO people (name, home, others) VALUES (?, ?, ?)").await?;
    let home = Address { street: "Main Street 1".into(), zip: Some(8000) };
    let work = Address { street: "Wall Street 5".into(), zip: None };
    let ada = Person { name: "Ada".into(), home: Some(home), others: HashMap::from([("work".into(), work)]) };
    session.execute(insert.bind(&ada)?).await?;

    let select = session.prepare("SELECT name, home, others FROM people WHERE name = ?").await?;
    let read: Person = session.execute(select.bind(("Ada",))?).await?.one_as()?;
    println!("{read:?}");
    assert_eq!(read, ada);

    // A collection that was never written is null.
    let result = session.execute("SELECT home FROM people WHERE name = 'Old'").await?;
    let (old,): (Address,) = result.one_as()?;
    println!("{old:?}");
    assert_eq!(old, Address { street: "Long Lane".into(), zip: None });
    println!(
        "done: a user-defined type written and read as a struct, also a value that is older than a field"
    );
    cluster.shut_down();
    Ok(())
}
