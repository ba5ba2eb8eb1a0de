//! All rows of a table as a stream of structs, page by page behind the scenes.

mod node;

use std::error::Error;

use helenus::statement::SimpleStatement;
use helenus::{FromRow, ToRow};
use uuid::Uuid;

const USERS: usize = 250;

#[derive(Debug, FromRow, ToRow)]
struct User {
    id: Uuid,
    name: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cluster = node::settings().connect().await?;
    let session = cluster.session(None).await?;
    node::create_users(&session).await?;
    let insert = session.prepare("INSERT INTO users (id, name) VALUES (?, ?)").await?;
    for number in 0..USERS {
        let user = User { id: Uuid::new_v4(), name: format!("user {number}") };
        session.execute(insert.bind(&user)?).await?;
    }

    let mut statement = SimpleStatement::new("SELECT id, name FROM users");
    statement.options.page_size = Some(100);
    let mut users = session.execute(statement).await?.into_rows::<User>();
    let mut longest = String::new();
    let mut count = 0;
    while let Some(user) = users.next().await {
        let user = user?;
        count += 1;
        if user.name.len() > longest.len() {
            println!("{}: {}", user.id, user.name);
            longest = user.name;
        }
    }
    assert_eq!((count, longest.len()), (USERS, "user 249".len()));
    println!("done: {count} structs streamed over pages of 100 rows");
    cluster.shut_down();
    Ok(())
}
