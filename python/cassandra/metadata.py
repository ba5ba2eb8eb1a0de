"""`cassandra.metadata`: what is known of a cluster, and its names and tokens. This file only names what others hold."""

import logging

from cassandra import ConsistencyLevel, InvalidRequest, SignatureDescriptor, Unauthorized
from cassandra._cluster.metadata import Metadata
from cassandra._metadata.extensions import (
    RegisteredTableExtension,
    RLACTableExtension,
    TableExtensionInterface,
    _RegisteredExtensionType,
)
from cassandra._metadata.function import Aggregate, Function
from cassandra._metadata.graph import EdgeMetadata, TableMetadataDSE68, VertexMetadata
from cassandra._metadata.grouping import NO_VALID_REPLICA, group_keys_by_replica
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
    trim_if_startswith,
)
from cassandra._metadata.keyspace import KeyspaceMetadata
from cassandra._metadata.parsers import (
    SchemaParserDSE60,
    SchemaParserDSE67,
    SchemaParserDSE68,
    SchemaParserV3,
    SchemaParserV4,
    SchemaParserV22,
    get_schema_parser,
)
from cassandra._metadata.replication import (
    REPLICATION_STRATEGY_CLASS_PREFIX,
    LocalStrategy,
    NetworkTopologyStrategy,
    ReplicationFactor,
    ReplicationStrategy,
    ReplicationStrategyTypeType,
    SimpleStrategy,
    _ReplicationStrategy,
    _UnknownStrategy,
    _UnknownStrategyBuilder,
)
from cassandra._metadata.table import (
    ColumnMetadata,
    IndexMetadata,
    MaterializedViewMetadata,
    TableMetadata,
    TableMetadataV3,
    TriggerMetadata,
)
from cassandra._metadata.token_map import TokenMap
from cassandra._metadata.tokens import (
    MAX_LONG,
    MIN_LONG,
    BytesToken,
    HashToken,
    MD5Token,
    Murmur3Token,
    NoMurmur3,
    Token,
)
from cassandra._metadata.user_type import UserType
from cassandra.connection import EndPoint
from cassandra.encoder import Encoder
from cassandra.marshal import varint_unpack
from cassandra.murmur3 import murmur3
from cassandra.policies import HostDistance
from cassandra.query import bind_params, dict_factory
from cassandra.util import Version

log = logging.getLogger(__name__)

__all__ = [
    "ConsistencyLevel",
    "InvalidRequest",
    "SignatureDescriptor",
    "Unauthorized",
    "Encoder",
    "HostDistance",
    "bind_params",
    "dict_factory",
    "Version",
    "EndPoint",
    "varint_unpack",
    "MAX_LONG",
    "MIN_LONG",
    "NO_VALID_REPLICA",
    "REPLICATION_STRATEGY_CLASS_PREFIX",
    "Aggregate",
    "BytesToken",
    "ColumnMetadata",
    "EdgeMetadata",
    "Function",
    "HashToken",
    "IndexMetadata",
    "KeyspaceMetadata",
    "LocalStrategy",
    "MD5Token",
    "MaterializedViewMetadata",
    "Metadata",
    "Murmur3Token",
    "NetworkTopologyStrategy",
    "NoMurmur3",
    "RLACTableExtension",
    "RegisteredTableExtension",
    "ReplicationFactor",
    "ReplicationStrategy",
    "ReplicationStrategyTypeType",
    "SchemaParserDSE60",
    "SchemaParserDSE67",
    "SchemaParserDSE68",
    "SchemaParserV3",
    "SchemaParserV4",
    "SchemaParserV22",
    "SimpleStrategy",
    "TableExtensionInterface",
    "TableMetadata",
    "TableMetadataDSE68",
    "TableMetadataV3",
    "Token",
    "TokenMap",
    "TriggerMetadata",
    "UserType",
    "VertexMetadata",
    "_RegisteredExtensionType",
    "_ReplicationStrategy",
    "_UnknownStrategy",
    "_UnknownStrategyBuilder",
    "cql_keywords",
    "cql_keywords_reserved",
    "cql_keywords_unreserved",
    "escape_name",
    "get_schema_parser",
    "group_keys_by_replica",
    "is_valid_name",
    "maybe_escape_name",
    "murmur3",
    "protect_name",
    "protect_names",
    "protect_value",
    "trim_if_startswith",
]
