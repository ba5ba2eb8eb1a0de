"""`Session`: runs statements, by the engine, as the profiles and the session's own settings say."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Any

from cassandra import concurrent
from cassandra._cluster import options
from cassandra._cluster.defaults import EXEC_PROFILE_DEFAULT, NOT_SET
from cassandra._cluster.legacy import LegacySettings
from cassandra._cluster.pools import PAUSE, HostConnectionPool, pool_states
from cassandra._cluster.preparing import prepared_core, prepared_statement
from cassandra._cluster.requests import Requests
from cassandra._cluster.response_future import ResponseFuture
from cassandra._cluster.result_set import ResultSet
from cassandra._cql.protocol_version import ProtocolVersion
from cassandra._errors.driver import DriverException, UnsupportedOperation
from cassandra._exported import exported_by
from cassandra._graph.requests import GraphRequests
from cassandra._protocol.handler import ProtocolHandler
from cassandra._query.prepared import PreparedStatement
from cassandra._query.rows import dict_factory
from cassandra._query.simple import SimpleStatement
from cassandra.encoder import Encoder

if TYPE_CHECKING:
    from cassandra._cluster.direct_run import DirectPlan
    from cassandra._native import SessionCore

log = logging.getLogger("cassandra.cluster")


def quoted(name: str) -> str:
    """A name as CQL, whatever characters it has."""
    return '"' + name.replace('"', '""') + '"'


@exported_by("cassandra.cluster")
class Session(Requests, GraphRequests, LegacySettings):
    """Runs statements on the hosts of a cluster. `Cluster.connect` makes it; it is safe to use from any thread."""

    cluster: Any = None
    """The cluster that it belongs to."""

    encoder: Encoder
    """Writes parameters of plain statements as CQL. Its `mapping` may be changed."""

    default_fetch_size: int | None = 5000
    """Rows in one page, for statements that do not say; None for no paging."""

    client_protocol_handler: Any = ProtocolHandler
    """Reads rows. While it is `ProtocolHandler`, the engine does."""

    use_client_timestamp = True
    """Whether writes carry a timestamp of this client's clock."""

    timestamp_generator: Callable[[], int] | None = None
    """Gives the timestamps."""

    max_trace_wait: float | None = 2.0
    """Seconds to wait for a trace to be written."""

    session_id: uuid.UUID
    """Names this session among others."""

    _core: SessionCore
    _protocol_version: int
    _execute_directly: Callable[[Session, PreparedStatement, Any], ResultSet | None]

    def __init__(self, cluster: Any, hosts: Any = None, keyspace: str | None = None) -> None:
        self.cluster = cluster
        self.encoder = Encoder()
        self.session_id = uuid.uuid4()
        self.timestamp_generator = cluster.timestamp_generator
        self._request_init_callbacks: list[tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]] = []
        # Only here: it is about sessions.
        from cassandra._cluster import direct_run

        self._execute_directly = direct_run.execute
        self._direct: dict[PreparedStatement, DirectPlan] = {}
        self._prepared_behind: dict[tuple[str, str | None], PreparedStatement] = {}
        self._core = cluster._session_core(keyspace)
        self._protocol_version = cluster.protocol_version

    # Where it stands

    @property
    def keyspace(self) -> str | None:
        """The keyspace for names without one."""
        return self._core.keyspace

    @property
    def hosts(self) -> set[Any]:
        """The hosts of the cluster."""
        return set(self.cluster.metadata.all_hosts())

    @property
    def user_type_deserializers(self) -> Mapping[str, Any]:
        """The classes that were registered for user-defined types, by keyspace and type."""
        found: Mapping[str, Any] = self.cluster._user_types
        return found

    @property
    def is_shutdown(self) -> bool:
        """Whether the session was shut down, by itself or with its cluster."""
        return self._core.is_shut_down

    def set_keyspace(self, keyspace: str) -> None:
        """Set the keyspace for names without one, whatever characters its name has."""
        if not isinstance(keyspace, str):
            raise TypeError(f"keyspace must be text, not {type(keyspace).__name__}")
        self.execute(f"USE {quoted(keyspace)}")

    def shutdown(self) -> None:
        """Close the session. It may be called again."""
        self._core.shut_down()

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()

    # Running statements

    def execute(
        self,
        query: Any,
        parameters: Any = None,
        timeout: float | None = NOT_SET,
        trace: bool = False,
        custom_payload: Mapping[str, bytes | None] | None = None,
        execution_profile: Any = EXEC_PROFILE_DEFAULT,
        paging_state: bytes | None = None,
        host: Any = None,
        execute_as: str | None = None,
    ) -> ResultSet:
        """Run a statement and wait for its result.

        `query` is text or a statement; `parameters` fill its placeholders: `%s` with a sequence and `%(name)s` with
        a mapping in text, `?` and `:name` in prepared statements and, prepared behind the scenes, in text. `timeout`
        is in seconds, by default the profile's; None waits for any time. `trace` has the servers record what they do.
        `host` sends it to one host and to no other.
        """
        # Where `execute_async` is not ours, or threads run greenlets, it is waited for as anybody waits for a future.
        is_ours = type(self).execute_async is EXECUTE_ASYNC and "execute_async" not in self.__dict__
        if is_ours and self.cluster._hub is None:
            if (
                type(query) is PreparedStatement
                and execution_profile is EXEC_PROFILE_DEFAULT
                and timeout is NOT_SET
                and not trace
                and custom_payload is None
                and paging_state is None
                and host is None
                and execute_as is None
                and (direct := self._execute_directly(self, query, parameters)) is not None
            ):
                return direct
            begin = self._begin_to_wait
        else:
            begin = self.execute_async
        future = begin(
            query, parameters, trace, custom_payload, timeout, execution_profile, paging_state, host, execute_as
        )
        result: ResultSet = future.result()
        return result

    def execute_async(
        self,
        query: Any,
        parameters: Any = None,
        trace: bool = False,
        custom_payload: Mapping[str, bytes | None] | None = None,
        timeout: float | None = NOT_SET,
        execution_profile: Any = EXEC_PROFILE_DEFAULT,
        paging_state: bytes | None = None,
        host: Any = None,
        execute_as: str | None = None,
    ) -> ResponseFuture:
        """Begin a statement and return its `ResponseFuture` at once. The parameters are those of `execute`."""
        future = self._future(
            query, parameters, trace, custom_payload, timeout, execution_profile, paging_state, host, execute_as
        )
        future.send_request()
        return future

    def _begin_to_wait(self, *arguments: Any) -> ResponseFuture:
        """The same, for a thread that asks for the result next."""
        future = self._future(*arguments)
        future.message.waits = True
        future.send_request()
        return future

    def _prepared_for(self, statement: SimpleStatement) -> PreparedStatement:
        """The prepared form of text with `?`, made once; the statement's own options go with it."""
        key = (statement.query_string, self.keyspace)
        known = self._prepared_behind.get(key)
        if known is None:
            if len(self._prepared_behind) >= 1000:
                self._prepared_behind.clear()
            known = self._prepared_behind[key] = self.prepare(statement.query_string)
        return with_options_of(statement, known)

    # Preparing

    def prepare(
        self, query: str, custom_payload: Mapping[str, bytes | None] | None = None, keyspace: str | None = None
    ) -> PreparedStatement:
        """Have a statement prepared, for repeated use with `?` or `:name` for its values. Keep what it returns.

        `keyspace` is the one to prepare in (native protocol 5); by default the session's. `custom_payload` is for the
        server's query handler; what that answers is the statement's `custom_payload`.
        """
        if not isinstance(query, str):
            raise TypeError(f"query must be text, not {type(query).__name__}")
        payload = None if custom_payload is None else dict(options.payload("custom_payload", custom_payload))
        if keyspace is not None and not ProtocolVersion.uses_keyspace_flag(self._protocol_version):
            raise UnsupportedOperation(
                "keyspace may only be set with native protocol 5 or higher; this cluster speaks "
                f"{self._protocol_version}"
            )
        core: Any = prepared_core(self, query, keyspace, payload)
        prepared = prepared_statement(self, core)
        prepared.custom_payload = core.custom_payload
        return prepared

    # Settings

    def get_execution_profile(self, name: Any) -> Any:
        """The profile of this name. ValueError where there is none."""
        profiles = self.cluster.profile_manager.profiles
        try:
            return profiles[name]
        except KeyError:
            known = ", ".join(f'"{other}"' if isinstance(other, str) else str(other) for other in profiles)
            raise ValueError(f'Invalid execution_profile: "{name}"; valid profiles are: {known}.') from None

    def _given_profile(self, execution_profile: Any) -> Any:
        if hasattr(execution_profile, "request_timeout"):
            return execution_profile
        return self.get_execution_profile(execution_profile)

    def execution_profile_clone_update(self, ep: Any, **kwargs: Any) -> Any:
        """A copy of a profile, given by name or itself, with attributes changed."""
        from copy import copy

        clone = copy(self._given_profile(ep))
        for name, value in kwargs.items():
            setattr(clone, name, value)
        return clone

    def add_request_init_listener(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Have `fn(response_future, *args, **kwargs)` called for each new request, before it is sent."""
        if not callable(fn):
            raise TypeError(f"fn must be callable, not {type(fn).__name__}")
        self._request_init_callbacks = [*self._request_init_callbacks, (fn, args, kwargs)]

    def remove_request_init_listener(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Take a listener out that was put in with the same arguments. ValueError where there is none."""
        left = list(self._request_init_callbacks)
        left.remove((fn, args, kwargs))
        self._request_init_callbacks = left

    def user_type_registered(self, keyspace: str, user_type: str, klass: type) -> None:
        """Have values of a class written as a user-defined type in plain statements. The cluster calls it.

        UserTypeDoesNotExist where the keyspace has no such type.
        """
        self.encoder.mapping[klass] = self.cluster._type_encoder(self.encoder, keyspace, user_type)

    # Many at once

    def execute_concurrent(self, statements_and_parameters: Any, *args: Any, **kwargs: Any) -> Any:
        """See `cassandra.concurrent.execute_concurrent`."""
        return concurrent.execute_concurrent(self, statements_and_parameters, *args, **kwargs)

    def execute_concurrent_with_args(self, statement: Any, parameters: Any, *args: Any, **kwargs: Any) -> Any:
        """See `cassandra.concurrent.execute_concurrent_with_args`."""
        return concurrent.execute_concurrent_with_args(self, statement, parameters, *args, **kwargs)

    def execute_concurrent_async(self, statements_and_parameters: Any, *args: Any, **kwargs: Any) -> Future[Any]:
        """See `cassandra.concurrent.execute_concurrent_async`."""
        future: Future[Any] = concurrent.execute_concurrent_async(self, statements_and_parameters, *args, **kwargs)
        return future

    # Views of the engine

    def get_pools(self) -> list[HostConnectionPool]:
        """The session's pools, one for each host that is connected to."""
        return list(self._pools.values())

    @property
    def _pools(self) -> dict[Any, HostConnectionPool]:
        distance = self.cluster.profile_manager.distance
        hosts = map(self.cluster._registry.get, self._core.connections())
        return {host: HostConnectionPool(host, distance(host), self) for host in hosts if host is not None}

    def get_pool_state(self) -> dict[Any, dict[str, Any]]:
        """For each host, whether its pool is shut down, how many connections are open, and what is under way."""
        return pool_states(self)

    def add_or_renew_pool(self, host: Any, is_host_addition: bool) -> Future[bool]:
        """Connect to a host if the load-balancing policies want it. The engine does so by itself."""
        self.update_created_pools()
        made: Future[bool] = Future()
        made.set_result(True)
        return made

    def update_created_pools(self) -> set[Future[bool]]:
        """Ask the load-balancing policies again how far hosts are, and connect to those that are not ignored.

        It is for policies that change their minds by themselves: what happens to hosts is asked about anyway. There is
        nothing to wait for: the engine connects by itself.
        """
        self.cluster._tell_distances()
        return set()

    def _wait_for_pools(self, patience: float | None) -> bool:
        """Wait until all hosts that are to be connected to are, or `patience` seconds have gone; whether they are."""
        until = None if patience is None else time.monotonic() + patience
        while not all(self._core.connections().values()):
            if until is not None and time.monotonic() >= until:
                return False
            time.sleep(PAUSE)
        return True

    def submit(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Run a function on one of the cluster's threads; its `Future`, or None after `shutdown`."""
        return None if self.is_shutdown else self.cluster.executor.submit(fn, *args, **kwargs)

    def _dict_rows(
        self, query: SimpleStatement, parameters: Sequence[Any], timeout: float | None
    ) -> Sequence[Mapping[str, Any]]:
        """Rows as dicts, whatever row factory is set: for what the package itself reads."""
        profile = self.execution_profile_clone_update(EXEC_PROFILE_DEFAULT, row_factory=dict_factory)
        statement, message = self._message(query, parameters, profile, False, None)
        self._plan(message, statement, profile, None)
        future = ResponseFuture(self, message, statement, timeout, None, dict_factory)
        future._is_internal = True
        future.send_request()
        rows: Sequence[Mapping[str, Any]] = future.result().current_rows
        return rows

    def __repr__(self) -> str:
        state = "shut down" if self.is_shutdown else f"keyspace={self.keyspace!r}"
        return f"<{type(self).__name__}: {state}>"


def with_options_of(statement: SimpleStatement, prepared: PreparedStatement) -> PreparedStatement:
    """The prepared statement with the options that were set on the plain one."""
    options = {name: value for name, value in statement.__dict__.items() if name in TAKEN}
    if not options:
        return prepared
    from copy import copy

    clone = copy(prepared)
    clone.__dict__.update(options)
    return clone


TAKEN = frozenset(
    (
        "retry_policy",
        "consistency_level",
        "_serial_consistency_level",
        "fetch_size",
        "custom_payload",
        "is_idempotent",
    )
)


def refuse_closed(session: Session) -> None:
    """DriverException after `shutdown`."""
    if session.is_shutdown:
        raise DriverException("Session is already shut down")


EXECUTE_ASYNC = Session.execute_async
