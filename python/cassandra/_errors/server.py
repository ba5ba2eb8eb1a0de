"""ERROR messages as `cassandra.protocol` names them: one class per error code of the native protocol, section 9.

A program meets those that have no class of their own in `cassandra`, such as `SyntaxException`; the others turn into
theirs by `to_exception()`. Decoding an ERROR from bytes is the engine's part, not this file's.
"""

from __future__ import annotations

from typing import Any, ClassVar

import cassandra._errors.request as request
import cassandra._errors.validation as validation
from cassandra._exported import exported_by


@exported_by("cassandra.protocol")
class ErrorMessage(Exception):
    """An error that a server sent."""

    opcode: ClassVar[int] = 0
    name: ClassVar[str] = "ERROR"

    error_code: ClassVar[int | None] = None
    """The code of the specification that the class stands for."""

    summary: ClassVar[str] = "Unknown"
    """What the code means, in a few words."""

    def __init__(self, code: int, message: str, info: Any) -> None:
        # Not super(): a subclass that is also an exception of `cassandra` would be handed three arguments there.
        BaseException.__init__(self, code, message, info)
        self.code = code
        self.message = message
        self.info = info

    def summary_msg(self) -> str:
        """The whole error in one line."""
        return f'Error from server: code={self.code:04x} [{self.summary}] message="{self.message}"'

    def to_exception(self) -> Exception:
        """The exception that a program catches for this error."""
        return self

    def __str__(self) -> str:
        return f"<{self.summary_msg()}>"

    __repr__ = __str__


@exported_by("cassandra.protocol")
class ErrorMessageSub(ErrorMessage):
    """Base of the errors that have a code of their own."""


@exported_by("cassandra.protocol")
class ServerError(ErrorMessageSub):
    """An unexpected error on the server's side; it usually names a bug there."""

    error_code = 0x0000
    summary = "Server error"


@exported_by("cassandra.protocol")
class ProtocolException(ErrorMessageSub):
    """The server could not make sense of what was sent."""

    error_code = 0x000A
    summary = "Protocol error"

    @property
    def is_beta_protocol_error(self) -> bool:
        """Whether the version is one that the server speaks only to a client that sets the beta flag."""
        return "USE_BETA flag is unset" in str(self.message)


@exported_by("cassandra.protocol")
class BadCredentials(ErrorMessageSub):
    """The server did not accept the credentials."""

    error_code = 0x0100
    summary = "Bad credentials"


@exported_by("cassandra.protocol")
class RequestExecutionException(ErrorMessageSub):
    """The server accepted the request and could not carry it out."""


@exported_by("cassandra.protocol")
class UnavailableErrorMessage(RequestExecutionException):
    """Becomes `cassandra.Unavailable`."""

    error_code = 0x1000
    summary = "Unavailable exception"

    def to_exception(self) -> Exception:
        return request.Unavailable(self.summary_msg(), **self.info)


@exported_by("cassandra.protocol")
class OverloadedErrorMessage(RequestExecutionException):
    """The coordinator sheds load."""

    error_code = 0x1001
    summary = "Coordinator node overloaded"


@exported_by("cassandra.protocol")
class IsBootstrappingErrorMessage(RequestExecutionException):
    """The coordinator is still joining the ring."""

    error_code = 0x1002
    summary = "Coordinator node is bootstrapping"


@exported_by("cassandra.protocol")
class TruncateError(RequestExecutionException):
    """A TRUNCATE failed."""

    error_code = 0x1003
    summary = "Error during truncate"


@exported_by("cassandra.protocol")
class WriteTimeoutErrorMessage(RequestExecutionException):
    """Becomes `cassandra.WriteTimeout`."""

    error_code = 0x1100
    summary = "Coordinator node timed out waiting for replica nodes' responses"

    def to_exception(self) -> Exception:
        return request.WriteTimeout(self.summary_msg(), **self.info)


@exported_by("cassandra.protocol")
class ReadTimeoutErrorMessage(RequestExecutionException):
    """Becomes `cassandra.ReadTimeout`."""

    error_code = 0x1200
    summary = "Coordinator node timed out waiting for replica nodes' responses"

    def to_exception(self) -> Exception:
        return request.ReadTimeout(self.summary_msg(), **self.info)


