"""The parameter `cloud`: a cluster that is reached by a secure connect bundle. Reading it is the engine's."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from cassandra import ConsistencyLevel
from cassandra._native import SecureConnectBundle


def bundle(cloud: Any, *others: Any) -> SecureConnectBundle:
    """The bundle that `cloud` names. ValueError where it names none, or beside `others`, for which it stands."""
    if any(others):
        raise ValueError(
            "contact_points, endpoint_factory, ssl_context, and ssl_options cannot be specified with a cloud "
            "configuration"
        )
    return SecureConnectBundle.read(path_of(cloud))


def path_of(cloud: Any) -> str:
    """The path of the bundle that `cloud` names."""
    if not isinstance(cloud, Mapping) or "secure_connect_bundle" not in cloud:
        raise ValueError("The cloud config doesn't have a secure_connect_bundle specified.")
    path = cloud["secure_connect_bundle"]
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(f"secure_connect_bundle must be a path, not {type(path).__name__}")
    return os.fspath(path)


def set_consistency(profile: Any) -> None:
    """LOCAL_QUORUM for a profile that names no level: what such clusters take for writes."""
    if not profile._consistency_level_explicit:
        profile.consistency_level = ConsistencyLevel.LOCAL_QUORUM
