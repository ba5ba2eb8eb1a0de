"""`cassandra.protocol`: the errors that a server sends, by the names of the reference.

Its message classes, which are seams for a program's own protocol handler, are not here yet.
"""

from cassandra._cql.column import ColumnMetadata
from cassandra._errors.server import (
    AlreadyExistsException,
    BadCredentials,
    CASWriteUnknownMessage,
    CDCWriteException,
    ClientWriteError,
    ConfigurationException,
    ErrorMessage,
    ErrorMessageSub,
    FunctionFailureMessage,
    InvalidRequestException,
    IsBootstrappingErrorMessage,
    OverloadedErrorMessage,
    PreparedQueryNotFound,
    ProtocolException,
    ReadFailureMessage,
    ReadTimeoutErrorMessage,
    RequestExecutionException,
    RequestValidationException,
    ServerError,
    SyntaxException,
    TruncateError,
    UnauthorizedErrorMessage,
    UnavailableErrorMessage,
    WriteFailureMessage,
    WriteTimeoutErrorMessage,
    error_classes,
)
from cassandra._query.unset import UNSET_VALUE

_UNSET_VALUE = UNSET_VALUE

__all__ = [
    "AlreadyExistsException",
    "BadCredentials",
    "CASWriteUnknownMessage",
    "CDCWriteException",
    "ClientWriteError",
    "ColumnMetadata",
    "ConfigurationException",
    "ErrorMessage",
    "ErrorMessageSub",
    "FunctionFailureMessage",
    "InvalidRequestException",
    "IsBootstrappingErrorMessage",
    "OverloadedErrorMessage",
    "PreparedQueryNotFound",
    "ProtocolException",
    "ReadFailureMessage",
    "ReadTimeoutErrorMessage",
    "RequestExecutionException",
    "RequestValidationException",
    "ServerError",
    "SyntaxException",
    "TruncateError",
    "UnauthorizedErrorMessage",
    "UnavailableErrorMessage",
    "WriteFailureMessage",
    "WriteTimeoutErrorMessage",
    "_UNSET_VALUE",
    "error_classes",
]
