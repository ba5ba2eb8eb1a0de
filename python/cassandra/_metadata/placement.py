"""Which hosts hold the partitions of each token, by the rules of the server's strategies. Pure.

The engine has this too, for routing. Here it is for rings that a program has made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any


def by_ring(owners: Mapping[Any, Any], ring: Sequence[Any], factor: int) -> dict[Any, list[Any]]:
    """The owner of each token and the next hosts on the ring, `factor` in all."""
    count = min(factor, len(set(owners.values())))
    placed: dict[Any, list[Any]] = {}
    for start, token in enumerate(ring):
        hosts: list[Any] = []
        for step in range(len(ring)):
            if len(hosts) >= count:
                break
            host = owners[ring[(start + step) % len(ring)]]
            if host not in hosts:
                hosts.append(host)
        placed[token] = hosts
    return placed


class Datacenter:
    """The part of a ring that is in one datacenter."""

    def __init__(self, factor: int) -> None:
        self.factor = factor
        self.places: list[int] = []
        self.hosts: set[Any] = set()
        self.racks: set[Any] = set()

    def replicas(self, owners: Mapping[Any, Any], ring: Sequence[Any], first: int) -> list[Any]:
        """The hosts from the place `first` of `places` on: each rack gives one before any gives a second."""
        wanted = min(self.factor, len(self.hosts))
        chosen: list[Any] = []
        skipped: list[Any] = []
        racks: set[Any] = set()
        count = len(self.places)
        for place in islice((self.places[(first + step) % count] for step in range(count)), count):
            if len(chosen) >= wanted:
                break
            host = owners[ring[place]]
            if host in chosen or host in skipped:
                continue
            if host.rack in racks and len(racks) < len(self.racks):
                skipped.append(host)
                continue
            chosen.append(host)
            racks.add(host.rack)
            if len(racks) == len(self.racks):
                # No rack is left without one: those that had to stand back go first.
                while skipped and len(chosen) < wanted:
                    chosen.append(skipped.pop(0))
        return chosen


def by_datacenter_and_rack(
    owners: Mapping[Any, Any], ring: Sequence[Any], factors: Mapping[str, int]
) -> dict[Any, list[Any]]:
    """The hosts of each token: in each datacenter as many as `factors` says, as long as it has them."""
    datacenters = {name: Datacenter(factor) for name, factor in factors.items() if factor > 0}
    for place, token in enumerate(ring):
        host = owners[token]
        datacenter = datacenters.get(host.datacenter)
        if datacenter is not None:
            datacenter.places.append(place)
            datacenter.hosts.add(host)
            datacenter.racks.add(host.rack)
    # For each datacenter, how many of its places are before the one on the ring that is looked at.
    passed = dict.fromkeys(datacenters, 0)
    placed: dict[Any, list[Any]] = {}
    for place, token in enumerate(ring):
        hosts: list[Any] = []
        for name, datacenter in datacenters.items():
            if not datacenter.places:
                continue
            hosts += datacenter.replicas(owners, ring, passed[name])
            if passed[name] < len(datacenter.places) and datacenter.places[passed[name]] == place:
                passed[name] += 1
        placed[token] = hosts
    return placed
