"""Sentinels and numbers that the signatures of `cassandra.cluster` are made of."""

from __future__ import annotations

from typing import Any, Final

from cassandra._exported import exported_by


@exported_by("cassandra.cluster")
class NotSet:
    """The default of a parameter for which None means something."""

    def __repr__(self) -> str:
        return "<not set>"

    def __reduce__(self) -> str:
        return "_NOT_SET"


@exported_by("cassandra.cluster")
class ProfileKey:
    """The name of a profile that every cluster has."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return self._name

    def __reduce__(self) -> str:
        return self._name


NOT_SET: Final[Any] = NotSet()

EXEC_PROFILE_DEFAULT: Final[Any] = ProfileKey("EXEC_PROFILE_DEFAULT")
"""The profile of requests that name none."""

EXEC_PROFILE_GRAPH_DEFAULT: Final[Any] = ProfileKey("EXEC_PROFILE_GRAPH_DEFAULT")
EXEC_PROFILE_GRAPH_SYSTEM_DEFAULT: Final[Any] = ProfileKey("EXEC_PROFILE_GRAPH_SYSTEM_DEFAULT")
EXEC_PROFILE_GRAPH_ANALYTICS_DEFAULT: Final[Any] = ProfileKey("EXEC_PROFILE_GRAPH_ANALYTICS_DEFAULT")

DEFAULT_MIN_REQUESTS: Final = 5
DEFAULT_MAX_REQUESTS: Final = 100
DEFAULT_MIN_CONNECTIONS_PER_LOCAL_HOST: Final = 2
DEFAULT_MAX_CONNECTIONS_PER_LOCAL_HOST: Final = 8
DEFAULT_MIN_CONNECTIONS_PER_REMOTE_HOST: Final = 1
DEFAULT_MAX_CONNECTIONS_PER_REMOTE_HOST: Final = 2


@exported_by("cassandra.cluster")
class ConfigMode:
    """Whether a cluster is set up by execution profiles or by the parameters that came before them. They do not mix."""

    UNCOMMITTED = 0
    LEGACY = 1
    PROFILES = 2
