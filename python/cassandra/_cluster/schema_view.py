"""The schema as it was read last, and when to read it again."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from threading import RLock
from typing import Any

from cassandra._cluster.session import Session
from cassandra._metadata import read
from cassandra._metadata.keyspace import KeyspaceMetadata
from cassandra._query.simple import SimpleStatement

VERSION = "SELECT schema_version FROM system.local WHERE key = 'local'"


class SchemaView:
    """Reads the schema by statements, as a program could."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = cluster
        self._lock = RLock()
        self._keyspaces: dict[str, KeyspaceMetadata] = {}
        self._version: Any = None
        self._looked: float | None = None
        self._session: Session | None = None

    def forget(self) -> None:
        """Have the schema read at the next look, whatever the servers say of its version."""
        with self._lock:
            self._version = self._looked = None

    def keyspaces(self) -> dict[str, KeyspaceMetadata]:
        """The keyspaces. Where reading them fails, the error is raised, and those that were known stay known."""
        cluster = self._cluster
        if cluster._core is None or cluster.is_shutdown or not cluster.schema_metadata_enabled:
            return self._keyspaces
        with self._lock:
            patience = max(cluster.schema_event_refresh_window, 0)
            if self._looked is None or time.monotonic() - self._looked >= patience:
                self._look()
            return self._keyspaces

    def _look(self) -> None:
        version = self._ask(VERSION)[0]["schema_version"]
        if self._version is None or version != self._version:
            self._keyspaces = read.keyspaces(self._ask)
            self._version = version
        self._looked = time.monotonic()

    def _ask(self, query: str) -> Sequence[Mapping[str, Any]]:
        session = next((found for found in list(self._cluster.sessions) if not found.is_shutdown), None)
        if session is None:
            if self._session is None or self._session.is_shutdown:
                self._session = Session(self._cluster)
            session = self._session
        timeout = self._cluster.control_connection_timeout
        statement = SimpleStatement(query, fetch_size=None, is_idempotent=True)
        return session._dict_rows(statement, (), None if timeout is None else max(timeout, 10.0))
