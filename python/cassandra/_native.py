"""The extension module, imported here and nowhere else in this package; and what the process's life means to it."""

from __future__ import annotations

import atexit
import os

from helenus._native import (
    Binder,
    BoundValues,
    ClusterCore,
    PreparedCore,
    RequestCore,
    ReservedCore,
    ResultCore,
    RowDecoder,
    SecureConnectBundle,
    SessionCore,
    TaskCore,
    TypeCodec,
    ending,
    forked,
    types_changed,
)

__all__ = [
    "Binder",
    "BoundValues",
    "ClusterCore",
    "PreparedCore",
    "RequestCore",
    "ReservedCore",
    "ResultCore",
    "RowDecoder",
    "SecureConnectBundle",
    "SessionCore",
    "TaskCore",
    "TypeCodec",
    "types_changed",
]

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=forked)
atexit.register(ending)