@exported_by("cassandra.protocol")
class ReadFailureMessage(RequestExecutionException):
    """Becomes `cassandra.ReadFailure`."""

    error_code = 0x1300
    summary = "Replica(s) failed to execute read"

    def to_exception(self) -> Exception:
        return request.ReadFailure(self.summary_msg(), **self.info)


@exported_by("cassandra.protocol")
class FunctionFailureMessage(RequestExecutionException):
    """Becomes `cassandra.FunctionFailure`."""

    error_code = 0x1400
    summary = "User Defined Function failure"

    def to_exception(self) -> Exception:
        return request.FunctionFailure(self.summary_msg(), **self.info)


@exported_by("cassandra.protocol")
class WriteFailureMessage(RequestExecutionException):
    """Becomes `cassandra.WriteFailure`."""

    error_code = 0x1500
    summary = "Replica(s) failed to execute write"

    def to_exception(self) -> Exception:
        return request.WriteFailure(self.summary_msg(), **self.info)


@exported_by("cassandra.protocol")
class CDCWriteException(RequestExecutionException, request.CDCWriteFailure):
    """The log of change-data capture is full. It can be caught as `cassandra.CDCWriteFailure` too."""

    error_code = 0x1600
    summary = "Failed to execute write due to CDC space exhaustion."


@exported_by("cassandra.protocol")
class CASWriteUnknownMessage(RequestExecutionException):
    """Becomes `cassandra.CASWriteUnknown`."""

    error_code = 0x1700
    summary = "The outcome of a lightweight transaction is unknown"

    def to_exception(self) -> Exception:
        return request.CASWriteUnknown(self.summary_msg(), **self.info)


@exported_by("cassandra.protocol")
class ClientWriteError(RequestExecutionException):
    """A write to a client of the server failed: a vendor's code, not the specification's."""

    error_code = 0x8000
    summary = "Client write failure."


@exported_by("cassandra.protocol")
class RequestValidationException(ErrorMessageSub):
    """The server refused the request as it stands."""


@exported_by("cassandra.protocol")
class SyntaxException(RequestValidationException):
    """The text is not CQL."""

    error_code = 0x2000
    summary = "Syntax error in CQL query"


@exported_by("cassandra.protocol")
class UnauthorizedErrorMessage(RequestValidationException):
    """Becomes `cassandra.Unauthorized`."""

    error_code = 0x2100
    summary = "Unauthorized"

    def to_exception(self) -> Exception:
        return validation.Unauthorized(self.summary_msg())


@exported_by("cassandra.protocol")
class InvalidRequestException(RequestValidationException):
    """Becomes `cassandra.InvalidRequest`."""

    error_code = 0x2200
    summary = "Invalid query"

    def to_exception(self) -> Exception:
        return validation.InvalidRequest(self.summary_msg())


@exported_by("cassandra.protocol")
class ConfigurationException(RequestValidationException):
    """The request asks for a schema or a setting that cannot be."""

    error_code = 0x2300
    summary = "Query invalid because of configuration issue"


@exported_by("cassandra.protocol")
class AlreadyExistsException(ConfigurationException):
    """Becomes `cassandra.AlreadyExists`."""

    error_code = 0x2400
    summary = "Item already exists"

    def to_exception(self) -> Exception:
        return validation.AlreadyExists(**self.info)


@exported_by("cassandra.protocol")
class PreparedQueryNotFound(RequestValidationException):
    """The server does not know the prepared statement; `info` is its id."""

    error_code = 0x2500
    summary = "Matching prepared statement not found on this node"


def subclasses_with_code(base: type[ErrorMessage]) -> dict[int, type[ErrorMessage]]:
    """The classes below `base` by the code that each stands for."""
    found: dict[int, type[ErrorMessage]] = {}
    for kind in base.__subclasses__():
        if kind.error_code is not None:
            found[kind.error_code] = kind
        found.update(subclasses_with_code(kind))
    return found


error_classes = subclasses_with_code(ErrorMessage)
"""The class of each error code."""


def server_error(code: int, message: str, info: Any = None) -> Exception:
    """The exception that a program catches for an ERROR of the server.

    `info` holds the fields of the code as keyword arguments of the class in `cassandra`, or the id of an unprepared
    statement. A code that nobody knows yet gives an `ErrorMessage`.
    """
    return error_classes.get(code, ErrorMessage)(code, message, info).to_exception()


@exported_by("cassandra.protocol")
class InternalError(Exception):
    """Named where programs list what they catch; the engine reports a peer's mistakes as `ProtocolError`."""
