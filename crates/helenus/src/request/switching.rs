//! Whether a request may have left its connection in another keyspace, without anybody knowing: a `USE` that was given up while
//! the server had it, or whose end does not tell whether it took effect.

use std::sync::Arc;

use helenus_protocol::response::ServerError;

use super::Request;
use super::execution::{Answer, Input};
use crate::cluster::Host;
use crate::error::AttemptError;
use crate::statement::operation::operation_of;

impl Request {
    /// Whether it has the server use another keyspace on the connection that it is sent on.
    pub(super) fn changes_keyspace(&self) -> bool {
        operation_of(&self.statement) == "USE"
    }

    /// Whether what has come leaves open in which keyspace its connection is.
    pub(super) fn may_have_switched(&self, input: &Option<Input<Arc<Host>>>) -> bool {
        input.as_ref().is_some_and(leaves_open) && self.changes_keyspace()
    }
}

/// Whether the attempt of a `USE` that came to this may have taken effect.
fn leaves_open<H>(input: &Input<H>) -> bool {
    match input {
        Input::Failed(_, AttemptError::Decode(_), written) => *written,
        Input::Responded(_, Answer::Error(error)) => !refuses(error),
        // The keyspace is known, or the connection is gone, or nothing was sent.
        _ => false,
    }
}

/// Whether the server has read the statement and surely not done it.
fn refuses(error: &ServerError) -> bool {
    matches!(
        error,
        ServerError::Invalid { .. }
            | ServerError::SyntaxError { .. }
            | ServerError::Unauthorized { .. }
            | ServerError::Unprepared { .. }
            | ServerError::Overloaded { .. }
            | ServerError::IsBootstrapping { .. }
    )
}

#[cfg(test)]
mod tests {
    use helenus_protocol::DecodeError;

    use super::*;
    use crate::error::ConnectionError;

    #[test]
    fn an_end_that_says_nothing_of_the_keyspace_leaves_it_open() {
        let message = String::from("no");
        let decode = || AttemptError::Decode(DecodeError::new("RESULT", 0, "torn"));
        let closed = AttemptError::Connection(ConnectionError::Closed("over"));
        for (input, expected) in [
            (Input::Failed(0, decode(), true), true),
            (Input::Failed(0, decode(), false), false),
            (Input::Failed(0, closed, true), false),
            (
                Input::Responded(
                    0,
                    Answer::Error(ServerError::ServerError { message: message.clone() }.into()),
                ),
                true,
            ),
            (Input::Responded(0, Answer::Error(ServerError::Invalid { message }.into())), false),
            (Input::TimerFired, false),
        ] {
            assert_eq!(leaves_open::<()>(&input), expected, "{input:?}");
        }
    }
}
