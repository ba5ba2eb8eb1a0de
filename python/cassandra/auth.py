"""Authentication: the client's side of the SASL exchange (native protocol, sections 4.1.2 and 4.2.3).

A provider is given to the cluster and makes an authenticator for each connection, which answers the server's
challenges. Secrets stay out of `repr`, `str` and `vars`; a pickle of a provider holds them, since it must.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from cassandra._errors.driver import AuthenticationFailed

SASLClient: Any
try:
    # By name, since type checkers need not know an optional package.
    SASLClient = import_module("puresasl.client").SASLClient
except ImportError:
    SASLClient = None

__all__ = [
    "AuthProvider",
    "Authenticator",
    "BaseDSEAuthenticator",
    "DSEGSSAPIAuthProvider",
    "DSEPlainTextAuthProvider",
    "GSSAPIAuthenticator",
    "PlainTextAuthProvider",
    "PlainTextAuthenticator",
    "SaslAuthProvider",
    "SaslAuthenticator",
    "TransitionalModePlainTextAuthProvider",
    "TransitionalModePlainTextAuthenticator",
]

log = logging.getLogger(__name__)

DSE_AUTHENTICATOR: Final = "com.datastax.bdp.cassandra.auth.DseAuthenticator"
"""This one wants the name of the mechanism first."""


def refuse_without_puresasl() -> None:
    """ImportError where the package that speaks SASL is missing."""
    if SASLClient is None:
        raise ImportError("The puresasl library has not been installed")


class Authenticator:
    """Answers the server's challenges on one connection. Subclass it.

    Each method returns bytes to send, or None to send none.
    """

    server_authenticator_class: str | None = None
    """The class of the server's authenticator, by its Java name. It is set before anything else is asked."""

    def initial_response(self) -> bytes | None:
        """What to send first."""
        return None

    def evaluate_challenge(self, challenge: bytes | None) -> bytes | None:
        """The answer to a challenge."""
        raise NotImplementedError

    def on_authentication_success(self, token: bytes | None) -> None:
        """The server is satisfied, and may have sent a token."""


class AuthProvider:
    """Makes an authenticator for each connection. Subclass it."""

    def new_authenticator(self, host: str) -> Authenticator:
        """An authenticator for a connection to this address."""
        raise NotImplementedError


class BaseDSEAuthenticator(Authenticator):
    """An authenticator that names its mechanism where the server asks for it."""

    def get_mechanism(self) -> bytes:
        """The name of the SASL mechanism."""
        raise NotImplementedError("get_mechanism not implemented")

    def get_initial_challenge(self) -> bytes:
        """The challenge that a server which knows the mechanism begins with."""
        raise NotImplementedError("get_initial_challenge not implemented")

    def initial_response(self) -> bytes | None:
        if self.server_authenticator_class == DSE_AUTHENTICATOR:
            return self.get_mechanism()
        return self.evaluate_challenge(self.get_initial_challenge())


class PlainTextAuthenticator(BaseDSEAuthenticator):
    """Sends a username and a password (SASL PLAIN, RFC 4616)."""

    # In a slot it is no part of vars(), which debuggers and error reports print.
    __slots__ = ("_password",)

    username: str

    def __init__(self, username: str, password: str) -> None:
        self.username = username
        self._password = password

    @property
    def password(self) -> str:
        """The password."""
        return self._password

    @password.setter
    def password(self, password: str) -> None:
        self._password = password

    def get_mechanism(self) -> bytes:
        return b"PLAIN"

    def get_initial_challenge(self) -> bytes:
        return b"PLAIN-START"

    def evaluate_challenge(self, challenge: bytes | None) -> bytes:
        if challenge != self.get_initial_challenge():
            raise AuthenticationFailed("Did not receive a valid challenge response from server")
        if self.username is None or self._password is None:
            missing = "username" if self.username is None else "password"
            raise AuthenticationFailed(f"The server asks for a username and a password, and the {missing} is None")
        parts = [str(self.username).encode(), str(self._password).encode()]
        if any(b"\x00" in part for part in parts):
            raise AuthenticationFailed("A username or a password cannot hold the character NUL")
        return b"".join(b"\x00" + part for part in parts)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} username={self.username!r}>"


