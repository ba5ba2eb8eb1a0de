//! What somebody waits for from a task. A runtime that ends drops its tasks, those too that are given to it afterwards: whoever
//! waits is told all the same.

/// What is run when this is dropped before it is [paid](Self::paid): with the task that it was moved into, on the thread that
/// drops it.
#[must_use = "dropping it runs what is owed"]
pub(crate) struct Owed<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Owed<F> {
    pub(crate) const fn new(otherwise: F) -> Self {
        Self(Some(otherwise))
    }

    /// The task has done it itself, or is about to.
    pub(crate) fn paid(mut self) {
        self.0 = None;
    }
}

impl<F: FnOnce()> Drop for Owed<F> {
    fn drop(&mut self) {
        if let Some(otherwise) = self.0.take() {
            otherwise();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_task_that_is_dropped_pays_and_one_that_ends_does_so_itself() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("it needs nothing");
        let handle = runtime.handle().clone();
        let (told, hear) = mpsc::channel();
        let owed = |what: &'static str| {
            let told = told.clone();
            Owed::new(move || told.send(what).expect("somebody hears"))
        };
        let done = owed("not for one that has ended");
        runtime.block_on(async { handle.spawn(async move { done.paid() }).await.expect("it ends") });
        let pending = owed("dropped under way");
        handle.spawn(async move {
            std::future::pending::<()>().await;
            pending.paid();
        });
        drop(runtime);
        let late = owed("never begun");
        handle.spawn(async move { late.paid() });
        assert_eq!(hear.try_iter().collect::<Vec<_>>(), ["dropped under way", "never begun"]);
    }
}
