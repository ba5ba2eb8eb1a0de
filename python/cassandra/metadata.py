"""`cassandra.metadata`: what is known of a cluster, and its names and tokens. This file only names what others hold."""

import logging

from cassandra._cluster.metadata import Metadata
from cassandra._metadata.identifiers import (
    cql_keywords,
    cql_keywords_reserved,
    cql_keywords_unreserved,
    escape_name,
    is_valid_name,
    maybe_escape_name,
    protect_name,
    protect_names,
    protect_value,
)
from cassandra._metadata.keyspace import KeyspaceMetadata
from cassandra._metadata.replication import ReplicationStrategy
from cassandra._metadata.table import ColumnMetadata, IndexMetadata, MaterializedViewMetadata, TableMetadata
from cassandra._metadata.tokens import (
    MAX_LONG,
    MIN_LONG,
    BytesToken,
    HashToken,
    MD5Token,
    Murmur3Token,
    Token,
)
from cassandra._metadata.user_type import UserType
from cassandra.murmur3 import murmur3

log = logging.getLogger(__name__)

__all__ = [
    "MAX_LONG",
    "MIN_LONG",
    "BytesToken",
    "ColumnMetadata",
    "HashToken",
    "IndexMetadata",
    "KeyspaceMetadata",
    "MD5Token",
    "MaterializedViewMetadata",
    "Metadata",
    "Murmur3Token",
    "ReplicationStrategy",
    "TableMetadata",
    "Token",
    "UserType",
    "cql_keywords",
    "cql_keywords_reserved",
    "cql_keywords_unreserved",
    "escape_name",
    "is_valid_name",
    "maybe_escape_name",
    "murmur3",
    "protect_name",
    "protect_names",
    "protect_value",
]