def refuse_no_text(**given: Any) -> None:
    """TypeError for what no login can be. Numbers are sent as their text, and None says that there is none."""
    for name, part in given.items():
        if isinstance(part, (bool, bytes, bytearray, list, tuple, dict, set)):
            raise TypeError(f"{name} must be text, not {type(part).__name__}")


class PlainTextAuthProvider(AuthProvider):
    """A username and a password for Cassandra's `PasswordAuthenticator`."""

    __slots__ = ("_password",)

    username: str

    def __init__(self, username: str, password: str) -> None:
        refuse_no_text(username=username, password=password)
        self.username = username
        self._password = password

    @property
    def password(self) -> str:
        """The password."""
        return self._password

    @password.setter
    def password(self, password: str) -> None:
        refuse_no_text(password=password)
        self._password = password

    def new_authenticator(self, host: str) -> Authenticator:
        return PlainTextAuthenticator(self.username, self._password)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} username={self.username!r}>"


class DSEPlainTextAuthProvider(PlainTextAuthProvider):
    """`PlainTextAuthProvider` under the name that DataStax Enterprise gave it."""


class TransitionalModePlainTextAuthenticator(PlainTextAuthenticator):
    """Sends an empty username and password."""

    def __init__(self) -> None:
        super().__init__("", "")


class TransitionalModePlainTextAuthProvider(AuthProvider):
    """For a server that is being switched to authentication and does not insist on it yet."""

    def new_authenticator(self, host: str) -> Authenticator:
        return TransitionalModePlainTextAuthenticator()


class SaslAuthProvider(AuthProvider):
    """Any mechanism of the package `puresasl`, whose `SASLClient` gets the keyword arguments."""

    __slots__ = ("_sasl_kwargs",)

    def __init__(self, **sasl_kwargs: Any) -> None:
        refuse_without_puresasl()
        if "host" in sasl_kwargs:
            raise ValueError("'host' is not a setting: each connection has its own")
        self._sasl_kwargs = sasl_kwargs

    @property
    def sasl_kwargs(self) -> dict[str, Any]:
        """The keyword arguments, secrets among them."""
        return self._sasl_kwargs

    def new_authenticator(self, host: str) -> Authenticator:
        return SaslAuthenticator(host, **self._sasl_kwargs)


class SaslAuthenticator(Authenticator):
    """Leaves the exchange to `puresasl`."""

    __slots__ = ("_sasl",)

    def __init__(self, host: str, service: str, mechanism: str = "GSSAPI", **sasl_kwargs: Any) -> None:
        refuse_without_puresasl()
        self._sasl = SASLClient(host, service, mechanism, **sasl_kwargs)

    @property
    def sasl(self) -> Any:
        """The client of `puresasl`."""
        return self._sasl

    def initial_response(self) -> bytes | None:
        response: bytes | None = self._sasl.process()
        return response

    def evaluate_challenge(self, challenge: bytes | None) -> bytes | None:
        response: bytes | None = self._sasl.process(challenge)
        return response


class DSEGSSAPIAuthProvider(AuthProvider):
    """Kerberos, by the package `puresasl`."""

    def __init__(
        self,
        service: str = "dse",
        qops: Sequence[str] = ("auth",),
        resolve_host_name: bool = True,
        **properties: Any,
    ) -> None:
        refuse_without_puresasl()
        self.service = service
        self.qops = qops
        self.resolve_host_name = resolve_host_name
        self.properties = properties

    def new_authenticator(self, host: str) -> Authenticator:
        if self.resolve_host_name:
            host = socket.getnameinfo((host, 0), 0)[0]
        return GSSAPIAuthenticator(host, self.service, self.qops, self.properties)


class GSSAPIAuthenticator(BaseDSEAuthenticator):
    """Kerberos on one connection."""

    def __init__(self, host: str, service: str, qops: Sequence[str], properties: Mapping[str, Any]) -> None:
        refuse_without_puresasl()
        self.sasl = SASLClient(host, service, "GSSAPI", qops=qops, **properties)

    def get_mechanism(self) -> bytes:
        return b"GSSAPI"

    def get_initial_challenge(self) -> bytes:
        return b"GSSAPI-START"

    def evaluate_challenge(self, challenge: bytes | None) -> bytes | None:
        begins = challenge == self.get_initial_challenge()
        response: bytes | None = self.sasl.process() if begins else self.sasl.process(challenge)
        return response
