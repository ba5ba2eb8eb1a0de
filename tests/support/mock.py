"""Mock clusters for pytest: the client of ``helenus-mock serve``.

    with MockCluster(3) as cluster:
        cluster.on(query("SELECT v FROM t"), rows([("v", "int")], [[7]], delay=0.02))
        cluster.on(query("SELECT v FROM t", nth=3), reset())
        session = Cluster(cluster.contact_points, port=cluster.port).connect()
        ...
        assert cluster.count(query("SELECT v FROM t")) == 2

It says what ``helenus_testkit::mock`` says, in the same words. One process serves all clusters of a test run. It is not
a driver and knows nothing of one.
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class MockError(Exception):
    """The mock could not do what it was told."""


# Matchers


def match(**conditions: Any) -> dict[str, Any]:
    """Every request of which all ``conditions`` hold: ``opcodes``, ``text``, ``regex``, ``node``, ``connection``,
    ``stream``, ``version``, ``keyspace``, ``consistency``, ``first_page``, ``nth``, ``from``, ``to``,
    ``probability`` with ``seed``."""
    return {name.rstrip("_"): value for name, value in conditions.items()}


def any_request(**conditions: Any) -> dict[str, Any]:
    """Every request, those of the handshake and of the driver's own queries included."""
    return match(**conditions)


def opcode(name: str, **conditions: Any) -> dict[str, Any]:
    """Requests of one kind, named as in the specification: ``"OPTIONS"``."""
    return match(opcodes=[name], **conditions)


def query(text: str, **conditions: Any) -> dict[str, Any]:
    """QUERY whose text contains ``text``."""
    return match(opcodes=["QUERY"], text=text, **conditions)


def prepare(text: str, **conditions: Any) -> dict[str, Any]:
    """PREPARE whose text contains ``text``."""
    return match(opcodes=["PREPARE"], text=text, **conditions)


def execute(text: str, **conditions: Any) -> dict[str, Any]:
    """EXECUTE of a statement whose text contains ``text``."""
    return match(opcodes=["EXECUTE"], text=text, **conditions)


def statement(text: str, **conditions: Any) -> dict[str, Any]:
    """A statement that is run, simple, prepared or in a batch, and contains ``text``."""
    return match(opcodes=["QUERY", "EXECUTE", "BATCH"], text=text, **conditions)


# Reactions. Each takes what may happen to the answer on its way: delay, copies, on_stream, gather, gather_reversed,
# split_at, dribble=(length, seconds), flip_bit, flip_any_bit=seed, truncate, then="close" | "reset" | "stop_reading",
# warnings, payload, tracing_id, flip_flags, version_byte.


def _reaction(answer: Any, way: dict[str, Any]) -> dict[str, Any]:
    payload = way.pop("payload", {})
    way["payload"] = [[key, None if value is None else value.hex()] for key, value in payload.items()]
    return {"answer": answer, **way}


def usual(**way: Any) -> dict[str, Any]:
    """What would be answered without the rule."""
    return _reaction("usual", way)


def silence(**way: Any) -> dict[str, Any]:
    """No answer at all."""
    return _reaction("silence", way)


def void(**way: Any) -> dict[str, Any]:
    """RESULT, void."""
    return _reaction("void", way)


def unprepared(**way: Any) -> dict[str, Any]:
    """ERROR, unprepared; the node forgets the statement."""
    return _reaction("unprepared", way)


def close() -> dict[str, Any]:
    """Closes the connection instead of answering."""
    return silence(then="close")


def reset() -> dict[str, Any]:
    """Resets the connection (RST) instead of answering."""
    return silence(then="reset")


def rows(
    columns: Sequence[tuple[str, str]],
    values: Iterable[Sequence[Any]],
    *,
    keyspace: str = "mock",
    table: str = "mock",
    **way: Any,
) -> dict[str, Any]:
    """RESULT, rows, in the pages that are asked for. Columns are names and CQL types. Values are written as JSON has
    them: a uuid, an inet and a decimal as a string, a timestamp in milliseconds, a date in days from 1970, a duration
    as [months, days, nanoseconds], bytes as bytes; ``{"hex": "…"}`` is a cell's bytes, whatever its type."""
    cells = [[_json(value) for value in row] for row in values]
    return _reaction(
        {"rows": {"keyspace": keyspace, "table": table, "columns": [list(it) for it in columns], "rows": cells}}, way
    )


def _json(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_json(element) for element in value]
    return value


