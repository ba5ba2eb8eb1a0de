"""Hosts for tests of policies, and a policy's plan by their numbers."""

from __future__ import annotations

from typing import Any

from cassandra.connection import DefaultEndPoint
from cassandra.policies import LoadBalancingPolicy, SimpleConvictionPolicy
from cassandra.pool import Host


def make_host(number: int, dc: str | None = None, rack: str | None = None, up: bool = True) -> Host:
    host = Host(DefaultEndPoint(f"127.0.0.{number}"), SimpleConvictionPolicy, dc, rack)
    host.is_up = up
    return host


def six() -> list[Host]:
    """Hosts 0 to 2 in dc1, 3 to 5 in dc2; racks r0 and r1 by turns."""
    return [make_host(number, f"dc{1 + number // 3}", f"r{number % 2}") for number in range(6)]


def plan(policy: LoadBalancingPolicy, keyspace: str | None = None, query: Any = None) -> list[int]:
    return [int(host.address.rpartition(".")[2]) for host in policy.make_query_plan(keyspace, query)]
