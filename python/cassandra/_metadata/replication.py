"""Replication strategies: how many copies a keyspace has, and where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cassandra._exported import exported_by
from cassandra._metadata.identifiers import protect_value


def option_map(options: Mapping[str, Any]) -> str:
    """Options as a map literal of CQL."""
    return "{" + ", ".join(f"{protect_value(key)}: {protect_value(value)}" for key, value in options.items()) + "}"


@exported_by("cassandra.metadata")
class ReplicationStrategy:
    """A strategy by its name and options. The engine finds replicas; here is only what the schema says."""

    name: str
    """The strategy's class, without its package."""

    options_map: Mapping[str, str]
    """The options, without the class."""

    def __init__(self, name: str, options_map: Mapping[str, str]) -> None:
        self.name = name
        self.options_map = dict(options_map)

    @classmethod
    def create(cls, strategy_class: str, options_map: Mapping[str, str]) -> ReplicationStrategy:
        """The strategy of a Java class."""
        options = {key: value for key, value in options_map.items() if key != "class"}
        return cls(strategy_class.rpartition(".")[2], options)

    @property
    def replication_factor(self) -> int | None:
        """The number of copies of `SimpleStrategy`; None for others."""
        factor = self.options_map.get("replication_factor") if self.name == "SimpleStrategy" else None
        return None if factor is None else int(factor.partition("/")[0])

    @property
    def dc_replication_factors(self) -> dict[str, int]:
        """The number of copies in each datacenter of `NetworkTopologyStrategy`; empty for others."""
        if self.name != "NetworkTopologyStrategy":
            return {}
        return {dc: int(factor.partition("/")[0]) for dc, factor in self.options_map.items()}

    def export_for_schema(self) -> str:
        """As CQL."""
        return option_map({"class": self.name, **self.options_map})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ReplicationStrategy) and (self.name, self.options_map) == (
            other.name,
            other.options_map,
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<ReplicationStrategy {self.export_for_schema()}>"
