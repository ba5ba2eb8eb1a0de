//! Something to do on success, something to do on failure, and waiting for the result with a limit. Where other APIs
//! have callbacks, Rust has a task that awaits.

mod node;

use std::error::Error;
use std::time::Duration;

use helenus::{ResponseFuture, ResultSet};
use uuid::Uuid;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let cluster = node::settings().connect().await?;
    let session = cluster.session(None).await?;
    node::create_users(&session).await?;
    let insert = session.prepare("INSERT INTO users (id, name) VALUES (?, ?)").await?;
    for name in ["Carol", "Dave", "Erin"] {
        session.execute(insert.bind((Uuid::new_v4(), name))?).await?;
    }

    // Tasks that do what a callback and an errback would.
    let succeeds = tokio::spawn(tell(session.execute("SELECT name FROM users")));
    let fails = tokio::spawn(tell(session.execute("SELECT nothing FROM users")));
    let (succeeded, failed) = (succeeds.await?, fails.await?);
    assert_eq!((succeeded, failed), (Some(3), None));

    // Or wait for the result, but not for ever.
    let result =
        tokio::time::timeout(Duration::from_secs(10), session.execute("SELECT name FROM users")).await??;
    println!("Got {} rows", result.len());
    assert_eq!(result.len(), 3);
    println!("done: a success and a failure told once each, three rows waited for");
    cluster.shut_down();
    Ok(())
}

/// How many rows there were, or nothing if the query failed.
async fn tell(future: ResponseFuture) -> Option<usize> {
    match future.await {
        Ok(result) => {
            println!("Query succeeded with {} rows", result.len());
            print_names(&result);
            Some(result.len())
        }
        Err(error) => {
            println!("Query failed: {error}");
            None
        }
    }
}

fn print_names(result: &ResultSet) {
    for row in result.rows_as::<(&str,)>() {
        match row {
            Ok((name,)) => println!("User: {name}"),
            Err(error) => println!("A row that cannot be read: {error}"),
        }
    }
}
