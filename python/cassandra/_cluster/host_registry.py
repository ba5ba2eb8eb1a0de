"""The hosts of a cluster as Python objects, kept in step with what the engine knows.

The engine names hosts by their ids. Each keeps one `Host` object for as long as it is part of the cluster, so that
policies and listeners can hold on to it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from cassandra._connection.endpoints import DefaultEndPoint, EndPoint, UnixSocketEndPoint
from cassandra._locks import rlock
from cassandra._policies.conviction import SimpleConvictionPolicy
from cassandra._pool.host import Host

log = logging.getLogger("cassandra.cluster")

FACTS = ("release_version", "broadcast_address", "broadcast_port", "listen_address", "listen_port")


def address_and_port(endpoint: EndPoint) -> str:
    """An end point as the engine writes addresses."""
    address = endpoint.address
    return f"[{address}]:{endpoint.port}" if ":" in address else f"{address}:{endpoint.port}"


class HostRegistry:
    """The hosts, by id and by address."""

    def __init__(self, conviction: Callable[[Host], Any]) -> None:
        self.by_id: Mapping[UUID, Host] = {}
        """The hosts; replaced as a whole when some host comes or goes."""

        self._by_address: Mapping[str, Host] = {}
        self._by_endpoint: Mapping[EndPoint, Host] = {}
        self._named: dict[UUID, Host] = {}
        """Hosts that the program has put in."""
        self.reached_by: dict[UUID, EndPoint] = {}
        """The end points of hosts that a program's own factory has made."""
        self._written: dict[UUID, str] = {}
        self._conviction = conviction
        self._core: Any = None
        self._is_following = False
        self._lock = rlock()

    def follow(self, core: Any) -> None:
        """Take the hosts of a connected engine from here on."""
        self._core = core
        self._is_following = False
        self.refresh()
        self._is_following = True

    def refresh(self) -> tuple[list[Host], list[Host]]:
        """Read what the engine knows; the hosts that are new, and those that are gone."""
        if self._core is None:
            return [], []
        with self._lock:
            found: dict[UUID, Host] = {}
            added = []
            for facts in self._core.hosts():
                known = self.by_id.get(facts["host_id"])
                host = self._host(known, facts)
                found[facts["host_id"]] = host
                if host is not known:
                    added.append(host)
            endpoints = {host.endpoint for host in found.values()}
            found |= {key: host for key, host in self._named.items() if host.endpoint not in endpoints}
            kept = set(map(id, found.values()))
            removed = [host for host in self.by_id.values() if id(host) not in kept]
            self._put(found)
            return added, removed

    def _host(self, known: Host | None, facts: Mapping[str, Any]) -> Host:
        endpoint = self.reached_by.get(facts["host_id"])
        if endpoint is None:
            path = facts["socket"]
            endpoint = (
                DefaultEndPoint(facts["address"], facts["port"]) if path is None else UnixSocketEndPoint(str(path))
            )
        if known is None or known.endpoint != endpoint:
            known = self._by_endpoint.get(endpoint) or self._made(endpoint)
        known.host_id = facts["host_id"]
        self._written[known.host_id] = address_and_port(DefaultEndPoint(facts["address"], facts["port"]))
        known.set_location_info(facts["datacenter"], facts["rack"])
        known.broadcast_rpc_address = facts["rpc_address"]
        known.broadcast_rpc_port = facts["rpc_port"]
        for name in FACTS:
            setattr(known, name, facts[name])
        if facts["up"] is not None:
            known.is_up = facts["up"]
        return known

    def _made(self, endpoint: EndPoint) -> Host:
        """A host. Where it is a later one, what the program's factory raises is logged: others wait to hear of it."""
        try:
            return Host(endpoint, self._conviction)
        except Exception:
            if not self._is_following:
                raise
            log.exception("conviction_policy_factory failed for %s; it gets a SimpleConvictionPolicy", endpoint)
            return Host(endpoint, SimpleConvictionPolicy)

    def _put(self, hosts: Mapping[UUID, Host]) -> None:
        self._by_endpoint = {host.endpoint: host for host in hosts.values()}
        written = self._written
        self._by_address = {written.get(key) or address_and_port(host.endpoint): host for key, host in hosts.items()}
        self.by_id = hosts

    def all(self) -> list[Host]:
        """The hosts."""
        return list(self.by_id.values())

    def get(self, host_id: UUID) -> Host | None:
        """A host by its id. One that has just come may not be known here before it is asked for."""
        host = self.by_id.get(host_id)
        if host is None:
            self.refresh()
            host = self.by_id.get(host_id)
        return host

    def at(self, endpoint_or_address: Any, port: int | None = None) -> Host | None:
        """A host by its end point, or by its address and, where it is given, port."""
        if isinstance(endpoint_or_address, Host):
            return self._by_endpoint.get(endpoint_or_address.endpoint)
        if isinstance(endpoint_or_address, EndPoint):
            return self._by_endpoint.get(endpoint_or_address)
        for host in self.by_id.values():
            is_address = endpoint_or_address in (host.broadcast_rpc_address, host.address)
            if is_address and (port is None or port in (host.broadcast_rpc_port, host.endpoint.port)):
                return host
        return None

    def at_address(self, address: str) -> Any:
        """A host by its address as the engine's errors name it; the address itself where no host is known by it."""
        return self._by_address.get(address, address)

    def add(self, host: Host) -> tuple[Host, bool]:
        """Put in a host that a program names; the host that stands for it, and whether it is new."""
        with self._lock:
            known = self._by_endpoint.get(host.endpoint)
            if known is not None:
                known.set_location_info(host.datacenter or known.datacenter, host.rack or known.rack)
                return known, False
            # It has no id of the server yet; an id of its own keeps it until the engine finds it.
            key = host.host_id or UUID(int=id(host))
            self._named[key] = host
            self._put({**self.by_id, key: host})
            return host, True

    def remove(self, host: Host) -> bool:
        """Take a host out, whether or not the engine still knows it; whether it was there."""
        with self._lock:
            self._named = {key: other for key, other in self._named.items() if other != host}
            kept = {key: other for key, other in self.by_id.items() if other != host}
            was_there = len(kept) < len(self.by_id)
            self._put(kept)
            return was_there
