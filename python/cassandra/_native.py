"""The extension module, imported here and nowhere else in this package; and what the process's life means to it."""

from __future__ import annotations

import os

from helenus._native import (
    Binder,
    BoundValues,
    ClusterCore,
    DirectCore,
    EndedCore,
    PreparedCore,
    RequestCore,
    ReservedCore,
    ResultCore,
    RowDecoder,
    SchemaCore,
    SecureConnectBundle,
    SessionCore,
    TaskCore,
    TypeCodec,
    describe_aggregate,
    describe_function,
    describe_index,
    describe_keyspace,
    describe_table,
    describe_trigger,
    describe_user_type,
    describe_view,
    ending,
    forked,
    forking,
    types_changed,
    user_types_in_order,
    virtual_keyspace,
    virtual_table,
)

__all__ = [
    "Binder",
    "BoundValues",
    "ClusterCore",
    "DirectCore",
    "EndedCore",
    "PreparedCore",
    "RequestCore",
    "ReservedCore",
    "ResultCore",
    "RowDecoder",
    "SchemaCore",
    "SecureConnectBundle",
    "SessionCore",
    "TaskCore",
    "TypeCodec",
    "describe_aggregate",
    "describe_function",
    "describe_index",
    "describe_keyspace",
    "describe_table",
    "describe_trigger",
    "describe_user_type",
    "describe_view",
    "ending",
    "types_changed",
    "user_types_in_order",
    "virtual_keyspace",
    "virtual_table",
]

if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=forking, after_in_child=forked)
