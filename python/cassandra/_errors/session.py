"""What a session raises when no host could serve a request; `cassandra.cluster` exports it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cassandra._errors.driver import UnsupportedOperation
from cassandra._errors.pickling import RebuiltByArgs
from cassandra._errors.validation import InvalidRequest
from cassandra._exported import exported_by


@exported_by("cassandra.cluster")
class NoHostAvailable(RebuiltByArgs, Exception):
    """Every host of the query plan was tried, and none could serve."""

    errors: Mapping[Any, Any] | None = None
    """What went wrong on each host, in the order of the attempts."""

    def __init__(self, message: str, errors: Mapping[Any, Any]) -> None:
        super().__init__(message, errors)
        self.errors = errors


@exported_by("cassandra.cluster")
class QueryExhausted(RebuiltByArgs, Exception):
    """There is nothing left to try or to fetch: no further page, or (see `PlanExhausted`) no further host."""

    last_host: Any = None
    """The host that was tried last, where hosts were tried."""

    def __init__(self, message: str, last_host: Any = None) -> None:
        super().__init__(message)
        self.last_host = last_host


@exported_by("cassandra.cluster")
class PlanExhausted(QueryExhausted, NoHostAvailable):
    """A query plan ran out after retries: caught as `QueryExhausted` and as `NoHostAvailable`.

    Its text and `args` are those of `NoHostAvailable`, which is what cassandra-driver raises here.
    """

    def __init__(self, message: str, errors: Mapping[Any, Any], last_host: Any = None) -> None:
        NoHostAvailable.__init__(self, message, errors)
        self.args = (message, errors)
        self.last_host = last_host


@exported_by("cassandra.cluster")
class ProtocolVersionNotSpoken(NoHostAvailable, UnsupportedOperation):
    """The protocol version that was asked for is none that this package speaks.

    cassandra-driver finds out by asking each host, and raises `NoHostAvailable`.
    """

    def __init__(self, version: int) -> None:
        super().__init__("", {})
        self.args = (version,)
        self.version = version

    def __str__(self) -> str:
        return f"protocol version {self.version} is not supported; this driver speaks native protocol 3, 4 and 5"


@exported_by("cassandra.cluster")
class KeyspaceNotUsed(NoHostAvailable, InvalidRequest):
    """`Cluster.connect` was given a keyspace that the servers do not let it use: they are there, the keyspace is not.

    cassandra-driver raises `NoHostAvailable`. The servers' own error is the `__cause__`.
    """

    def __init__(self, keyspace: str, addresses: Sequence[str]) -> None:
        message = f"Unable to connect to any servers using keyspace '{keyspace}'"
        NoHostAvailable.__init__(self, message, addresses)  # type: ignore[arg-type]
        self.args = (message, addresses)


@exported_by("cassandra.cluster")
class UserTypeDoesNotExist(RebuiltByArgs, Exception):
    """A class was registered for a user-defined type that the keyspace does not have.

    It takes one message, as cassandra-driver does, or a keyspace and the name of a type.
    """

    keyspace: str | None = None
    """The keyspace that was searched, where it was given."""

    user_type: str | None = None
    """The type that is missing, where it was given."""

    def __init__(self, keyspace: str, user_type: str | None = None) -> None:
        if user_type is None:
            super().__init__(keyspace)
            return
        super().__init__(f"User type {user_type} does not exist in keyspace {keyspace}")
        self.keyspace = keyspace
        self.user_type = user_type
