"""`cassandra.cqlengine.models`: classes for tables. This file names what others hold, and the default keyspace."""

from __future__ import annotations

import logging

from cassandra._mapper.column_descriptor import ColumnDescriptor, ColumnQueryEvaluator
from cassandra._mapper.model import BaseModel, Model
from cassandra._mapper.model_class import (
    ModelDefinitionException,
    ModelException,
    ModelMetaClass,
    PolymorphicModelException,
)
from cassandra._mapper.model_descriptors import (
    ConditionalDescriptor,
    ConsistencyDescriptor,
    IfExistsDescriptor,
    IfNotExistsDescriptor,
    QuerySetDescriptor,
    TimestampDescriptor,
    TTLDescriptor,
    UsingDescriptor,
    hybrid_classmethod,
)
from cassandra.cqlengine import CQLEngineException, ValidationError
from cassandra.metadata import protect_name

log = logging.getLogger(__name__)

DEFAULT_KEYSPACE: str | None = None
"""The keyspace of models that do not say one. `connection.setup` sets it."""


class UndefinedKeyspaceWarning(Warning):
    """A model has no keyspace."""


__all__ = [
    "CQLEngineException",
    "ValidationError",
    "protect_name",
    "BaseModel",
    "ColumnDescriptor",
    "ColumnQueryEvaluator",
    "ConditionalDescriptor",
    "ConsistencyDescriptor",
    "DEFAULT_KEYSPACE",
    "IfExistsDescriptor",
    "IfNotExistsDescriptor",
    "Model",
    "ModelDefinitionException",
    "ModelException",
    "ModelMetaClass",
    "PolymorphicModelException",
    "QuerySetDescriptor",
    "TTLDescriptor",
    "TimestampDescriptor",
    "UndefinedKeyspaceWarning",
    "UsingDescriptor",
    "hybrid_classmethod",
]
