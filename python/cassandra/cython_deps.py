"""`cassandra.cython_deps`: whether rows are read by compiled code, and whether numpy is there.

Programs and test suites ask before they use the handlers of `cassandra.protocol`.
"""

from __future__ import annotations

from cassandra._protocol.handler import HAVE_NUMPY

HAVE_CYTHON = True
"""Rows are read by compiled code, always: the engine's."""

__all__ = ["HAVE_CYTHON", "HAVE_NUMPY"]
