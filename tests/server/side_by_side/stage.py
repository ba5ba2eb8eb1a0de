"""What the snippets stand on: a cluster, a keyspace for them alone, and printing by which two drivers can be compared.

It is imported by either driver's Python, so it knows `cassandra` by its public names only, and nothing of pytest.
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sized
from contextlib import contextmanager
from typing import Any

from cassandra.cluster import Cluster

KEYSPACE = os.environ.get("HELENUS_KEYSPACE", "side_by_side")


def cluster(**options: Any) -> Any:
    """A cluster of the test's node; options as for `Cluster`."""
    points = os.environ["HELENUS_CONTACT_POINTS"].split(",")
    # What is compared is not which driver a busy machine lets have its turn in time.
    patient = {"connect_timeout": 60, "control_connection_timeout": 60, "max_schema_agreement_wait": 60}
    made = Cluster(points, port=int(os.environ["HELENUS_PORT"]), **{**patient, **options})
    if "execution_profiles" not in options:
        made.profile_manager.default.request_timeout = 60
    return made


@contextmanager
def connected(**options: Any) -> Iterator[Any]:
    """A session in a new and empty keyspace, which is dropped afterwards."""
    with cluster(**options) as whole:
        session = whole.connect()
        session.execute(f"DROP KEYSPACE IF EXISTS {KEYSPACE}", timeout=60)
        session.execute(
            f"CREATE KEYSPACE {KEYSPACE} WITH replication = {{'class': 'SimpleStrategy', 'replication_factor': 1}}",
            timeout=60,
        )
        session.set_keyspace(KEYSPACE)
        try:
            yield session
        finally:
            session.execute(f"DROP KEYSPACE IF EXISTS {KEYSPACE}", timeout=60)


def until(told: Sized, count: int) -> None:
    """Wait until so many things were told: at once, but where the machine has other things to do."""
    ends = time.monotonic() + 60
    while len(told) < count and time.monotonic() < ends:
        time.sleep(0.005)


def show(label: str, *values: Any) -> None:
    """A line with the `repr` of values; addresses in memory and the name of the keyspace are left out."""
    text = ", ".join(repr(value) for value in values)
    sys.stdout.write(plain(f"{label}: {text}") + "\n")


def plain(text: str) -> str:
    """A text without what differs from run to run."""
    return re.sub(r" at 0x[0-9a-f]+", " at ...", text.replace(KEYSPACE, "KEYSPACE"))


def attempt(label: str, act: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Print what a call returns, or the class and the text of what it raises."""
    try:
        found = act(*args, **kwargs)
    except Exception as error:
        kind = type(error)
        sys.stdout.write(plain(f"{label}: {kind.__module__}.{kind.__qualname__}: {error}") + "\n")
        return error
    show(label, found)
    return found


def refused(label: str, act: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Print the class of what a call raises, where its words are another's on purpose."""
    try:
        act(*args, **kwargs)
    except Exception as error:
        show(label, type(error).__name__)
    else:
        show(label, "not refused")
