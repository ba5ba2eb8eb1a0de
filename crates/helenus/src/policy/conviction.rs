//! Conviction: from a failed connection to a host that is down.

use std::error::Error;

use super::ConvictionPolicy;
use crate::cluster::Host;

/// Any failure convicts.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimpleConvictionPolicy;

impl ConvictionPolicy for SimpleConvictionPolicy {
    fn convict(&self, _: &Host, _: &(dyn Error + 'static)) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::host::tests::host;

    #[test]
    fn one_failure_is_enough() {
        let failure = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        assert!(SimpleConvictionPolicy.convict(&host(1, "dc", "r"), &failure));
    }
}
