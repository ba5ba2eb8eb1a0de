"""A program's own policies and authenticators where its threads run greenlets.

The engine asks them on threads of its own. What they do there, such as taking a lock or looking a name up, is patched
and belongs into a greenlet: so each question is put to the hub of the thread that connected the cluster.
"""

from __future__ import annotations

from typing import Any

from cassandra._connection.hub import Hub

RETRY = ("on_read_timeout", "on_write_timeout", "on_unavailable", "on_request_error")


class AskedRetry:
    """A retry policy that is asked in greenlets."""

    def __init__(self, hub: Hub, policy: Any) -> None:
        for name in RETRY:
            if hasattr(policy, name):
                setattr(self, name, hub.asked(getattr(policy, name)))


class AskedAuthProvider:
    """An `AuthProvider` that is asked in greenlets, and its authenticators too."""

    def __init__(self, hub: Hub, provider: Any) -> None:
        def make(host: str) -> Any:
            authenticator = provider.new_authenticator(host)
            # What is none is refused by who asked.
            is_one = hasattr(authenticator, "initial_response") and hasattr(authenticator, "evaluate_challenge")
            return AskedAuthenticator(hub, authenticator) if is_one else authenticator

        # Made in a greenlet of the thread that is to be asked later too: there `hub` finds that thread's door.
        self.new_authenticator = hub.asked(make)


class AskedAuthenticator:
    """One connection's authenticator, asked where it is made."""

    def __init__(self, hub: Hub, authenticator: Any) -> None:
        self._authenticator = authenticator
        self.initial_response = hub.asked(authenticator.initial_response)
        self.evaluate_challenge = hub.asked(authenticator.evaluate_challenge)
        self.on_authentication_success = hub.asked(authenticator.on_authentication_success)

    @property
    def server_authenticator_class(self) -> Any:
        """What the server calls its authenticator."""
        return self._authenticator.server_authenticator_class

    @server_authenticator_class.setter
    def server_authenticator_class(self, name: str) -> None:
        self._authenticator.server_authenticator_class = name
