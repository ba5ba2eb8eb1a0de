"""A program that runs on the public cassandra-driver of PyPI, in an environment of its own, against a mock.

``test_reference_driver.py`` starts it with a mock's address and the name of one of the functions below; it prints what
it has seen as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from cassandra import DriverException, OperationTimedOut, ReadTimeout, Unavailable
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable
from cassandra.concurrent import execute_concurrent_with_args
from cassandra.query import SimpleStatement


def cluster(where: dict[str, Any], **options: Any) -> Cluster:
    compression = options.pop("compression", False)
    return Cluster(where["contact_points"], port=where["port"], compression=compression, **options)


def connect(where: dict[str, Any], version: int, compression: Any) -> Any:
    with cluster(where, protocol_version=version, compression=compression) as driver:
        session = driver.connect("shop")
        hosts = sorted((host.address, host.datacenter, host.rack, str(host.host_id)) for host in session.hosts)
        table = driver.metadata.keyspaces["shop"].tables["items"]
        columns = [(column.name, column.cql_type) for column in table.columns.values()]
        key = [column.name for column in table.partition_key]
        tokens = len(driver.metadata.token_map.ring)
        rows = [list(row) for row in session.execute("SELECT name, price FROM items")]
        return {"hosts": hosts, "columns": columns, "key": key, "tokens": tokens, "rows": rows}


def authenticate(where: dict[str, Any], version: int, user: str, password: str) -> Any:
    provider = PlainTextAuthProvider(user, password)
    with cluster(where, protocol_version=version, auth_provider=provider) as driver:
        try:
            session = driver.connect()
        except NoHostAvailable as refused:
            return sorted(type(error).__name__ for error in refused.errors.values())
        return [row.cluster_name for row in session.execute("SELECT cluster_name FROM system.local")]


def negotiate(where: dict[str, Any]) -> Any:
    with cluster(where) as driver:
        driver.connect()
        return driver.protocol_version


def prepared(where: dict[str, Any], version: int) -> Any:
    with cluster(where, protocol_version=version) as driver:
        session = driver.connect("shop")
        insert = session.prepare("INSERT INTO items (id, name, price) VALUES (?, ?, ?)")
        select = session.prepare("SELECT name, price FROM items WHERE id = ?")
        results = execute_concurrent_with_args(
            session, insert, [(n, str(n), n / 2) for n in range(200)], concurrency=50
        )
        rows = [list(row) for row in session.execute(select, (1,))]
        return {
            "succeeded": sum(result.success for result in results),
            "rows": rows,
            "key": insert.routing_key_indexes,
        }


def pages(where: dict[str, Any], version: int) -> Any:
    with cluster(where, protocol_version=version) as driver:
        session = driver.connect()
        result = session.execute(SimpleStatement("SELECT n FROM numbers", fetch_size=10))
        sizes = []
        numbers = []
        while True:
            sizes.append(len(result.current_rows))
            numbers += [row.n for row in result.current_rows]
            if not result.has_more_pages:
                return {"sizes": sizes, "numbers": numbers}
            result.fetch_next_page()


def events(where: dict[str, Any], version: int) -> Any:
    """Prints each thing that it hears of."""
    from cassandra.policies import ConstantReconnectionPolicy

    at_once = {f"{kind}_event_refresh_window": 0 for kind in ("topology", "status", "schema")}
    # It is to learn of a node that is back from the event, not from trying.
    patient = ConstantReconnectionPolicy(1000)
    with cluster(where, protocol_version=version, reconnection_policy=patient, **at_once) as driver:
        session = driver.connect()

        class Listener:
            def on_down(self, host: Any) -> None:
                print("down", host.address, flush=True)

            def on_up(self, host: Any) -> None:
                print("up", host.address, flush=True)

            def on_add(self, host: Any) -> None:
                print("add", host.address, flush=True)

            def on_remove(self, host: Any) -> None:
                print("remove", host.address, flush=True)

        driver.register_listener(Listener())
        print("ready", flush=True)
        sys.stdin.readline()
        deadline = time.monotonic() + 20
        while "fresh" not in driver.metadata.keyspaces and time.monotonic() < deadline:
            time.sleep(0.02)
        # A session that nobody holds any more would take its pools with it.
        return sorted(session.cluster.metadata.keyspaces)


def errors(where: dict[str, Any], version: int) -> Any:
    from cassandra.policies import FallthroughRetryPolicy

    with cluster(where, protocol_version=version, default_retry_policy=FallthroughRetryPolicy()) as driver:
        session = driver.connect()
        seen = {}
        for table in ("unavailable", "read_timeout", "invalid", "silent"):
            try:
                session.execute(f"SELECT a FROM {table}", timeout=0.3 if table == "silent" else 30)
                seen[table] = "nothing"
            except Unavailable as error:
                seen[table] = f"Unavailable {error.required_replicas} {error.alive_replicas}"
            except ReadTimeout as error:
                seen[table] = f"ReadTimeout {error.received_responses} {error.data_retrieved}"
            except (OperationTimedOut, DriverException) as error:
                seen[table] = type(error).__name__
        return seen


def reprepare(where: dict[str, Any], version: int) -> Any:
    with cluster(where, protocol_version=version) as driver:
        session = driver.connect("shop")
        select = session.prepare("SELECT name, price FROM items WHERE id = ?")
        print("ready", flush=True)
        sys.stdin.readline()
        return [list(row) for row in session.execute(select, (1,))]


def trace(where: dict[str, Any], version: int) -> Any:
    with cluster(where, protocol_version=version) as driver:
        session = driver.connect()
        result = session.execute("SELECT cluster_name FROM system.local", trace=True)
        found = result.get_query_trace()
        return {"events": len(found.events), "duration": found.duration.total_seconds()}


if __name__ == "__main__":
    function, address, arguments = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
    print(json.dumps(globals()[function](address, **arguments)), flush=True)
