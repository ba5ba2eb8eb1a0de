"""Address translation: from the address that a node gives to the one that this client can reach."""

from __future__ import annotations

import socket

from cassandra._exported import exported_by


@exported_by("cassandra.policies")
class AddressTranslator:
    """Translates addresses. Subclass it."""

    def translate(self, addr: str) -> str:
        """The address to connect to, for an address that the servers gave."""
        raise NotImplementedError


@exported_by("cassandra.policies")
class IdentityTranslator(AddressTranslator):
    """Takes addresses as they are."""

    def translate(self, addr: str) -> str:
        return addr


@exported_by("cassandra.policies")
class EC2MultiRegionTranslator(AddressTranslator):
    """From a public address of Amazon EC2 to the private one, where this client is in the same region.

    It looks up the name of the address, and then the address of that name, which EC2's resolver answers with the
    private one inside the region. An address without a name stays as it is.
    """

    def translate(self, addr: str) -> str:
        try:
            found = socket.getaddrinfo(socket.getfqdn(addr), 0, socket.AF_UNSPEC, socket.SOCK_STREAM)
        except socket.gaierror:
            return addr
        return str(found[0][4][0]) if found else addr
