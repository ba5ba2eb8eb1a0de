//! Connections that take no requests any more and are closed when their last answer has come: those of all pools of a session,
//! also of pools that the session does not have any more.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::Pool;
use crate::connection::Connection;
use crate::error::ConnectionError;
use crate::lock::lock;

/// How long a last answer is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether it has come.
const GLANCE: Duration = Duration::from_millis(50);

/// The connections of a session that are drained; `None` after its end.
#[derive(Debug)]
pub(crate) struct Draining(Mutex<Option<Vec<Arc<Connection>>>>);

impl Default for Draining {
    fn default() -> Self {
        Self(Mutex::new(Some(Vec::new())))
    }
}

impl Draining {
    /// A connection is drained from now on; false where the session has ended, and nothing is waited for.
    fn enter(&self, connection: &Arc<Connection>) -> bool {
        let mut draining = lock(&self.0);
        draining.as_mut().is_some_and(|draining| {
            draining.push(Arc::clone(connection));
            true
        })
    }

    fn leave(&self, connection: &Arc<Connection>) {
        if let Some(draining) = &mut *lock(&self.0) {
            draining.retain(|other| !Arc::ptr_eq(other, connection));
        }
    }

    /// The session ends: closes them all, and whatever comes later.
    pub(crate) fn shut_down(&self) {
        let draining = lock(&self.0).take();
        for connection in draining.into_iter().flatten() {
            connection.close(ConnectionError::Closed("its session was shut down"));
        }
    }
}

impl Pool {
    /// Takes a connection out of use, and closes it when its last answer has come or a while has passed.
    pub(super) fn drain(&self, serial: usize) {
        self.note_loss(serial);
        let Some(connection) = self.remove(serial) else { return };
        // It may have been the silent one; another that is will say so again.
        self.host.set_aside(false);
        self.handle_room();
        if !self.context.draining.enter(&connection) {
            return connection.close(ConnectionError::Closed("its session was shut down"));
        }
        let context = Arc::clone(&self.context);
        self.context.executor.main().spawn(async move {
            let until = Instant::now() + PATIENCE;
            while connection.in_flight() > 0 && Instant::now() < until {
                tokio::time::sleep(GLANCE).await;
            }
            context.draining.leave(&connection);
            connection.close(ConnectionError::Closed("it was replaced"));
        });
    }
}
