"""A driver for Apache Cassandra under the import paths of cassandra-driver 3.30, on the helenus engine.

`cassandra.cluster.Cluster` is where a program begins. This module holds the constants and the exceptions.
"""

import logging

from cassandra._cql.consistency_level import ConsistencyLevel, consistency_value_to_name
from cassandra._cql.protocol_version import ProtocolVersion
from cassandra._cql.schema_change import (
    SchemaChangeType,
    SchemaTargetType,
    SignatureDescriptor,
    UserAggregateDescriptor,
    UserFunctionDescriptor,
)
from cassandra._cql.write_type import WriteType
from cassandra._errors.driver import (
    AuthenticationFailed,
    DependencyException,
    DriverException,
    OperationTimedOut,
    UnresolvableContactPoints,
    UnsupportedOperation,
    VectorDeserializationFailure,
)
from cassandra._errors.request import (
    CASWriteUnknown,
    CDCWriteFailure,
    CoordinationFailure,
    FunctionFailure,
    ReadFailure,
    ReadTimeout,
    RequestExecutionException,
    Timeout,
    Unavailable,
    WriteFailure,
    WriteTimeout,
)
from cassandra._errors.validation import (
    AlreadyExists,
    ConfigurationException,
    InvalidRequest,
    RequestValidationException,
    Unauthorized,
)

__version__ = "3.30.1"
"""The version of cassandra-driver whose interface this package gives. The engine's own is `helenus.__version__`."""

__all__ = [
    "AlreadyExists",
    "AuthenticationFailed",
    "CASWriteUnknown",
    "CDCWriteFailure",
    "ConfigurationException",
    "ConsistencyLevel",
    "CoordinationFailure",
    "DependencyException",
    "DriverException",
    "FunctionFailure",
    "InvalidRequest",
    "OperationTimedOut",
    "ProtocolVersion",
    "ReadFailure",
    "ReadTimeout",
    "RequestExecutionException",
    "RequestValidationException",
    "SchemaChangeType",
    "SchemaTargetType",
    "SignatureDescriptor",
    "Timeout",
    "Unauthorized",
    "Unavailable",
    "UnresolvableContactPoints",
    "UnsupportedOperation",
    "UserAggregateDescriptor",
    "UserFunctionDescriptor",
    "VectorDeserializationFailure",
    "WriteFailure",
    "WriteTimeout",
    "WriteType",
    "consistency_value_to_name",
]

logging.getLogger("cassandra").addHandler(logging.NullHandler())
