"""`WriteType`: what kind of write timed out or failed; the strings of the native protocol, section 9, as integers."""

from __future__ import annotations

from typing import Final

from cassandra._exported import exported_by


@exported_by("cassandra")
class WriteType:
    """What a server was doing when a write timed out or failed. A retry policy decides by it."""

    SIMPLE: Final = 0
    """One partition, neither batch nor counter: it either happened as a whole or not at all on each replica."""

    BATCH: Final = 1
    """A logged batch whose log was written: the server will finish it."""

    UNLOGGED_BATCH: Final = 2
    """A batch without a log: parts of it may have happened."""

    COUNTER: Final = 3
    """A counter update: sending it again may count twice."""

    BATCH_LOG: Final = 4
    """The log of a batch, written before the batch itself."""

    CAS: Final = 5
    """The commit of a lightweight transaction."""

    VIEW: Final = 6
    """The lock that an update of a materialized view needs."""

    CDC: Final = 7
    """Change-data capture is full."""

    name_to_value: Final[dict[str, int]] = {
        "SIMPLE": SIMPLE,
        "BATCH": BATCH,
        "UNLOGGED_BATCH": UNLOGGED_BATCH,
        "COUNTER": COUNTER,
        "BATCH_LOG": BATCH_LOG,
        "CAS": CAS,
        "VIEW": VIEW,
        "CDC": CDC,
    }

    value_to_name: Final[dict[int, str]] = {value: name for name, value in name_to_value.items()}
