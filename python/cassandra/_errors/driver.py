"""`DriverException` and those of its kind that no server sent: timeouts, logins, contact points, missing packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cassandra._errors.pickling import RebuiltByArgs
from cassandra._exported import exported_by


@exported_by("cassandra")
class DriverException(RebuiltByArgs, Exception):
    """Base of nearly all exceptions of this package."""


@exported_by("cassandra")
class AuthenticationFailed(DriverException):
    """The server did not accept the credentials, or wanted some where none were given."""


@exported_by("cassandra")
class OperationTimedOut(DriverException):
    """The client gave up waiting. The server may still carry the request out."""

    errors: Mapping[Any, Any] | None = None
    """What went wrong on each host that was tried, by host."""

    last_host: Any = None
    """The host that was tried last."""

    def __init__(self, errors: Mapping[Any, Any] | None = None, last_host: Any = None) -> None:
        super().__init__(f"errors={errors}, last_host={last_host}")
        self.errors = errors
        self.last_host = last_host


@exported_by("cassandra")
class UnsupportedOperation(DriverException):
    """The protocol version in use, or this package, cannot do what was asked."""


@exported_by("cassandra")
class UnresolvableContactPoints(DriverException):
    """None of the contact points could be resolved to an address."""


@exported_by("cassandra")
class VectorDeserializationFailure(DriverException):
    """The bytes of a vector do not fit its type."""


@exported_by("cassandra")
class DependencyException(RebuiltByArgs, Exception):
    """An optional package is needed and could not be imported."""

    excs: Sequence[BaseException] = ()
    """The exceptions that the attempts to import it raised."""

    def __init__(self, msg: str, excs: Sequence[BaseException] = ()) -> None:
        causes = "".join(f"\n - {exc}" for exc in excs)
        super().__init__(f"{msg}\nThe following exceptions were observed: {causes}" if excs else msg)
        self.excs = excs
