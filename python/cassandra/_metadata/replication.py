"""Replication strategies: how many copies a keyspace has, and where."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from cassandra._exported import exported_by
from cassandra._metadata.placement import by_datacenter_and_rack, by_ring

REPLICATION_STRATEGY_CLASS_PREFIX: Final = "org.apache.cassandra.locator."

Replicas = dict[Any, Any]

log = logging.getLogger("cassandra.metadata")


@exported_by("cassandra.metadata")
class ReplicationFactor:
    """How many copies there are, and how many of them are transient: `3`, or `3/1`."""

    all_replicas: int = None  # type: ignore[assignment]
    full_replicas: int = None  # type: ignore[assignment]
    transient_replicas: int | None = None

    def __init__(self, all_replicas: int, transient_replicas: int | None = None) -> None:
        self.all_replicas = all_replicas
        self.transient_replicas = transient_replicas
        self.full_replicas = all_replicas - transient_replicas if transient_replicas else all_replicas

    @staticmethod
    def create(rf: Any) -> ReplicationFactor:
        """Of a number, or of text as the server writes it. ValueError for anything else."""
        given = str(rf)
        try:
            every, slash, transient = given.partition("/")
            return ReplicationFactor(int(every), int(transient) if slash else None)
        except ValueError:
            raise ValueError(f"Unable to determine replication factor from: {given}") from None

    def __str__(self) -> str:
        return f"{self.all_replicas}/{self.transient_replicas}" if self.transient_replicas else str(self.all_replicas)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ReplicationFactor) and (self.all_replicas, self.transient_replicas) == (
            other.all_replicas,
            other.transient_replicas,
        )

    __hash__ = None  # type: ignore[assignment]


def option_map(options: Mapping[str, Any]) -> str:
    """Options as a map literal of CQL."""

    def literal(value: Any) -> str:
        return "'" + str(value).replace("'", "''") + "'"

    return "{" + ", ".join(f"{literal(key)}: {literal(value)}" for key, value in options.items()) + "}"


@exported_by("cassandra.metadata")
class ReplicationStrategyTypeType(type):
    """The class of strategies: each is known by its name, and `create` finds it."""

    def __new__(cls, name: str, bases: tuple[type, ...], dct: dict[str, Any]) -> ReplicationStrategyTypeType:
        """Remember a strategy that is not private by its name."""
        dct.setdefault("name", name)
        made = super().__new__(cls, name, bases, dct)
        if not name.startswith("_"):
            STRATEGIES[name] = made
        return made


STRATEGIES: Final[dict[str, ReplicationStrategyTypeType]] = {}


@exported_by("cassandra.metadata")
class _ReplicationStrategy(metaclass=ReplicationStrategyTypeType):
    """What all strategies have. It is known as `ReplicationStrategy`."""

    name: str
    """The strategy's class, without its package."""

    options_map: Mapping[str, Any] | None = None
    """The options of a strategy that is not known here."""

    @classmethod
    def create(cls, strategy_class: str | None, options_map: Mapping[str, Any] | None) -> Any:
        """The strategy of a Java class; None where there is none, or its options cannot be read."""
        if not strategy_class:
            return None
        known = STRATEGIES.get(strategy_class.removeprefix(REPLICATION_STRATEGY_CLASS_PREFIX))
        make: Any = _UnknownStrategyBuilder(strategy_class) if known is None else known
        try:
            return make(options_map)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            log.warning("Failed creating %s with options %s: %s", strategy_class, options_map, error)
            return None

    def make_token_replica_map(self, token_to_host_owner: Mapping[Any, Any], ring: Sequence[Any]) -> Replicas:
        """The hosts of each token's partitions, by token."""
        raise NotImplementedError

    def export_for_schema(self) -> Any:
        """As CQL."""
        raise NotImplementedError


ReplicationStrategy = _ReplicationStrategy


