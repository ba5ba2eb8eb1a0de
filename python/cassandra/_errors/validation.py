"""The server refused a request as it stands: native protocol, section 9, codes 0x2000 to 0x2400."""

from __future__ import annotations

from cassandra._errors.driver import DriverException
from cassandra._exported import exported_by


@exported_by("cassandra")
class RequestValidationException(DriverException):
    """The server refused the request as it stands. Sending it again will not help."""


@exported_by("cassandra")
class ConfigurationException(RequestValidationException):
    """The request asks for a schema or a setting that cannot be."""


@exported_by("cassandra")
class AlreadyExists(ConfigurationException):
    """The keyspace or table to be created is there already."""

    keyspace: str | None = None
    """The keyspace that exists, or that holds the table."""

    table: str | None = None
    """The table that exists; None or empty where it is the keyspace."""

    def __init__(self, keyspace: str | None = None, table: str | None = None) -> None:
        what = f"Table '{keyspace}.{table}'" if table else f"Keyspace '{keyspace}'"
        super().__init__(f"{what} already exists")
        self.keyspace = keyspace
        self.table = table


@exported_by("cassandra")
class InvalidRequest(RequestValidationException):
    """The request is well-formed CQL that the server cannot accept, such as an unknown table."""


@exported_by("cassandra")
class Unauthorized(RequestValidationException):
    """The role that is logged in may not do this."""
