"""The public cassandra-driver connects to the mock: what a driver that we did not write makes of it.

``HELENUS_REFERENCE_PYTHON`` names the interpreter of an environment that has cassandra-driver 3.30.1, lz4 and
python-snappy; without it these tests are skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.mock import MockCluster, binding, error, keyspace, query, rows, silence, statement

PYTHON = os.environ.get("HELENUS_REFERENCE_PYTHON")
PROGRAM = Path(__file__).with_name("reference_program.py")
VERSIONS = (3, 4, 5)

pytestmark = pytest.mark.skipif(
    not PYTHON, reason="HELENUS_REFERENCE_PYTHON does not name the interpreter of an environment with cassandra-driver"
)

SHOP = keyspace(
    "shop",
    {"items": [("id", "int", "partition_key"), ("name", "text", "regular"), ("price", "double", "regular")]},
)
ITEM = rows([("name", "text"), ("price", "double")], [["pen", 1.5]], keyspace="shop", table="items")


class Program:
    """The program on the reference driver, running against a mock."""

    def __init__(self, function: str, cluster: MockCluster, **arguments: Any) -> None:
        where = json.dumps({"contact_points": cluster.contact_points[:1], "port": cluster.port})
        assert PYTHON is not None
        command = [PYTHON, "-W", "ignore", str(PROGRAM), function, where, json.dumps(arguments)]
        # Neither the checkout's directory nor its search path: it is to import the reference's `cassandra`, not ours.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env=environment,
        )

    def __enter__(self) -> Program:
        return self

    def __exit__(self, *_: object) -> None:
        with self.process:
            self.process.kill()

    def hears(self, line: str) -> None:
        """The next line that it prints."""
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == line + "\n"

    def result(self, said: str = "") -> Any:
        out, errors = self.process.communicate(said, timeout=60)
        assert self.process.returncode == 0, errors
        return json.loads(out.splitlines()[-1])


def run(function: str, cluster: MockCluster, **arguments: Any) -> Any:
    with Program(function, cluster, **arguments) as program:
        return program.result()


@pytest.fixture
def shop() -> Iterator[MockCluster]:
    with MockCluster(3, keyspaces=[SHOP], topology=[{"node": 2, "datacenter": "dc2", "rack": "r2"}]) as cluster:
        cluster.on(statement("SELECT name, price FROM items"), ITEM)
        yield cluster


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("compression", [False, "lz4", "snappy"])
def test_it_connects_and_reads_topology_schema_and_rows(shop: MockCluster, version: int, compression: Any) -> None:
    # The driver itself knows that v5 has no snappy, and goes without.
    seen = run("connect", shop, version=version, compression=compression)
    assert [host[0] for host in seen["hosts"]] == shop.contact_points
    assert [host[1:3] for host in seen["hosts"]] == [["datacenter1", "rack1"]] * 2 + [["dc2", "r2"]]
    assert len({host[3] for host in seen["hosts"]}) == 3
    assert seen["columns"] == [["id", "int"], ["name", "text"], ["price", "double"]]
    assert (seen["key"], seen["tokens"]) == (["id"], 3)
    assert seen["rows"] == [["pen", 1.5]]
    startups = [it["options"] for it in shop.received({"opcodes": ["STARTUP"]})]
    negotiated = {options.get("COMPRESSION") for options in startups}
    expected = None if not compression or (version == 5 and compression == "snappy") else compression
    assert negotiated == {expected}


@pytest.mark.parametrize("version", VERSIONS)
def test_it_comes_in_with_the_right_password_only(version: int) -> None:
    credentials = {"user": "cassandra", "password": "s3cret"}
    with MockCluster(1, cluster_name="guarded", credentials=credentials) as cluster:
        assert run("authenticate", cluster, version=version, **credentials) == ["guarded"]
        wrong = run("authenticate", cluster, version=version, user="cassandra", password="guess")
        assert wrong == ["AuthenticationFailed"]
        assert "s3cret" not in json.dumps(cluster.received())


@pytest.mark.parametrize("newest", VERSIONS)
def test_it_steps_down_to_the_newest_version_that_is_spoken(newest: int) -> None:
    with MockCluster(1, newest=newest) as cluster:
        assert run("negotiate", cluster) == newest


@pytest.mark.parametrize("version", VERSIONS)
def test_it_prepares_and_executes_concurrently(shop: MockCluster, version: int) -> None:
    seen = run("prepared", shop, version=version)
    assert seen == {"succeeded": 200, "rows": [["pen", 1.5]], "key": [0]}
    assert shop.count({"opcodes": ["EXECUTE"], "text": "INSERT INTO items"}) == 200


@pytest.mark.parametrize("version", VERSIONS)
def test_it_reads_three_pages(version: int) -> None:
    with MockCluster(1) as cluster:
        cluster.on(query("FROM numbers"), rows([("n", "bigint")], [[n] for n in range(25)]))
        assert run("pages", cluster, version=version) == {"sizes": [10, 10, 5], "numbers": list(range(25))}


@pytest.mark.parametrize("version", VERSIONS)
def test_it_hears_events(version: int) -> None:
    with MockCluster(2, topology=[{"node": 1, "is_member": False}]) as cluster:
        other = cluster.nodes[1]
        with Program("events", cluster, version=version) as program:
            program.hears("ready")
            cluster.change(topology=[{"node": 1, "is_member": True}])
            assert cluster.push_topology_change("NEW_NODE", other.address) == 1
            program.hears(f"add {other.address}")
            # It believes its own connections more than an event: those have to go as well.
            other.stop()
            cluster.push_status_change("DOWN", other.address)
            program.hears(f"down {other.address}")
            other.listen()
            cluster.push_status_change("UP", other.address)
            program.hears(f"up {other.address}")
            cluster.change(topology=[{"node": 1, "is_member": False}])
            cluster.push_topology_change("REMOVED_NODE", other.address)
            program.hears(f"remove {other.address}")
            cluster.change(keyspaces=[keyspace("fresh")])
            assert cluster.push_schema_change("CREATED", "KEYSPACE", "fresh") == 1
            assert program.result("go\n") == ["fresh"]


def test_it_knows_the_errors_for_what_they_are() -> None:
    with MockCluster(1) as cluster:
        unavailable = error("unavailable", consistency="quorum", required=2, alive=1)
        timeout = error("read_timeout", consistency="one", received=0, required=1, data_present=False)
        cluster.on(query("FROM unavailable"), unavailable)
        cluster.on(query("FROM read_timeout"), timeout)
        cluster.on(query("FROM invalid"), error("invalid", "no"))
        cluster.on(query("FROM silent"), silence())
        seen = run("errors", cluster, version=4)
    assert seen == {
        "unavailable": "Unavailable 2 1",
        "read_timeout": "ReadTimeout 0 False",
        "invalid": "InvalidRequest",
        "silent": "OperationTimedOut",
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_it_prepares_again_what_a_node_has_forgotten(shop: MockCluster, version: int) -> None:
    with Program("reprepare", shop, version=version) as program:
        program.hears("ready")
        before = shop.count({"opcodes": ["PREPARE"]})
        for node in shop.nodes:
            node.forget_statements()
        assert program.result("go\n") == [["pen", 1.5]]
        assert shop.count({"opcodes": ["PREPARE"]}) == before + 1


def test_it_finds_the_trace_of_a_request() -> None:
    with MockCluster(1) as cluster:
        assert run("trace", cluster, version=4) == {"events": 1, "duration": 0.001}


def test_bindings_are_what_it_encodes_by() -> None:
    bindings = [binding("INSERT INTO items", [("id", "bigint")], [0])]
    with (
        MockCluster(1, keyspaces=[SHOP], bindings=bindings) as cluster,
        pytest.raises(AssertionError, match="Too many"),
    ):
        run("prepared", cluster, version=4)
