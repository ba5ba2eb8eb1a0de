//! Errors: whose fault each is, what was tried, what the flight recorder kept, and what may be done about it.

mod node;

use std::time::Duration;

use helenus::observe::{FlightRecorder, Observability};
use helenus::protocol::Consistency;
use helenus::protocol::response::ServerError;
use helenus::{Attempt, Cluster, Error, RequestFailure, SimpleStatement};
use uuid::Uuid;

/// Says what became of each attempt, in order.
fn tell(attempts: &[Attempt]) {
    for attempt in attempts {
        let sent = if attempt.written { "sent" } else { "not sent" };
        println!("    {} after {:?} ({sent}): {}", attempt.host, attempt.elapsed, attempt.error);
    }
}

/// Prints an error and whose fault it is. A program matches on what it can do something about.
fn explain(error: &Error) -> &'static str {
    let whose = match error {
        // `Recorded` is `Request`, with what the flight recorder had kept of the hosts.
        Error::Request(_) | Error::Recorded(_) => match error.request_failure() {
            Some(RequestFailure::Attempt { error, attempts, .. }) => {
                tell(attempts);
                let server = if let helenus::AttemptError::Server(no) = error { Some(&**no) } else { None };
                match server {
                    Some(ServerError::SyntaxError { .. } | ServerError::Invalid { .. }) => "the statement's",
                    Some(ServerError::AlreadyExists { .. }) => "nobody's: it is there",
                    Some(ServerError::Unauthorized { .. }) => "the role's: it may not",
                    Some(ServerError::Unavailable { .. }) => "the cluster's: too few replicas are alive",
                    Some(ServerError::ReadTimeout { .. } | ServerError::WriteTimeout { .. }) => {
                        "slow replicas'"
                    }
                    Some(_) => "the server's",
                    None => "the network's",
                }
            }
            Some(RequestFailure::Exhausted { attempts, .. }) => {
                tell(attempts);
                "the cluster's: no host is left to try"
            }
            Some(RequestFailure::Busy { attempts, .. }) => {
                tell(attempts);
                "this program's: it begins more than the cluster does"
            }
            Some(RequestFailure::TimedOut { waiting, attempts, .. }) => {
                tell(attempts);
                waiting.iter().for_each(|silent| println!("    {} may run it yet", silent.host));
                "time's: whether it ran, nobody knows"
            }
            None => "nobody's: these two always have one",
        },
        Error::Encode(_) => "the caller's: a value does not fit, nothing was sent",
        Error::Decode(error) if error.is_misread() => {
            "the caller's: the answer is sound, the type is another"
        }
        Error::Decode(_) => "the server's: it sent what is no message",
        Error::Connect(each) => {
            each.iter().for_each(|(address, error)| println!("    {address}: {error}"));
            if each.iter().any(|(_, error)| error.is_authentication()) {
                "the credentials'"
            } else {
                "the network's: nobody could be connected to"
            }
        }
        Error::NoControlConnection => "the network's: look again in a moment",
        Error::Configuration(_) | Error::Policy(_) => "the settings'",
        Error::ShutDown | Error::Dropped => "this program's: the session has ended",
        _ => "of a kind that came later",
    };
    println!("{error}\n  whose: {whose}\n");
    whose
}

/// What each of these went wrong by.
fn failure<T>(result: Result<T, Error>) -> Result<Error, &'static str> {
    result.err().ok_or("this was meant to fail")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut seen = Vec::new();

    // Before anything is sent: settings, and nobody there.
    seen.push(explain(&failure(Cluster::builder().session().await)?));
    let nobody = Cluster::builder().contact_point("127.0.0.1:1").session().await;
    seen.push(explain(&failure(nobody)?));
    let stranger = node::settings().credentials("nobody", "a guess").session().await;
    seen.push(explain(&failure(stranger)?));

    let session = node::settings().session().await?;
    node::create_users(&session).await?;
    let insert = session.prepare("INSERT INTO users (id, name) VALUES (?, ?)").await?;
    session.execute(insert.bind((Uuid::new_v4(), "Ann O'Nymous"))?).await?;

    // The caller's: a value of the wrong type, and an answer that is read as another.
    seen.push(explain(&failure(insert.bind(("no uuid", "Bob")).map_err(Error::from))?));
    let result = session.execute("SELECT name FROM users").await?;
    seen.push(explain(&failure(result.first_as::<(i32,)>())?));

    // The server said no.
    seen.push(explain(&failure(session.execute("SELECT no_such_column FROM users").await)?));
    seen.push(explain(&failure(session.execute("CREATE TABLE users (id uuid PRIMARY KEY)").await)?));
    let mut two = SimpleStatement::new("SELECT name FROM users");
    two.options.consistency = Some(Consistency::Two);
    seen.push(explain(&failure(session.execute(two).await)?));

    // The time is over. The server goes on where it was: `may run it yet`.
    let mut soon = SimpleStatement::new("TRUNCATE users");
    soon.options.timeout = Some(Duration::from_micros(1));
    seen.push(explain(&failure(session.execute(soon).await)?));
    session.cluster().shut_down();
    seen.push(explain(&failure(session.execute("SELECT name FROM users").await)?));

    // With a flight recorder an error has what its hosts were doing before; no value is in it.
    let mut what = Observability::default();
    let mut recorder = FlightRecorder::new(32);
    recorder.attach_to_errors = true;
    what.flight_recorder = Some(recorder);
    let session = node::settings().observability(what).session().await?;
    session.set_keyspace(node::KEYSPACE).await?;
    session.execute("SELECT name FROM users").await?;
    let error = failure(session.execute("SELECT no_such_column FROM users").await)?;
    seen.push(explain(&error));
    assert!(matches!(&error, Error::Recorded(recorded) if !recorded.flights.is_empty()));

    seen.sort_unstable();
    seen.dedup();
    println!("done: {} kinds of fault told apart", seen.len());
    session.cluster().shut_down();
    Ok(())
}
