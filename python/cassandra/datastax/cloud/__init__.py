"""Secure connect bundles are read by `Cluster(cloud=…)`: here are the names that programs import."""

from __future__ import annotations

from typing import Any, NoReturn

from cassandra._errors.driver import UnsupportedOperation

WHY = "give Cluster the bundle, cloud={'secure_connect_bundle': path}: the engine reads it"


class CloudConfig:
    """What a bundle says. Not here: the engine keeps it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise UnsupportedOperation(f"there is no CloudConfig: {WHY}")


def get_cloud_config(cloud_config: Any, create_pyopenssl_context: bool = False) -> NoReturn:
    """UnsupportedOperation, which says what to do instead."""
    raise UnsupportedOperation(f"get_cloud_config cannot be used: {WHY}")


__all__ = ["CloudConfig", "get_cloud_config"]