@exported_by("cassandra.metadata")
class _UnknownStrategyBuilder:
    """Makes strategies of a name that is not known here."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, options_map: Mapping[str, Any] | None) -> _UnknownStrategy:
        return _UnknownStrategy(self.name, options_map)


@exported_by("cassandra.metadata")
class _UnknownStrategy(_ReplicationStrategy):
    """A strategy of which it is not known where it puts copies."""

    def __init__(self, name: str, options_map: Mapping[str, Any] | None) -> None:
        self.name = name
        self.options_map = {**(options_map or {}), "class": name}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _UnknownStrategy) and (self.name, self.options_map) == (other.name, other.options_map)

    __hash__ = None  # type: ignore[assignment]

    def export_for_schema(self) -> dict[str, str]:
        """The options and the class, as a dict: how the server spells them is not known."""
        return {str(key): str(value) for key, value in (self.options_map or {}).items()}

    def make_token_replica_map(self, token_to_host_owner: Mapping[Any, Any], ring: Sequence[Any]) -> Replicas:
        """Nothing: it is not known."""
        return {}


@exported_by("cassandra.metadata")
class SimpleStrategy(_ReplicationStrategy):
    """Copies on the next hosts on the ring, wherever they are."""

    replication_factor_info: ReplicationFactor = None  # type: ignore[assignment]

    def __init__(self, options_map: Mapping[str, Any]) -> None:
        self.replication_factor_info = ReplicationFactor.create(options_map["replication_factor"])

    @property
    def replication_factor(self) -> int:
        """How many full copies there are."""
        return self.replication_factor_info.full_replicas

    def make_token_replica_map(self, token_to_host_owner: Mapping[Any, Any], ring: Sequence[Any]) -> Replicas:
        """The hosts of each token's partitions, by token."""
        return by_ring(token_to_host_owner, ring, self.replication_factor)

    def export_for_schema(self) -> str:
        """As CQL."""
        return option_map({"class": "SimpleStrategy", "replication_factor": self.replication_factor_info})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SimpleStrategy) and self.replication_factor_info == other.replication_factor_info

    __hash__ = None  # type: ignore[assignment]


@exported_by("cassandra.metadata")
class NetworkTopologyStrategy(_ReplicationStrategy):
    """So many copies in each datacenter, in as many racks as there are."""

    dc_replication_factors_info: dict[str, ReplicationFactor] = None  # type: ignore[assignment]
    dc_replication_factors: dict[str, int] = None  # type: ignore[assignment]

    def __init__(self, dc_replication_factors: Mapping[str, Any]) -> None:
        infos = {str(dc): ReplicationFactor.create(factor) for dc, factor in dc_replication_factors.items()}
        self.dc_replication_factors_info = infos
        self.dc_replication_factors = {dc: info.full_replicas for dc, info in infos.items()}

    def make_token_replica_map(self, token_to_host_owner: Mapping[Any, Any], ring: Sequence[Any]) -> Replicas:
        """The hosts of each token's partitions, by token."""
        return by_datacenter_and_rack(token_to_host_owner, ring, self.dc_replication_factors)

    def export_for_schema(self) -> str:
        """As CQL."""
        factors = sorted(self.dc_replication_factors_info.items())
        return option_map({"class": "NetworkTopologyStrategy"} | dict(cast(Any, factors)))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, NetworkTopologyStrategy)
            and self.dc_replication_factors_info == other.dc_replication_factors_info
        )

    __hash__ = None  # type: ignore[assignment]


@exported_by("cassandra.metadata")
class LocalStrategy(_ReplicationStrategy):
    """Each node has rows of its own."""

    def __init__(self, options_map: Mapping[str, Any] | None = None) -> None:
        pass

    def make_token_replica_map(self, token_to_host_owner: Mapping[Any, Any], ring: Sequence[Any]) -> Replicas:
        """Nothing: any host is as good."""
        return {}

    def export_for_schema(self) -> str:
        """As CQL."""
        return option_map({"class": "LocalStrategy"})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LocalStrategy)

    __hash__ = None  # type: ignore[assignment]
