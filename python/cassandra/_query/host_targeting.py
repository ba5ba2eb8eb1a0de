"""`HostTargetingStatement`: a statement that goes to one host, whatever the load balancing policy says."""

from __future__ import annotations

from typing import Any, Final

from cassandra._exported import exported_by

# The classes made so far, by the statement's class: as many as a program has classes of statements.
TARGETING: Final[dict[type, type[HostTargetingStatement]]] = {}


@exported_by("cassandra.query")
class HostTargetingStatement:
    """Wraps a statement and names the host that shall get it. It is a copy: the statement inside stays as it was.

    The result is also an instance of the statement's own class, so that all that reads a statement can read it.
    `DefaultLoadBalancingPolicy` obeys it.
    """

    target_host: Any

    def __init__(self, inner_statement: Any, target_host: Any) -> None:
        self.__class__ = targeting(type(inner_statement))
        self.__dict__.update(inner_statement.__dict__)
        self.target_host = target_host


def targeting(kind: type) -> type[HostTargetingStatement]:
    """A class that is both `kind` and `HostTargetingStatement`."""
    made = TARGETING.get(kind)
    if made is None:
        made = TARGETING[kind] = type(kind.__name__, (HostTargetingStatement, kind), {})
    return made
