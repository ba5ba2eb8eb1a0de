"""`ConsistencyLevel`: the `[consistency]` notation of the native protocol, section 3, as plain integers."""

from __future__ import annotations

from typing import Final

from cassandra._exported import exported_by


@exported_by("cassandra")
class ConsistencyLevel:
    """How many replicas must answer before a request counts as done."""

    ANY: Final = 0
    """Any node, a hint included, is enough for a write."""

    ONE: Final = 1
    """One replica."""

    TWO: Final = 2
    """Two replicas."""

    THREE: Final = 3
    """Three replicas."""

    QUORUM: Final = 4
    """A majority of all replicas."""

    ALL: Final = 5
    """Every replica."""

    LOCAL_QUORUM: Final = 6
    """A majority of the replicas in the coordinator's datacenter."""

    EACH_QUORUM: Final = 7
    """A majority of the replicas in each datacenter."""

    SERIAL: Final = 8
    """For the condition of a lightweight transaction: agreement across all datacenters."""

    LOCAL_SERIAL: Final = 9
    """For the condition of a lightweight transaction: agreement within the coordinator's datacenter."""

    LOCAL_ONE: Final = 10
    """One replica in the coordinator's datacenter."""

    name_to_value: Final[dict[str, int]] = {
        "ANY": ANY,
        "ONE": ONE,
        "TWO": TWO,
        "THREE": THREE,
        "QUORUM": QUORUM,
        "ALL": ALL,
        "LOCAL_QUORUM": LOCAL_QUORUM,
        "EACH_QUORUM": EACH_QUORUM,
        "SERIAL": SERIAL,
        "LOCAL_SERIAL": LOCAL_SERIAL,
        "LOCAL_ONE": LOCAL_ONE,
    }

    value_to_name: Final[dict[int, str]] = {value: name for name, value in name_to_value.items()}

    @staticmethod
    def is_serial(cl: int | None) -> bool:
        """Whether `cl` may only stand as a serial consistency level."""
        return cl in (ConsistencyLevel.SERIAL, ConsistencyLevel.LOCAL_SERIAL)


@exported_by("cassandra")
def consistency_value_to_name(value: int | None) -> str:
    """The name of a level; `Not Set` for None, and the bare number for a level that this package does not know.

    It never raises, since it writes error messages: a level from a newer server must not hide the error.
    """
    if value is None:
        return "Not Set"
    return ConsistencyLevel.value_to_name.get(value, str(value))
