"""The cluster's methods about its schema: refreshing it, and classes for user-defined types."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from cassandra._cluster.options import patience as patience_of
from cassandra._connection.hub import Hub, finished
from cassandra._errors.driver import DriverException
from cassandra._metadata.identifiers import protect_name

log = logging.getLogger("cassandra.cluster")


class SchemaRefresh:
    """Mixed into `Cluster`."""

    metadata: Any
    sessions: Any
    max_schema_agreement_wait: Any
    schema_metadata_enabled: Any
    token_metadata_enabled: Any
    _user_types: dict[str, dict[str, type]]
    _hub: Hub | None

    def _connected_core(self) -> Any:
        raise NotImplementedError

    def _refresh_schema(
        self,
        what: str,
        wait: float | None,
        keyspace: str | None = None,
        kind: str | None = None,
        name: str | None = None,
    ) -> None:
        """Have a part of the schema read again, once the nodes agree on it."""
        failed = f"{what} metadata was not refreshed. See log for details."
        patience = self.max_schema_agreement_wait if wait is None else patience_of("max_schema_agreement_wait", wait)
        try:
            core = self._connected_core()
            if patience > 0 and not finished(self._hub, core.await_schema_agreement(float(patience))):
                log.warning("The nodes did not agree on the schema within %s seconds", patience)
                raise DriverException(failed)
            finished(self._hub, core.refresh_schema(keyspace, kind, name))
        except DriverException as error:
            log.warning("%s metadata was not refreshed: %s", what, error)
            raise DriverException(failed) from error
        self.metadata._renew_schema(keyspace, kind, name)

    def refresh_schema_metadata(self, max_schema_agreement_wait: float | None = None) -> None:
        """Have the whole schema read again. DriverException where that fails, or the nodes do not agree in time."""
        self._refresh_schema("Schema", max_schema_agreement_wait)

    def set_meta_refresh_enabled(self, enabled: bool) -> None:
        """Set `schema_metadata_enabled` and `token_metadata_enabled`, which are to be set instead."""
        warnings.warn(
            "Cluster.set_meta_refresh_enabled is deprecated and will be removed in 4.0. Set "
            "Cluster.schema_metadata_enabled and Cluster.token_metadata_enabled instead.",
            DeprecationWarning,
            stacklevel=2,
        )
        self.schema_metadata_enabled = enabled
        self.token_metadata_enabled = enabled

    def refresh_keyspace_metadata(self, keyspace: str, max_schema_agreement_wait: float | None = None) -> None:
        """Have a keyspace read again, and all that is in it."""
        self._refresh_schema("Keyspace", max_schema_agreement_wait, keyspace)

    def refresh_table_metadata(self, keyspace: str, table: str, max_schema_agreement_wait: float | None = None) -> None:
        """Have a table read again, with what is on it; or a materialized view."""
        self._refresh_schema("Table", max_schema_agreement_wait, keyspace, "tables", table)

    def refresh_materialized_view_metadata(
        self, keyspace: str, view: str, max_schema_agreement_wait: float | None = None
    ) -> None:
        """Have a materialized view read again."""
        self._refresh_schema("View", max_schema_agreement_wait, keyspace, "tables", view)

    def refresh_user_type_metadata(
        self, keyspace: str, user_type: str, max_schema_agreement_wait: float | None = None
    ) -> None:
        """Have a user-defined type read again."""
        self._refresh_schema("User Type", max_schema_agreement_wait, keyspace, "user_types", user_type)

    def refresh_user_function_metadata(
        self, keyspace: str, function: Any, max_schema_agreement_wait: float | None = None
    ) -> None:
        """Have a function read again; it is named by a `UserFunctionDescriptor`."""
        signature = getattr(function, "signature", function)
        self._refresh_schema("User Function", max_schema_agreement_wait, keyspace, "functions", signature)

    def refresh_user_aggregate_metadata(
        self, keyspace: str, aggregate: Any, max_schema_agreement_wait: float | None = None
    ) -> None:
        """Have an aggregate read again; it is named by a `UserAggregateDescriptor`."""
        signature = getattr(aggregate, "signature", aggregate)
        self._refresh_schema("User Aggregate", max_schema_agreement_wait, keyspace, "aggregates", signature)

    def refresh_nodes(self, force_token_rebuild: bool = False) -> None:
        """Have the hosts read again. DriverException where that fails."""
        try:
            finished(self._hub, self._connected_core().refresh())
        except DriverException as error:
            raise DriverException("Node list was not refreshed. See log for details.") from error

    def _schema_changed(self, change: Mapping[str, Any]) -> None:
        # The engine has read what has changed; whoever holds on to dicts of it is to see that.
        _followed = self.metadata.keyspaces

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