def error(code: str | int, message: str = "", *, way: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """ERROR. ``code`` is a name (``"read_timeout"``, ``"unavailable"``, ``"overloaded"`` …) or a number; ``fields`` are
    those that the specification gives it: ``consistency``, ``required``, ``alive``, ``received``, ``data_present``,
    ``write_type``, ``failures``, ``reasons``, ``keyspace``, ``table``, ``function``, ``argument_types``, ``id`` …"""
    return _reaction({"error": {"code": code, "message": message, **fields}}, dict(way or {}))


def body(opcode_name: str, content: bytes, **way: Any) -> dict[str, Any]:
    """Any body under any opcode, right or wrong."""
    return _reaction({"body": [opcode_name, content.hex()]}, way)


def raw(content: bytes, **way: Any) -> dict[str, Any]:
    """Bytes in place of the whole answer: another protocol, or nonsense."""
    return _reaction({"raw": content.hex()}, way)


# Clusters


def program() -> Path:
    """The built ``helenus-mock``: ``HELENUS_MOCK``, or the newest one that cargo has built."""
    if given := os.environ.get("HELENUS_MOCK"):
        return Path(given)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    built = [path for profile in ("debug", "release") if (path := target / profile / "helenus-mock").exists()]
    if not built:
        raise MockError("helenus-mock is not built: cargo build -p helenus-testkit --bin helenus-mock")
    return max(built, key=lambda path: path.stat().st_mtime)


class _Server:
    """The process that serves clusters; one command at a time."""

    def __init__(self) -> None:
        command = [str(program()), "serve"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)
        atexit.register(self.end)

    def tell(self, what: str, **fields: Any) -> Any:
        assert self.process.stdin is not None and self.process.stdout is not None
        with self.lock:
            number = next(self.numbers)
            self.process.stdin.write(json.dumps({"id": number, "do": what, **fields}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        if not line:
            raise MockError(f"helenus-mock has ended with {self.process.wait(5)}")
        answer = json.loads(line)
        if answer["id"] != number:
            raise MockError(f"helenus-mock answered {answer['id']} to command {number}")
        if "error" in answer:
            raise MockError(answer["error"])
        return answer["ok"]

    def end(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # it has ended before
            self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()


_server: _Server | None = None
_starting = threading.Lock()


def _serving() -> _Server:
    global _server
    with _starting:
        if _server is None or _server.process.poll() is not None:
            _server = _Server()
        return _server


class MockCluster:
    """A cluster of scripted nodes, each on a loopback address of its own, that runs until it is stopped.

    ``world`` says what it pretends to be: ``credentials={"user": …, "password": …}``, ``oldest``, ``newest``,
    ``compressions``, ``keyspaces=[keyspace(…)]``, ``bindings=[binding(…)]``,
    ``topology=[{"node": 1, "datacenter": …, "rack": …, "tokens": […], "is_member": …}]``, ``release_version``,
    ``partitioner``, ``cluster_name``, ``supported``.
    """

    def __init__(self, nodes: int = 1, *, address: str | None = None, port: int | None = None, **world: Any) -> None:
        self._server = _serving()
        started = self._server.tell("start", nodes=nodes, address=address, port=port, world=world)
        self._number = started["cluster"]
        #: The nodes' addresses, without the port.
        self.contact_points = [address.rpartition(":")[0] for address in started["addresses"]]
        #: The port of all nodes.
        self.port = int(started["addresses"][0].rpartition(":")[2])
        #: The nodes.
        self.nodes = [MockNode(self, index) for index in range(nodes)]

    def __enter__(self) -> MockCluster:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def tell(self, what: str, **fields: Any) -> Any:
        """One command for this cluster, as JSON has it."""
        return self._server.tell(what, cluster=self._number, **fields)

    def stop(self) -> None:
        """Ends it. It may be called again."""
        self.tell("stop")

    def on(self, matcher: dict[str, Any], reaction: dict[str, Any]) -> int:
        """A rule. Where several match a request, the newest has it."""
        rule = self.tell("on", match=matcher, react=reaction)
        assert isinstance(rule, int)
        return rule

    def remove(self, rule: int) -> bool:
        """Takes a rule away; whether it was there."""
        return bool(self.tell("remove", rule=rule))

    def remove_all(self) -> None:
        """Takes all rules away."""
        self.tell("remove_all")

    def used(self, rule: int) -> int:
        """How many requests met a rule."""
        return int(self.tell("used", rule=rule))

    def received(self, matcher: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """The requests that match, oldest first."""
        return list(self.tell("received", match=matcher or {}))

    def count(self, matcher: dict[str, Any] | None = None) -> int:
        """How many requests match."""
        return int(self.tell("count", match=matcher or {})["total"])

    def count_by_node(self, matcher: dict[str, Any] | None = None) -> list[int]:
        """How many requests match, for each node."""
        return list(self.tell("count", match=matcher or {})["by_node"])

    def count_by_statement(self, matcher: dict[str, Any] | None = None) -> dict[str, int]:
        """How many requests match, for each statement."""
        return dict(self.tell("count", match=matcher or {})["by_statement"])

    def clear_received(self) -> None:
        """Forgets what was received."""
        self.tell("clear_received")

    def wait_for(self, matcher: dict[str, Any], count: int = 1, seconds: float = 5.0) -> bool:
        """Waits until so many requests have come that match; whether they have."""
        return bool(self.tell("wait", match=matcher, count=count, seconds=seconds))

    def change(self, **world: Any) -> None:
        """Changes what it pretends to be. Nobody is told; say it with one of the events."""
        self.tell("change", world=world)

    def push_topology_change(self, change: str, address: str, *, node: int | None = None) -> int:
        """``"NEW_NODE"``, ``"REMOVED_NODE"`` or ``"MOVED_NODE"``; how many connections had asked for it."""
        return self._push(node, type="topology", change=change, address=address, port=self.port)

    def push_status_change(self, change: str, address: str, *, node: int | None = None) -> int:
        """``"UP"`` or ``"DOWN"``; how many connections had asked for it."""
        return self._push(node, type="status", change=change, address=address, port=self.port)

    def push_schema_change(
        self, change: str, target: str, keyspace: str, name: str = "", *, node: int | None = None
    ) -> int:
        """``"CREATED"``, ``"UPDATED"`` or ``"DROPPED"``, of a ``"KEYSPACE"``, ``"TABLE"``, ``"TYPE"`` …; how many
        connections had asked for it."""
        return self._push(node, type="schema", change=change, target=target, keyspace=keyspace, name=name)

    def _push(self, node: int | None, **event: Any) -> int:
        return int(self.tell("push", node=node, event=event))


class MockNode:
    """One node of a cluster."""

    def __init__(self, cluster: MockCluster, index: int) -> None:
        self.cluster = cluster
        self.index = index

    @property
    def address(self) -> str:
        """Its address, without the port."""
        return self.cluster.contact_points[self.index]

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return int(self.cluster.tell("connections")[self.index]["open"])

    @property
    def accepted(self) -> int:
        """How many connections it has accepted so far."""
        return int(self.cluster.tell("connections")[self.index]["accepted"])

    def _act(self, action: str) -> None:
        self.cluster.tell("node", node=self.index, action=action)

    def close_connections(self) -> None:
        """Closes all connections (FIN)."""
        self._act("close_connections")

    def reset_connections(self) -> None:
        """Resets all connections (RST)."""
        self._act("reset_connections")

    def stop_listening(self) -> None:
        """Refuses further connections; those that are open stay."""
        self._act("stop_listening")

    def listen(self) -> None:
        """Listens again."""
        self._act("listen")

    def stop(self) -> None:
        """Goes down: refuses connections, closes those that are open, forgets prepared statements."""
        self._act("stop")

    def pause(self) -> None:
        """Hangs, as a stopped process does."""
        self._act("pause")

    def resume(self) -> None:
        """Goes on after ``pause``."""
        self._act("resume")

    def forget_statements(self) -> None:
        """Forgets all prepared statements."""
        self._act("forget_statements")


def keyspace(
    name: str,
    tables: dict[str, Sequence[tuple[str, str, str]]] | None = None,
    *,
    types: dict[str, Sequence[tuple[str, str]]] | None = None,
    replication: dict[str, str] | None = None,
) -> dict[str, Any]:
    """A keyspace to pretend to have: tables as name, type and kind (``partition_key``, ``clustering``, ``static``,
    ``regular``) of each column."""
    fields: dict[str, Any] = {
        "name": name,
        "tables": [
            {"name": table, "columns": [list(it) for it in columns]} for table, columns in (tables or {}).items()
        ],
        "types": [[type_name, [list(it) for it in of]] for type_name, of in (types or {}).items()],
    }
    if replication is not None:
        fields["replication"] = [list(it) for it in replication.items()]
    return fields


def binding(text: str, markers: Sequence[tuple[str, str]], partition_key: Sequence[int] = ()) -> dict[str, Any]:
    """What the bind markers of statements are that contain ``text``, where the schema does not tell."""
    return {"text": text, "markers": [list(it) for it in markers], "partition_key": list(partition_key)}


if __name__ == "__main__":
    # A cluster by hand: python -m tests.support.mock 3
    with MockCluster(int(sys.argv[1]) if len(sys.argv) > 1 else 1) as cluster:
        print(*cluster.contact_points, f"port {cluster.port}; Enter ends", flush=True)
        sys.stdin.readline()
