//! Policies may be the user's own, and panic. That is the end of what they were asked for, and of nothing else.

use std::any::Any;
use std::cell::Cell;
use std::error::Error;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

/// What a policy of the user's own failed with, shared.
pub type PolicyFailure = Arc<dyn Error + Send + Sync>;

/// It panicked.
#[derive(Debug, thiserror::Error)]
#[error("the {policy} panicked: {message}")]
struct Panicked {
    policy: &'static str,
    message: String,
}

/// What `ask` gives, or how the policy failed; that is logged, once.
pub(crate) fn guarded<T>(policy: &'static str, ask: impl FnOnce() -> T) -> Result<T, PolicyFailure> {
    guarded_all(|asking| {
        asking.set(policy);
        ask()
    })
}

/// The same for several policies one after another: `ask` says which one it is asking.
pub(crate) fn guarded_all<T>(ask: impl FnOnce(&Cell<&'static str>) -> T) -> Result<T, PolicyFailure> {
    let asking = Cell::new("policy");
    std::panic::catch_unwind(AssertUnwindSafe(|| ask(&asking))).map_err(|payload| {
        let panicked = Panicked { policy: asking.get(), message: message_of(&*payload) };
        tracing::error!(error = %panicked, "a policy failed: what it was asked for is not done");
        Arc::new(panicked) as PolicyFailure
    })
}

/// What a panic said, in the two forms that `panic!` has.
fn message_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("it did not say why")
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_and_goes_no_further() {
        assert_eq!(guarded("retry policy", || 7).ok(), Some(7));
        let number = 5;
        let told = |ask: &dyn Fn()| guarded("retry policy", ask).expect_err("it panicked").to_string();
        assert_eq!(told(&|| panic!("no")), "the retry policy panicked: no");
        assert_eq!(told(&|| panic!("no {number}")), "the retry policy panicked: no 5");
        assert_eq!(told(&|| std::panic::panic_any(number)), "the retry policy panicked: it did not say why");
    }
}
