//! The seam for clusters whose nodes are reached through a proxy instead of at their own addresses.

use std::fmt;
use std::pin::Pin;
use std::time::Duration;

use super::Host;
use crate::connection::endpoint::Endpoint;
use crate::error::Error;

/// Says how nodes are dialled.
#[cfg_attr(not(feature = "cloud"), allow(dead_code))]
pub(crate) trait Proxy: Send + Sync + fmt::Debug {
    /// Where to find the cluster; asked anew when all nodes are lost.
    fn contact_points(
        &self,
        patience: Duration,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<Endpoint>, Error>> + Send + '_>>;

    /// How this node is dialled.
    fn endpoint(&self, host: &Host) -> Option<Endpoint>;
}
