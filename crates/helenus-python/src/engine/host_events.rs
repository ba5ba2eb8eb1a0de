//! What happens to hosts, told to Python on a strand of its own.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use helenus::Host;
use helenus::policy::HostStateListener;
use pyo3::prelude::*;
use tracing::warn;

use super::cluster::python_uuid;
use super::strand::{Losses, Strand};
use crate::program;

/// Tells `listener(what, host_id)` of one thing after another.
pub(super) struct Listener {
    listener: Arc<Py<PyAny>>,
    strand: Strand,
    losses: Mutex<Losses>,
    most: usize,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

impl Listener {
    /// One that is told no more while `most` things wait for it.
    pub(super) fn new(listener: Py<PyAny>, most: usize) -> Self {
        Self { listener: Arc::new(listener), strand: Strand::new(most), losses: Mutex::default(), most }
    }

    fn tell(&self, what: &'static str, host: &Arc<Host>) {
        let listener = Arc::clone(&self.listener);
        let id = host.host_id();
        let is_told = self.strand.run(move |py| {
            let told = python_uuid(py, id).and_then(|id| program::call(listener.bind(py), (what, id)));
            if let Err(error) = told {
                error.write_unraisable(py, Some(listener.bind(py)));
            }
        });
        if is_told {
            return;
        }
        let lost = self.losses.lock().unwrap_or_else(PoisonError::into_inner).one_more(Instant::now());
        if let Some(lost) = lost {
            let most = self.most;
            warn!(
                target: "helenus::cluster", host = %host.address(), what,
                "{lost} host events were not told: a policy or a listener has not returned, and {most} others wait for it"
            );
        }
    }
}

impl HostStateListener for Listener {
    fn on_add(&self, host: &Arc<Host>) {
        self.tell("add", host);
    }

    fn on_remove(&self, host: &Arc<Host>) {
        self.tell("remove", host);
    }

    fn on_up(&self, host: &Arc<Host>) {
        self.tell("up", host);
    }

    fn on_down(&self, host: &Arc<Host>) {
        self.tell("down", host);
    }

    fn may_block(&self) -> bool {
        false
    }
}
