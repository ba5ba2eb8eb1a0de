"""`KeyspaceMetadata`: a keyspace with all that is in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cassandra._exported import exported_by
from cassandra._metadata.contents import RELATIONS, Contents
from cassandra._metadata.replication import ReplicationStrategy
from cassandra._metadata.warnings import incomplete
from cassandra._native import describe_keyspace, user_types_in_order, virtual_keyspace


@exported_by("cassandra.metadata")
class KeyspaceMetadata:
    """A keyspace. What is in it is made when it is looked at."""

    name: str = None  # type: ignore[assignment]
    durable_writes: bool | None = True
    replication_strategy: Any = None
    graph_engine: str | None = None
    virtual: bool = False
    _exc_info: Any = None

    def __init__(
        self,
        name: str,
        durable_writes: bool | None,
        strategy_class: str | None,
        strategy_options: Mapping[str, Any] | None,
        graph_engine: str | None = None,
        *,
        _contents: Contents | None = None,
    ) -> None:
        self.name = name
        self.durable_writes = durable_writes
        self.replication_strategy = ReplicationStrategy.create(strategy_class, strategy_options)
        self.graph_engine = graph_engine
        self._contents = Contents() if _contents is None else _contents

    @property
    def tables(self) -> dict[str, Any]:
        """The tables, by name."""
        self._contents.look(*RELATIONS)
        return self._contents.tables

    @tables.setter
    def tables(self, tables: dict[str, Any]) -> None:
        self._contents.tables = tables

    @property
    def views(self) -> dict[str, Any]:
        """The materialized views, by name."""
        self._contents.look(*RELATIONS)
        return self._contents.views

    @views.setter
    def views(self, views: dict[str, Any]) -> None:
        self._contents.views = views

    @property
    def indexes(self) -> dict[str, Any]:
        """The indexes of all tables, by name."""
        self._contents.look(*RELATIONS)
        return self._contents.indexes

    @indexes.setter
    def indexes(self, indexes: dict[str, Any]) -> None:
        self._contents.indexes = indexes

    @property
    def user_types(self) -> dict[str, Any]:
        """The user-defined types, by name."""
        self._contents.look("user_types")
        return self._contents.user_types

    @user_types.setter
    def user_types(self, user_types: dict[str, Any]) -> None:
        self._contents.user_types = user_types

    @property
    def functions(self) -> dict[str, Any]:
        """The user-defined functions, by signature: `plus(int,int)`."""
        self._contents.look("functions")
        return self._contents.functions

    @functions.setter
    def functions(self, functions: dict[str, Any]) -> None:
        self._contents.functions = functions

    @property
    def aggregates(self) -> dict[str, Any]:
        """The user-defined aggregates, by signature."""
        self._contents.look("aggregates")
        return self._contents.aggregates

    @aggregates.setter
    def aggregates(self, aggregates: dict[str, Any]) -> None:
        self._contents.aggregates = aggregates

    @property
    def is_graph_enabled(self) -> bool:
        """Whether it is a graph of DataStax Enterprise."""
        return self.graph_engine is not None

    def as_cql_query(self) -> str:
        """The statement that makes it, without what is in it, and without the semicolon."""
        if self.virtual:
            return describe_keyspace(self.name, True, True, {})
        strategy = self.replication_strategy
        replication = {"class": strategy.name} | options_of(strategy)
        text = describe_keyspace(self.name, bool(self.durable_writes), False, replication)
        return text if self.graph_engine is None else f"{text} AND graph_engine = '{self.graph_engine}'"

    def user_type_strings(self) -> list[str]:
        """The statements that make its types, each behind those that it is made of."""
        return [self.user_types[name].export_as_string() for name in user_types_in_order(self.user_types)]

    def resolve_user_types(self, key: str, user_types: dict[str, Any], user_type_strings: list[str]) -> None:
        """Add the statement that makes the type `key`, behind those of the types that it is made of, taking all of them
        out of `user_types`."""
        needed = {key: user_types[key]}
        for name in reversed(user_types_in_order(user_types)):
            others = [*needed.values()]
            if name not in needed and any(name in str(kind) for made in others for kind in made.field_types):
                needed[name] = user_types[name]
        for name in user_types_in_order(needed):
            user_type_strings.append(user_types.pop(name).export_as_string())

    def _all_as_cql(self) -> str:
        parts = [self.as_cql_query() + ";", *self.user_type_strings()]
        for kind in (self.functions, self.aggregates, self.tables):
            parts += [made.export_as_string() for made in kind.values()]
        return "\n\n".join(parts)

    def export_as_string(self) -> str:
        """The statements that make it and what is in it, in an order in which a server takes them."""
        if self._exc_info:
            return incomplete("Keyspace", self.name, self._exc_info, self._all_as_cql())
        if self.virtual:
            return virtual_keyspace(self.name, self._all_as_cql())
        return self._all_as_cql()

    def __repr__(self) -> str:
        return f"<KeyspaceMetadata {self.name}>"


def options_of(strategy: Any) -> dict[str, str]:
    """The options of a strategy as the server has them, without the class."""
    if strategy.options_map is not None:
        return {str(key): str(value) for key, value in strategy.options_map.items() if key != "class"}
    factors = getattr(strategy, "dc_replication_factors_info", None)
    if factors is not None:
        return {name: str(factor) for name, factor in factors.items()}
    factor = getattr(strategy, "replication_factor_info", None)
    return {} if factor is None else {"replication_factor": str(factor)}
