//! The engine's side of authentication: has the provider and its authenticator called, where they may block, and keeps what
//! goes wrong in them apart from the connection.

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::auth::{AuthError, AuthProvider, Authenticator};
use crate::error::ConnectionError;

/// What the authenticator is asked.
pub(super) enum Round {
    /// The server has named its class.
    First,
    /// The server has sent a challenge.
    Next(Vec<u8>),
    /// The server is satisfied, and may have said something more.
    Last(Option<Vec<u8>>),
}

/// One connection's login.
pub(super) struct Login {
    provider: Option<Arc<dyn AuthProvider>>,
    address: SocketAddr,
    authenticator: Option<Box<dyn Authenticator>>,
}

impl Login {
    pub(super) const fn new(provider: Option<Arc<dyn AuthProvider>>, address: SocketAddr) -> Self {
        Self { provider, address, authenticator: None }
    }

    /// The token for the server, which is empty after the last round.
    pub(super) async fn perform(&mut self, class: &str, round: Round) -> Result<Vec<u8>, ConnectionError> {
        let Some(provider) = self.provider.clone() else {
            let address = self.address;
            let why = format!("{address} requires authentication ({class}) and no credentials were given");
            return Err(ConnectionError::Authentication(why.into()));
        };
        let (taken, address, class) = (self.authenticator.take(), self.address, class.to_owned());
        let may_block = provider.may_block();
        let answer = move || {
            let mut authenticator = match taken {
                Some(authenticator) => authenticator,
                None => provider.authenticator(address, &class)?,
            };
            let token = match round {
                Round::First => authenticator.initial_response()?,
                Round::Next(challenge) => authenticator.evaluate_challenge(&challenge)?,
                Round::Last(token) => {
                    authenticator.on_success(token.as_deref())?;
                    Vec::new()
                }
            };
            Ok::<_, AuthError>((authenticator, token))
        };
        // A panic of theirs is not to take the task along that opens connections. Its message is the panic hook's to show.
        let answered = if may_block {
            tokio::task::spawn_blocking(answer).await.ok()
        } else {
            catch_unwind(AssertUnwindSafe(answer)).ok()
        };
        let answered = answered.ok_or_else(|| AuthError("the authentication provider panicked".into()));
        let (authenticator, token) =
            answered.flatten().map_err(|error| ConnectionError::Authentication(error.0.into()))?;
        self.authenticator = Some(authenticator);
        Ok(token)
    }
}
