"""Where hosts are reached and when they are down, where a program has code of its own for it.

The engine asks on threads that may block. As long as a cluster has what it has by default, it does not ask at all.
"""

from __future__ import annotations

import logging
import socket
import weakref
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any
from uuid import UUID

from cassandra._connection.endpoint_factories import DefaultEndPointFactory, SniEndPointFactory
from cassandra._errors.driver import UnsupportedOperation
from cassandra._policies.address_translation import IdentityTranslator
from cassandra._policies.conviction import SimpleConvictionPolicy

log = logging.getLogger("cassandra.cluster")


def translation(cluster: Any) -> Callable[[Mapping[str, Any]], tuple[str, int]] | None:
    """What gives each host's address and port; None where the servers' own are right.

    UnsupportedOperation for hosts that are told apart by the server name of TLS.
    """
    factory, translator = cluster.endpoint_factory, cluster.address_translator
    if isinstance(factory, SniEndPointFactory):
        raise UnsupportedOperation("endpoint_factory: hosts behind a proxy, known by server names, are not supported")
    if type(factory) is DefaultEndPointFactory and type(translator) is IdentityTranslator:
        return None
    return asked_on_hub(cluster, Reaching(cluster))


class Reaching:
    """Makes end points with the cluster's factory, and remembers them by host."""

    def __init__(self, cluster: Any) -> None:
        # The engine holds this object: it must not keep a cluster that the program has dropped.
        self._cluster = weakref.ref(cluster)

    def __call__(self, facts: Mapping[str, Any]) -> tuple[str, int]:
        """The address and port to connect to. What the factory raises is logged, and the servers' word taken."""
        own: tuple[str, int] = (facts["rpc_address"], facts["rpc_port"])
        cluster = self._cluster()
        if cluster is None:
            return own
        try:
            endpoint = cluster.endpoint_factory.create(row_of(facts))
            address, port = looked_up(*endpoint.resolve())
        except Exception:
            log.exception("The end point of the host at %s could not be made; %s:%s is used", *(own[0], *own))
            return own
        if port is None:
            log.error("The host at %s has the end point %s, which is no address and port", own[0], endpoint)
            return own
        cluster._registry.reached_by[facts["host_id"]] = endpoint
        return address, port


def looked_up(address: Any, port: Any) -> tuple[str, int | None]:
    """An address and a port as the engine connects to them: a name is looked up, as a translator may give one."""
    if not isinstance(address, str) or not isinstance(port, (int, type(None))):
        kinds = f"{type(address).__name__} and {type(port).__name__}"
        raise TypeError(f"address_translator and endpoint_factory must give an address as text and a port, not {kinds}")
    if port is None:
        return address, port
    try:
        ip_address(address)
    except ValueError:
        address = str(socket.getaddrinfo(address, port, socket.AF_UNSPEC, socket.SOCK_STREAM)[0][4][0])
    return address, port


def row_of(facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the system tables say of a host, by the names of their columns."""
    return {
        "peer": facts["broadcast_address"] or facts["rpc_address"],
        "peer_port": facts["broadcast_port"],
        "rpc_address": facts["rpc_address"],
        "rpc_port": facts["rpc_port"],
        "native_address": facts["rpc_address"],
        "native_port": facts["rpc_port"],
        "broadcast_address": facts["broadcast_address"],
        "listen_address": facts["listen_address"],
        "host_id": facts["host_id"],
        "data_center": facts["datacenter"],
        "rack": facts["rack"],
        "release_version": facts["release_version"],
        "tokens": facts["tokens"],
    }


def conviction(cluster: Any) -> Callable[[UUID, BaseException | None], bool] | None:
    """What says whether a failed connection means that its host is down; None where any does."""
    if cluster.conviction_policy_factory is SimpleConvictionPolicy:
        return None
    return asked_on_hub(cluster, Judge(cluster))


class Judge:
    """Asks the conviction policies that hosts have."""

    def __init__(self, cluster: Any) -> None:
        self._cluster = weakref.ref(cluster)

    def __call__(self, host_id: UUID, failure: BaseException | None) -> bool:
        """Whether the host is down; without a failure it works again."""
        cluster = self._cluster()
        host = None if cluster is None else cluster._registry.get(host_id)
        if host is None:
            return True
        try:
            if failure is None:
                host.conviction_policy.reset()
                return False
            return bool(host.signal_connection_failure(failure))
        except Exception:
            # A failed connection means down, as where nobody has a policy; one that works does not.
            is_down = failure is not None
            log.exception(
                "The conviction policy of %s raised; the host counts as %s", host, "down" if is_down else "up"
            )
            return is_down


def asked_on_hub(cluster: Any, call: Callable[..., Any]) -> Callable[..., Any]:
    """Asked in a greenlet, where this program's threads run those."""
    return call if cluster._hub is None else cluster._hub.asked(call)
