"""The settings of a session that execution profiles have taken over. Set here, they change the default profile."""

from __future__ import annotations

import warnings
from typing import Any

from cassandra._cluster import options
from cassandra._cluster.defaults import EXEC_PROFILE_DEFAULT, ConfigMode
from cassandra._cql.consistency_level import ConsistencyLevel

NAMES = {
    "request_timeout": "default_timeout",
    "consistency_level": "default_consistency_level",
    "serial_consistency_level": "default_serial_consistency_level",
}
"""What a session calls attributes of a profile."""


class LegacySettings:
    """`row_factory` and its neighbours: what they read is in the default profile."""

    cluster: Any

    _default_consistency_level = ConsistencyLevel.LOCAL_ONE
    """The level where nothing is set."""

    def _default(self) -> Any:
        return self.cluster.profile_manager.profiles[EXEC_PROFILE_DEFAULT]

    def _set_legacy(self, attribute: str, value: Any) -> None:
        name = NAMES.get(attribute, attribute)
        if self.cluster._config_mode == ConfigMode.PROFILES:
            raise ValueError(
                f"Cannot set Session.{name} while using Configuration Profiles. Set this in a profile instead."
            )
        setattr(self._default(), attribute, value)
        self.cluster._config_mode = ConfigMode.LEGACY

    @property
    def row_factory(self) -> Any:
        """Makes rows out of tuples of values."""
        return self._default().row_factory

    @row_factory.setter
    def row_factory(self, factory: Any) -> None:
        if not callable(factory):
            raise TypeError(f"row_factory must be callable, not {type(factory).__name__}")
        self._set_legacy("row_factory", factory)

    @property
    def default_timeout(self) -> float | None:
        """Seconds that a request may take; None for any time."""
        found: float | None = self._default().request_timeout
        return found

    @default_timeout.setter
    def default_timeout(self, timeout: float | None) -> None:
        self._set_legacy("request_timeout", options.timeout("default_timeout", timeout))

    @property
    def default_consistency_level(self) -> int:
        """The consistency level of statements that do not say."""
        found: int = self._default().consistency_level
        return found

    @default_consistency_level.setter
    def default_consistency_level(self, level: int) -> None:
        warn("default_consistency_level")
        self._set_legacy("consistency_level", options.consistency("default_consistency_level", level))

    @property
    def default_serial_consistency_level(self) -> int | None:
        """The consistency level of conditions, in statements that do not say."""
        found: int | None = self._default().serial_consistency_level
        return found

    @default_serial_consistency_level.setter
    def default_serial_consistency_level(self, level: int | None) -> None:
        checked = options.serial_consistency("default_serial_consistency_level", level)
        self._set_legacy("serial_consistency_level", checked)


def warn(name: str) -> None:
    """That a setting is on its way out of the reference."""
    warnings.warn(
        f"Setting the {'consistency level' if name == 'default_consistency_level' else name} at the session level "
        "will be removed in 4.0. Consider using execution profiles and setting the desired consistency level to the "
        "EXEC_PROFILE_DEFAULT profile.",
        DeprecationWarning,
        stacklevel=3,
    )
