"""The server could not carry a request out: native protocol, section 9, codes 0x1000 to 0x1700."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cassandra._cql.consistency_level import consistency_value_to_name
from cassandra._cql.write_type import WriteType
from cassandra._errors.driver import DriverException
from cassandra._exported import exported_by


def with_info(summary: str, info: Mapping[str, Any]) -> str:
    """The server's message with the fields of its error behind it."""
    return f"{summary} info={dict(info)!r}"


def write_type_name(write_type: int | None) -> str | int | None:
    """The name of a kind of write; an unknown one as it is, so that a newer server's error is still shown."""
    return write_type if write_type is None else WriteType.value_to_name.get(write_type, write_type)


@exported_by("cassandra")
class RequestExecutionException(DriverException):
    """The server accepted the request and could not carry it out."""


@exported_by("cassandra")
class Unavailable(RequestExecutionException):
    """Too few replicas were alive for the consistency level. The request was not attempted."""

    consistency: int | None = None
    """The consistency level that was asked for."""

    required_replicas: int | None = None
    """How many replicas that level needs."""

    alive_replicas: int | None = None
    """How many the coordinator knew to be alive."""

    def __init__(
        self,
        summary_message: str,
        consistency: int | None = None,
        required_replicas: int | None = None,
        alive_replicas: int | None = None,
    ) -> None:
        self.consistency = consistency
        self.required_replicas = required_replicas
        self.alive_replicas = alive_replicas
        info = {
            "consistency": consistency_value_to_name(consistency),
            "required_replicas": required_replicas,
            "alive_replicas": alive_replicas,
        }
        super().__init__(with_info(summary_message, info))


@exported_by("cassandra")
class Timeout(RequestExecutionException):
    """The coordinator gave up waiting for replicas."""

    consistency: int | None = None
    """The consistency level that was asked for."""

    required_responses: int | None = None
    """How many replicas that level needs."""

    received_responses: int | None = None
    """How many answered in time."""

    def __init__(
        self,
        summary_message: str,
        consistency: int | None = None,
        required_responses: int | None = None,
        received_responses: int | None = None,
        **kwargs: Any,
    ) -> None:
        self.consistency = consistency
        self.required_responses = required_responses
        self.received_responses = received_responses
        info = {
            "consistency": consistency_value_to_name(consistency),
            "required_responses": required_responses,
            "received_responses": received_responses,
            **kwargs,
        }
        super().__init__(with_info(summary_message, info))


@exported_by("cassandra")
class ReadTimeout(Timeout):
    """Too few replicas answered a read in time."""

    data_retrieved: bool | None = None
    """Whether the replica that was asked for data, not for a digest, was among those that answered."""

    def __init__(self, message: str, data_retrieved: bool | None = None, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.data_retrieved = data_retrieved


@exported_by("cassandra")
class WriteTimeout(Timeout):
    """Too few replicas acknowledged a write in time. It may still have happened."""

    write_type: int | None = None
    """What was being written: one of `WriteType`."""

    def __init__(self, message: str, write_type: int | None = None, **kwargs: Any) -> None:
        kwargs["write_type"] = write_type_name(write_type)
        super().__init__(message, **kwargs)
        self.write_type = write_type


@exported_by("cassandra")
class CoordinationFailure(RequestExecutionException):
    """Replicas answered, and some of them with a failure."""

    consistency: int | None = None
    """The consistency level that was asked for."""

    required_responses: int | None = None
    """How many replicas that level needs."""

    received_responses: int | None = None
    """How many answered well."""

    failures: int | None = None
    """How many failed."""

    error_code_map: Mapping[str, int] | None = None
    """The reason of each replica that failed, by its address. Protocol 5 only; None before."""

    def __init__(
        self,
        summary_message: str,
        consistency: int | None = None,
        required_responses: int | None = None,
        received_responses: int | None = None,
        failures: int | None = None,
        error_code_map: Mapping[str, int] | None = None,
    ) -> None:
        self.consistency = consistency
        self.required_responses = required_responses
        self.received_responses = received_responses
        self.failures = failures
        self.error_code_map = error_code_map
        info: dict[str, Any] = {
            "consistency": consistency_value_to_name(consistency),
            "required_responses": required_responses,
            "received_responses": received_responses,
            "failures": failures,
        }
        if error_code_map is not None:
            info["error_code_map"] = {address: f"0x{code:04x}" for address, code in error_code_map.items()}
        super().__init__(with_info(summary_message, info))


@exported_by("cassandra")
class ReadFailure(CoordinationFailure):
    """Replicas failed to carry a read out."""

    data_retrieved: bool | None = None
    """Whether the replica that was asked for data was among those that answered well."""

    def __init__(self, message: str, data_retrieved: bool | None = None, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.data_retrieved = data_retrieved


@exported_by("cassandra")
class WriteFailure(CoordinationFailure):
    """Replicas failed to carry a write out."""

    write_type: int | None = None
    """What was being written: one of `WriteType`."""

    def __init__(self, message: str, write_type: int | None = None, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.write_type = write_type


@exported_by("cassandra")
class FunctionFailure(RequestExecutionException):
    """A user-defined function raised an error on the server."""

    keyspace: str | None = None
    """The keyspace of the function."""

    function: str | None = None
    """The name of the function."""

    arg_types: Sequence[str] | None = None
    """The CQL types of its arguments."""

    def __init__(self, summary_message: str, keyspace: str, function: str, arg_types: Sequence[str]) -> None:
        self.keyspace = keyspace
        self.function = function
        self.arg_types = arg_types
        super().__init__(summary_message)


@exported_by("cassandra")
class CDCWriteFailure(RequestExecutionException):
    """The log of change-data capture is full."""


@exported_by("cassandra")
class CASWriteUnknown(RequestExecutionException):
    """A lightweight transaction was not decided in time: it may happen later, or never (code 0x1700, protocol 5).

    `cassandra-driver` hands out a bare protocol object here.
    """

    consistency: int | None = None
    """The serial consistency level that was asked for."""

    required_responses: int | None = None
    """How many replicas that level needs."""

    received_responses: int | None = None
    """How many answered in time."""

    def __init__(
        self,
        summary_message: str,
        consistency: int | None = None,
        required_responses: int | None = None,
        received_responses: int | None = None,
    ) -> None:
        self.consistency = consistency
        self.required_responses = required_responses
        self.received_responses = received_responses
        info = {
            "consistency": consistency_value_to_name(consistency),
            "required_responses": required_responses,
            "received_responses": received_responses,
        }
        super().__init__(with_info(summary_message, info))
