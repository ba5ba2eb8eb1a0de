"""How a session makes a request: of a statement, its values, and the settings of its profile."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from cassandra._cluster import engine_policies, options
from cassandra._cluster.bind_markers import is_for_preparing
from cassandra._cluster.defaults import NOT_SET, ConfigMode
from cassandra._cluster.message import BatchMessage, ExecuteMessage, Message, QueryMessage
from cassandra._cluster.on_hub import AskedRetry
from cassandra._cluster.preparing import core_of
from cassandra._cluster.response_future import ResponseFuture
from cassandra._cql.consistency_level import ConsistencyLevel
from cassandra._errors.driver import UnsupportedOperation
from cassandra._query.batch import BatchStatement
from cassandra._query.bound import BoundStatement
from cassandra._query.placeholders import bind_params
from cassandra._query.prepared import PreparedStatement
from cassandra._query.simple import SimpleStatement
from cassandra._query.statement import Statement
from cassandra._query.unset import FETCH_SIZE_UNSET
from cassandra.encoder import Encoder

if TYPE_CHECKING:
    from cassandra._cluster.profile import ExecutionProfile


class Requests:
    """Mixed into `Session`."""

    cluster: Any
    encoder: Encoder
    default_fetch_size: int | None
    use_client_timestamp: bool
    timestamp_generator: Callable[[], int] | None
    _request_init_callbacks: list[tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]]

    # The session has these three of its own; here they only say what is relied on.

    @property
    def keyspace(self) -> str | None:
        """The keyspace for names without one."""
        raise NotImplementedError

    def _given_profile(self, execution_profile: Any) -> Any:
        raise NotImplementedError

    def _prepared_for(self, statement: SimpleStatement) -> PreparedStatement:
        raise NotImplementedError

    def _future(
        self,
        query: Any,
        parameters: Any,
        trace: bool,
        custom_payload: Mapping[str, bytes | None] | None,
        timeout: float | None,
        execution_profile: Any,
        paging_state: bytes | None,
        host: Any,
        execute_as: str | None,
    ) -> ResponseFuture:
        """The future of a statement, which is still to be sent."""
        if execute_as is not None:
            raise UnsupportedOperation("execute_as is an extension of DataStax Enterprise")
        profile = self.cluster.profile_manager.profiles.get(execution_profile)
        if profile is None:
            if self.cluster._config_mode == ConfigMode.LEGACY:
                raise ValueError("Cannot specify execution_profile while using legacy parameters.")
            profile = self._given_profile(execution_profile)
        if timeout is NOT_SET:
            timeout = profile.request_timeout
        elif timeout is not None:
            options.timeout("timeout", timeout)
        statement, message = self._message(query, parameters, profile, trace, custom_payload)
        if paging_state is not None:
            message.paging_state = options.octets("paging_state", paging_state)
        self._plan(message, statement, profile, host)
        prepared = statement.prepared_statement if isinstance(statement, BoundStatement) else None
        future = ResponseFuture(self, message, statement, timeout, prepared, profile.row_factory, host)
        if self._request_init_callbacks:
            for fn, args, kwargs in list(self._request_init_callbacks):
                fn(future, *args, **kwargs)
        return future

    def _message(
        self,
        query: Any,
        parameters: Any,
        profile: ExecutionProfile,
        trace: bool,
        custom_payload: Mapping[str, bytes | None] | None,
    ) -> tuple[Any, Message]:
        """The statement with its values, and the request for it."""
        if isinstance(query, str):
            query = SimpleStatement(query)
        if isinstance(query, SimpleStatement):
            text = query.query_string
            if parameters and is_for_preparing(text):
                query = self._prepared_for(query).bind(parameters)
            elif parameters:
                text = bind_params(text, parameters, self.encoder)
        elif isinstance(query, PreparedStatement):
            # An empty mapping may have values all the same: a `defaultdict` has.
            query = query.bind(parameters if parameters or isinstance(parameters, Mapping) else ())
        if isinstance(query, SimpleStatement):
            asked: Message = QueryMessage(*self._common(query, profile, trace, custom_payload))
            asked.query = text  # type: ignore[attr-defined]
        elif isinstance(query, BoundStatement):
            if parameters and query._given is not parameters and query._given is None:
                query.bind(parameters)
            asked = self._execute_message(query, profile, trace, custom_payload)
        elif isinstance(query, BatchStatement):
            asked = self._batch_message(query, profile, trace, custom_payload)
        else:
            raise TypeError(f"a session runs text and statements, not {type(query).__name__}")
        return query, asked

    def _timestamps(self) -> Callable[[], int] | None:
        """What gives the timestamps of writes; None where the servers do."""
        return self.timestamp_generator if self.use_client_timestamp else None

    def _common(
        self,
        statement: Statement,
        profile: ExecutionProfile,
        trace: bool,
        custom_payload: Mapping[str, bytes | None] | None,
        is_stamped: bool = True,
    ) -> tuple[Any, ...]:
        level = statement.consistency_level
        if level is None:
            level = profile.consistency_level
        if level not in ConsistencyLevel.value_to_name:
            options.consistency("consistency_level", level)
        serial = statement.serial_consistency_level
        size = statement.fetch_size
        if size is FETCH_SIZE_UNSET:
            size = self.default_fetch_size
        keyspace = statement.keyspace
        if keyspace is not None and type(keyspace) is not str:
            options.text("keyspace", keyspace)
        generator = self._timestamps() if is_stamped else None
        payload: Mapping[str, bytes | None] | None = None
        if statement.custom_payload:
            payload = options.payload("custom_payload", statement.custom_payload)
        if custom_payload is not None:
            payload = {**(payload or {}), **options.payload("custom_payload", custom_payload)}
        return (
            level,
            profile.serial_consistency_level if serial is None else serial,
            None if size is None else options.fetch_size("fetch_size", size),
            None if generator is None else generator(),
            keyspace,
            payload,
            bool(trace),
            statement._said_idempotent(),
        )

    def _execute_message(
        self,
        bound: BoundStatement,
        profile: ExecutionProfile,
        trace: bool,
        custom_payload: Mapping[str, bytes | None] | None,
        is_stamped: bool = True,
    ) -> Message:
        message = ExecuteMessage(*self._common(bound, profile, trace, custom_payload, is_stamped))
        message.keyspace = None
        message.prepared = core_of(self, bound.prepared_statement)
        message.query_params = bound.values if bound._bound is None else bound._bound
        message.routing_key = bound._routing_key
        return message

    def _batch_message(
        self,
        batch: BatchStatement,
        profile: ExecutionProfile,
        trace: bool,
        custom_payload: Mapping[str, bytes | None] | None,
    ) -> Message:
        message = BatchMessage(*self._common(batch, profile, trace, custom_payload))
        message.fetch_size = None
        message.batch_type = batch.batch_type
        queries: list[tuple[Any, Any]] = []
        for is_prepared, text_or_id, values in batch._statements_and_parameters:
            prepared = batch._prepared_of(self.cluster, text_or_id) if is_prepared else None
            queries.append((text_or_id if prepared is None else core_of(self, prepared), values))
        message.queries = queries
        message.routing_key = batch.routing_key
        return message

    def _plan(self, message: Message, statement: Any, profile: ExecutionProfile, host: Any) -> None:
        """Put in what the policies of this program, and not the engine's own, decide."""
        message.statement = statement
        if message.routing_key is None and not isinstance(statement, BoundStatement):
            message.routing_key = statement.routing_key
        retry = engine_policies.retry(statement.retry_policy or profile.retry_policy)
        if retry != self.cluster._engine_retry:
            hub = self.cluster._hub
            message.retry_policy = retry if hub is None or isinstance(retry, tuple) else AskedRetry(hub, retry)
        if host is not None:
            message.plan = [self._targeted(host)]
        elif not self._is_engine_planned(profile) or hasattr(statement, "target_host"):
            working_keyspace = statement.keyspace or self.keyspace
            plan = profile.load_balancing_policy.make_query_plan(working_keyspace, statement)
            message.plan = engine_policies.drawn(plan, len(self.cluster._registry.by_id))
        else:
            message.policy = self._engine_name(profile)
        speculative = profile.speculative_execution_policy
        if statement.is_idempotent and speculative is not None:
            message.speculation = engine_policies.speculation(speculative, self.keyspace, statement, None)

    def _is_engine_planned(self, profile: ExecutionProfile) -> bool:
        """Whether the engine's own plan is the one that the profile's policy would make."""
        policy = profile.load_balancing_policy
        if policy is self.cluster._engine_policy:
            return engine_policies.plans_as_made(policy)
        plans = self.cluster._engine_plans
        return bool(plans) and engine_policies.load_balancing(policy) in plans

    def _engine_name(self, profile: ExecutionProfile) -> str | None:
        """By which name the engine knows the policy of a profile that it plans for; None for the default profile's."""
        names = self.cluster._engine_names
        return None if names is None else names.of(profile.load_balancing_policy)

    def _targeted(self, host: Any) -> Any:
        found = self.cluster.metadata.get_host(host)
        if found is None:
            raise ValueError(f"the cluster has no host {host}")
        return found.host_id
