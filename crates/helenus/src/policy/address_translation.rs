//! Address translation.

use std::net::SocketAddr;

use super::AddressTranslator;

/// Nodes are reached where the cluster says they are.
#[derive(Debug, Clone, Copy, Default)]
pub struct IdentityTranslator;

impl AddressTranslator for IdentityTranslator {
    fn translate(&self, address: SocketAddr) -> SocketAddr {
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_changes() {
        let address = SocketAddr::from(([127, 0, 0, 3], 9042));
        assert_eq!(IdentityTranslator.translate(address), address);
    }
}
