"""The cluster's methods about its schema: refreshing it, and classes for user-defined types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cassandra._connection.hub import Hub, finished
from cassandra._errors.driver import DriverException
from cassandra._metadata.identifiers import protect_name


class SchemaRefresh:
    """Mixed into `Cluster`."""

    metadata: Any
    sessions: Any
    max_schema_agreement_wait: Any
    _user_types: dict[str, dict[str, type]]
    _hub: Hub | None

    def _connected_core(self) -> Any:
        raise NotImplementedError

    def _refresh_schema(self, max_schema_agreement_wait: float | None) -> None:
        try:
            core = self._connected_core()
        except DriverException as error:
            raise DriverException("Schema metadata was not refreshed. See log for details.") from error
        wait = self.max_schema_agreement_wait if max_schema_agreement_wait is None else max_schema_agreement_wait
        if wait and not finished(self._hub, core.await_schema_agreement(float(wait))):
            raise DriverException("Schema metadata was not refreshed: the nodes did not agree on the schema in time.")
        self.metadata._forget_schema()

    def refresh_schema_metadata(self, max_schema_agreement_wait: float | None = None) -> None:
        """Have the whole schema read again. DriverException where the nodes do not agree on it in time."""
        self._refresh_schema(max_schema_agreement_wait)

    def refresh_keyspace_metadata(self, keyspace: str, max_schema_agreement_wait: float | None = None) -> None:
        """Have a keyspace read again."""
        self._refresh_schema(max_schema_agreement_wait)

    def refresh_table_metadata(self, keyspace: str, table: str, max_schema_agreement_wait: float | None = None) -> None:
        """Have a table read again."""
        self._refresh_schema(max_schema_agreement_wait)

    def refresh_materialized_view_metadata(
        self, keyspace: str, view: str, max_schema_agreement_wait: float | None = None
    ) -> None:
        """Have a materialized view read again."""
        self._refresh_schema(max_schema_agreement_wait)

    def refresh_user_type_metadata(
        self, keyspace: str, user_type: str, max_schema_agreement_wait: float | None = None
    ) -> None:
        """Have a user-defined type read again."""
        self._refresh_schema(max_schema_agreement_wait)

    def refresh_user_function_metadata(
        self, keyspace: str, function: Any, max_schema_agreement_wait: float | None = None
    ) -> None:
        """Have a function read again."""
        self._refresh_schema(max_schema_agreement_wait)

    def refresh_user_aggregate_metadata(
        self, keyspace: str, aggregate: Any, max_schema_agreement_wait: float | None = None
    ) -> None:
        """Have an aggregate read again."""
        self._refresh_schema(max_schema_agreement_wait)

    def refresh_nodes(self, force_token_rebuild: bool = False) -> None:
        """Have the hosts read again. DriverException where that fails."""
        try:
            finished(self._hub, self._connected_core().refresh())
        except DriverException as error:
            raise DriverException("Node list was not refreshed. See log for details.") from error

    def _schema_changed(self, change: Mapping[str, Any]) -> None:
        self.metadata._forget_schema()

    def register_user_type(self, keyspace: str, user_type: str, klass: type) -> None:
        """Have values of a user-defined type read as `klass(**fields)`, and objects of that class written as it.

        It may come before `connect`. UserTypeDoesNotExist where the keyspace has no such type.
        """
        if not callable(klass):
            raise TypeError(f"klass must be a class, not {type(klass).__name__}")
        self.metadata._type_fields(keyspace, user_type)
        for session in list(self.sessions):
            session.user_type_registered(keyspace, user_type, klass)
        # Never changed in place: what was made for the classes that were registered so far is told by it.
        types = {**self._user_types.get(keyspace, {}), user_type: klass}
        self._user_types = {**self._user_types, keyspace: types}

    def _register_user_types(self, session: Any) -> None:
        """Make the classes that were registered before known to a new session."""
        for keyspace, types in self._user_types.items():
            for name, klass in types.items():
                session.user_type_registered(keyspace, name, klass)

    def _type_encoder(self, encoder: Any, keyspace: str, user_type: str) -> Callable[[Any], str]:
        fields: list[str] = self.metadata._type_fields(keyspace, user_type)

        def encode(value: Any) -> str:
            encoded = encoder.cql_encode_all_types
            written = (f"{protect_name(field)} : {encoded(getattr(value, field, None))}" for field in fields)
            return "{" + ", ".join(written) + "}"

        return encode
