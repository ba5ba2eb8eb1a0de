"""`execute_concurrent_with_args` by the engine: one prepared statement with many values.

The engine binds, sends and waits in one loop, and makes the results. That is the same to a program
only where the session is ours unchanged and nobody listens to its requests; else the general way of
`cassandra.concurrent` is taken.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any, Final

from cassandra import timestamps
from cassandra._cluster import engine_policies
from cassandra._cluster.defaults import EXEC_PROFILE_DEFAULT
from cassandra._cluster.ended import EndedResultSet, Levels, Run, VoidResultSet
from cassandra._cluster.failure import with_hosts
from cassandra._cluster.preparing import core_of
from cassandra._cluster.session import EXECUTE_ASYNC, Session
from cassandra._protocol.handler import ProtocolHandler
from cassandra._query.bound import BoundStatement
from cassandra._query.prepared import PreparedStatement
from cassandra.timestamps import MonotonicTimestampGenerator


class ConcurrentRun(Run):
    """One call."""

    def __init__(self, session: Session, prepared: PreparedStatement, profile: Any, made: type[Any]) -> None:
        self.session = session
        self.prepared = prepared
        self.template = BoundStatement(prepared)
        name = session._engine_name(profile)
        self.levels = Levels(profile.consistency_level, profile.serial_consistency_level, name)
        self.row_factory = profile.row_factory
        self.timeout = profile.request_timeout
        self._made = made

    def execute(self, parameters: Iterable[Any], concurrency: int, raise_on_first_error: bool) -> list[Any]:
        """Run them all; an instance of `made` for each, in order."""
        session = self.session
        message = self.message_for(None)
        user_types = session.cluster._user_types or None
        try:
            return session._core.execute_concurrent(  # type: ignore[no-any-return]
                message.prepared,
                self.prepared._binding()._binder,
                parameters,
                concurrency,
                raise_on_first_error,
                self._timestamps(),
                bool(self.prepared.result_metadata),
                message.options(),
                (self._made, VoidResultSet, EndedResultSet, self, self.row_factory, user_types),
            )
        except Exception as error:
            known = with_hosts(error, session.cluster)
            if known is error:
                raise
            raise known from None

    def _timestamps(self) -> tuple[Any, bool] | None:
        generator = self.session._timestamps()
        return None if generator is None else (generator, is_as_made(generator))

    def failure(self, error: BaseException) -> BaseException:
        """An error of the engine as a program expects it."""
        return with_hosts(error, self.session.cluster)


def is_as_made(generator: Any) -> bool:
    """Whether timestamps come from our generator, in which nobody has changed anything, nor its clock."""
    return (
        type(generator) is MonotonicTimestampGenerator
        and generator.__dict__.keys() <= GENERATORS_OWN
        and all(getattr(MonotonicTimestampGenerator, name) is method for name, method in GENERATORS_METHODS)
        and timestamps.time.time is CLOCK  # type: ignore[attr-defined]
    )


CLOCK: Final = time.time
GENERATORS_OWN: Final = MonotonicTimestampGenerator().__dict__.keys()
GENERATORS_METHODS: Final = tuple(
    (name, getattr(MonotonicTimestampGenerator, name)) for name in ("__call__", "_next_timestamp", "_maybe_warn")
)


def run_for(session: Any, statement: Any, execution_profile: Any, made: type[Any]) -> ConcurrentRun | None:
    """How the engine can run this; None where the general way is to be taken."""
    if not isinstance(session, Session) or type(statement) is not PreparedStatement:
        return None
    if session.client_protocol_handler is not ProtocolHandler:
        return None
    is_ours = type(session).execute_async is EXECUTE_ASYNC and "execute_async" not in session.__dict__
    if session.cluster._hub is not None:
        # The engine's loop blocks the thread.
        return None
    is_watched = session._request_init_callbacks or session.cluster.metrics is not None
    is_encrypted = statement.column_encryption_policy or session.cluster.column_encryption_policy
    if not is_ours or is_watched or is_encrypted:
        return None
    profile = session._given_profile(EXEC_PROFILE_DEFAULT if execution_profile is None else execution_profile)
    retry = engine_policies.retry(statement.retry_policy or profile.retry_policy)
    if retry != session.cluster._engine_retry or not session._is_engine_planned(profile):
        return None
    if statement.is_idempotent and not engine_policies.never_speculates(profile.speculative_execution_policy):
        # The policy is asked for each request, with its values.
        return None
    core_of(session, statement)
    return ConcurrentRun(session, statement, profile, made)
