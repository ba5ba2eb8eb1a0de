"""What the engine tells of itself, in the loggers where cassandra-driver tells the like.

The engine makes records on a thread of its own, and only those that somebody wants when a cluster connects.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from cassandra._native import least_log_level, write_logs_by

if TYPE_CHECKING:
    from cassandra._connection.hub import Hub

LOGGERS: Final = {
    "connection": logging.getLogger("cassandra.connection"),
    "policy": logging.getLogger("cassandra.policies"),
    "pool": logging.getLogger("cassandra.pool"),
    "schema": logging.getLogger("cassandra.metadata"),
}
"""By the part of the engine; all others are `cassandra.cluster`."""

OTHER: Final = logging.getLogger("cassandra.cluster")

TEXTS: Final = {
    "an authentication challenge was not sent, though there are credentials": (
        "An authentication challenge was not sent, which is suspicious because there are credentials for it"
    ),
    "connected": "Got ReadyMessage on new connection",
    "preparing again what the host does not know": "Re-preparing unrecognized prepared statement",
}
"""Those that programs look for, in the words that they know."""


def record(level: int, target: str, text: str, fields: str) -> None:
    """Make one record: `target` is the part of the engine, `fields` are the facts of this case."""
    part = target.split("::")[1] if "::" in target else ""
    logger = LOGGERS.get(part, OTHER)
    if logger.isEnabledFor(level):
        text = TEXTS.get(text, text)
        logger.log(level, "%s", f"{text} ({fields})" if fields else text)


MOST: Final = 1_000
"""So many records may wait for a handler, as in a program without a hub. What comes beside them is not recorded."""


def lost(count: int) -> None:
    """Record that records are missing."""
    OTHER.warning(
        "%d records were not made: a handler of records took its time, and %d others waited for it", count, MOST
    )


Maker = Callable[[int, str, str, str], bool]

makers: Final[dict[int, Maker]] = {}
"""Who makes the records where a hub does, on whichever thread: one for each cluster that lives, by its id.

What the engine tells is not of one cluster: its threads serve all of them. So any that is left does.
"""


def write(level: int, target: str, text: str, fields: str) -> None:
    """The engine calls it, on a thread of its own."""
    # Copied in one go: clusters come and go meanwhile. And so do threads, with their hubs.
    hubs = list(makers.values())
    if not hubs:
        record(level, target, text, fields)
    for maker in reversed(hubs):
        if maker(level, target, text, fields):
            return


def follow(cluster: Any, hub: Hub | None) -> None:
    """Tell the engine which records somebody wants, beside warnings, and have `hub` make them where there is one.

    The locks of `logging` are a hub's in a program that it has patched: no thread of the engine may touch them.
    """
    if hub is not None:
        key = id(cluster)
        makers.pop(key, None)
        makers[key] = hub.told_in_order(record, lost, MOST)
        weakref.finalize(cluster, leave, key).atexit = False
    least = min(logger.getEffectiveLevel() for logger in (OTHER, *LOGGERS.values()))
    least_log_level(max(min(least, logging.WARNING), 0))


def leave(key: int) -> None:
    """A cluster has gone. The last maker stays: what is told after it must not touch a hub's locks either."""
    if len(makers) > 1:
        makers.pop(key, None)


write_logs_by(write)
