"""`Connection`: a session that models use, by its name, and how it is made."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from cassandra._exported import exported_by
from cassandra._locks import lock
from cassandra.cluster import Cluster, NoHostAvailable, _ConfigMode
from cassandra.cqlengine import CQLEngineException
from cassandra.query import dict_factory

log = logging.getLogger("cassandra.cqlengine.connection")


@exported_by("cassandra.cqlengine.connection")
class Connection:
    """A named session, and what is needed to make it."""

    name: Any = None
    hosts: Any = None
    consistency: Any = None
    retry_connect = False
    lazy_connect = False
    lazy_connect_lock: Any = None
    cluster_options: Any = None
    cluster: Any = None
    session: Any = None

    def __init__(
        self,
        name: Any,
        hosts: Any,
        consistency: int | None = None,
        lazy_connect: bool = False,
        retry_connect: bool = False,
        cluster_options: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.hosts = hosts
        self.consistency = consistency
        self.lazy_connect = lazy_connect
        self.retry_connect = retry_connect
        self.cluster_options = dict(cluster_options or {})
        self.lazy_connect_lock = lock()

    @classmethod
    def from_session(cls, name: Any, session: Any) -> Connection:
        """A connection of a session that is there already."""
        made = cls(name, session.hosts)
        made.cluster, made.session = session.cluster, session
        made.setup_session()
        return made

    def setup(self) -> None:
        """Connect, unless that is put off until the first use."""
        options = dict(self.cluster_options)
        if "username" in options or "password" in options:
            raise CQLEngineException("Username & Password are now handled by using the native driver's auth_provider")
        if self.lazy_connect:
            return
        if self.cluster is not None:
            # One that could not be reached before, and is tried again.
            self.cluster.shutdown()
        self.cluster = Cluster(self.hosts, **options) if self.hosts else Cluster(**options)
        try:
            self.session = self.cluster.connect()
        except NoHostAvailable:
            if self.retry_connect:
                log.warning("connect failed, setting up for re-attempt on first use")
                self.lazy_connect = True
            raise
        self.setup_session()

    def setup_session(self) -> None:
        """Have the session give rows and write values as models need them."""
        if self.cluster._config_mode == _ConfigMode.PROFILES:
            self.cluster.profile_manager.default.row_factory = dict_factory
            if self.consistency is not None:
                self.cluster.profile_manager.default.consistency_level = self.consistency
        else:
            self.session.row_factory = dict_factory
            if self.consistency is not None:
                self.session.default_consistency_level = self.consistency
        encoder = self.session.encoder
        encoder.mapping[tuple] = encoder.cql_encode_tuple
        from cassandra.cqlengine.connection import _register_known_types

        _register_known_types(self.session.cluster)

    def handle_lazy_connect(self) -> None:
        """Connect now, if that was put off; one thread does, and the others wait for it."""
        if not self.lazy_connect:
            return
        with self.lazy_connect_lock:
            if not self.lazy_connect:
                return
            log.debug("lazy connecting connection %s", self.name)
            self.lazy_connect = False
            try:
                self.setup()
            except BaseException:
                self.lazy_connect = True
                raise
