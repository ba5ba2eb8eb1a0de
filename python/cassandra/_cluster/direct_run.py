"""`Session.execute` of a prepared statement by the engine: bound, sent, waited for and made a result of in one call.

It is the same to a program only where nobody has put anything of their own in between, and where nothing has changed
that an execution depends on. Both are looked at each time, with as few looks as will do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from cassandra import timestamps
from cassandra._cluster import engine_policies
from cassandra._cluster.concurrent_run import (
    CLOCK,
    GENERATORS_METHODS,
    GENERATORS_OWN,
    run_for,
)
from cassandra._cluster.defaults import EXEC_PROFILE_DEFAULT
from cassandra._cluster.ended import EndedResultSet, Run, call_itself_a_result_set
from cassandra._cluster.failure import with_hosts
from cassandra._cluster.preparing import core_of
from cassandra._cluster.profile import ExecutionProfile
from cassandra._cluster.response_future import ResponseFuture
from cassandra._query.bound import BoundStatement
from cassandra._query.prepared import PreparedStatement
from cassandra.timestamps import MonotonicTimestampGenerator

if TYPE_CHECKING:
    from cassandra._cluster.ended import Levels
    from cassandra._cluster.result_set import ResultSet
    from cassandra._cluster.session import Session
    from cassandra._native import DirectCore

MOST: Final = 256
"""For so many statements is it kept how they are run."""

LOOK_AGAIN: Final = 64
"""After so many executions is it looked whether the engine can run a statement by now that it could not."""

RESULT: Final = ResponseFuture.result
SEND: Final = ResponseFuture.send_request
BIND: Final = PreparedStatement.bind
BIND_VALUES: Final = BoundStatement.bind
CALL, NEXT, WARN = (method for _, method in GENERATORS_METHODS)


class DirectPlan:
    """How a prepared statement is run, and what that depends on as it was then.

    It knows nothing of its session, which keeps it: a session ends when the program lets it go.
    """

    template: BoundStatement
    levels: Levels
    timeout: Any

    core: DirectCore | None = None
    """The engine's part; None where the engine cannot run it by itself."""

    _held = 0

    def __init__(self, session: Session, prepared: PreparedStatement, profile: Any) -> None:
        self.prepared = prepared
        self.profile = profile
        self.row_factory = profile.row_factory
        self._methods: tuple[Any, ...] = ()
        self._policies: tuple[Any, ...] = ()
        self._retry = prepared.retry_policy or profile.retry_policy
        # What a payload has in it may change without a trace, and so may what another class of profiles says.
        is_plain = prepared.custom_payload is None and type(profile) is ExecutionProfile
        if is_plain:
            # The statement keeps both itself, which is no change of it.
            core_of(session, prepared)
            prepared._binding()
        # Before they are looked at: what another thread changes meanwhile is seen to have changed.
        self._profile_was, self._prepared_was = dict(profile.__dict__), dict(prepared.__dict__)
        self._protocol_handler = session.client_protocol_handler
        self._fetch_size = session.default_fetch_size
        self._is_stamped = session.use_client_timestamp
        self._generator = session.timestamp_generator
        run = run_for(session, prepared, None, tuple) if is_plain else None
        if run is not None:
            self.template, self.levels, self.timeout = run.template, run.levels, run.timeout
            self._methods = engine_policies.methods_of(profile.speculative_execution_policy)
            self._methods += engine_policies.methods_of(self._retry)
            self._policies = tuple(engine_policies.chain(profile.load_balancing_policy))
            for policy in self._policies:
                self._methods += engine_policies.methods_of(policy)
            message = run.message_for(None)
            self.core = session._core.direct(message.prepared, prepared._binding()._binder, message.options())

    def holds(self, session: Session, profile: Any) -> bool:
        """Whether nothing has changed that it depends on."""
        if self.core is None:
            # What stood in the way may be gone without a trace: a patch that was taken back, a policy of another kind.
            self._held += 1
            if self._held >= LOOK_AGAIN:
                return False
        prepared = self.prepared
        if not (
            profile is self.profile
            and profile.__dict__ == self._profile_was
            and prepared.__dict__ == self._prepared_was
            and session.client_protocol_handler is self._protocol_handler
            and session.default_fetch_size == self._fetch_size
            and session.use_client_timestamp is self._is_stamped
            and session.timestamp_generator is self._generator
        ):
            return False
        if self.core is not None and self._retry.__dict__:
            return False
        for kind, name, method in self._methods:
            if getattr(kind, name, None) is not method:
                return False
        for policy in self._policies:
            own = policy.__dict__
            if "make_query_plan" in own or "distance" in own:
                return False
        return True

    def execute(self, session: Session, parameters: Any) -> ResultSet | None:
        """The result of one execution; None where the engine cannot, by now, and nothing was done."""
        core = self.core
        if core is None:
            return None
        generator = self._generator if self._is_stamped else None
        # What `is_as_made` says, without a call.
        is_ours = (
            type(generator) is MonotonicTimestampGenerator
            and generator.__dict__.keys() <= GENERATORS_OWN
            and MonotonicTimestampGenerator.__call__ is CALL
            and MonotonicTimestampGenerator._next_timestamp is NEXT
            and MonotonicTimestampGenerator._maybe_warn is WARN
            and timestamps.time.time is CLOCK  # type: ignore[attr-defined]
        )
        user_types = session.cluster._user_types or None
        origin = (session, self)
        # An empty mapping may have values all the same: a `defaultdict` has.
        values = parameters if parameters or isinstance(parameters, Mapping) else ()
        try:
            result: ResultSet | None = core.execute(
                origin, values, generator, is_ours, DirectResultSet, self.row_factory, user_types
            )
            return result
        except Exception as error:
            known = with_hosts(error, session.cluster)
            if known is error:
                raise
            raise known from None


def execute(session: Session, prepared: PreparedStatement, parameters: Any) -> ResultSet | None:
    """What `Session.execute` gives with no other argument; None where it must be run in the general way."""
    cluster, plans = session.cluster, session._direct
    if session._request_init_callbacks or cluster.metrics is not None:
        return None
    if cluster.column_encryption_policy is not None:
        return None
    # The result keeps them, and the program may change its own.
    if type(parameters) is list:
        parameters = tuple(parameters)
    elif type(parameters) is dict:
        parameters = dict(parameters)
    if ResponseFuture.result is not RESULT or ResponseFuture.send_request is not SEND:
        return None
    if PreparedStatement.bind is not BIND or BoundStatement.bind is not BIND_VALUES:
        return None
    profile = cluster.profile_manager.profiles[EXEC_PROFILE_DEFAULT]
    plan = plans.get(prepared)
    if plan is None or not plan.holds(session, profile):
        if len(plans) >= MOST:
            plans.clear()
        plan = plans[prepared] = DirectPlan(session, prepared, profile)
    return plan.execute(session, parameters)


class DirectRun(Run):
    """The one execution of a result, for what the result is asked for beside its rows."""

    def __init__(self, session: Session, plan: DirectPlan) -> None:
        self.session = session
        self.prepared = plan.prepared
        self.template = plan.template
        self.levels = plan.levels
        self.row_factory = plan.row_factory
        self.timeout = plan.timeout


class DirectResultSet(EndedResultSet):
    """A result of `Session.execute` that the engine has made."""

    __slots__ = ()

    @staticmethod
    def _run_of(run: Any) -> Run:
        return DirectRun(*run)


call_itself_a_result_set(DirectResultSet)
