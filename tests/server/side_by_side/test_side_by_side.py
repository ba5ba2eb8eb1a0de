"""Each program in `snippets` is run by cassandra-driver and by this package, on the same node, and must print the same.

What differs on purpose stands in docs/porting.md and is not printed. Without the environment of the reference,
`.dev/reference` (or `HELENUS_REFERENCE_PYTHON`), there is nothing to compare with, and all are skipped.
"""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.nodes import ROOT, Nodes

SNIPPETS = sorted((Path(__file__).parent / "snippets").glob("*.py"))
REFERENCE = Path(os.environ.get("HELENUS_REFERENCE_PYTHON", ROOT / ".dev" / "reference" / "bin" / "python"))


@pytest.fixture(scope="module")
def mirroring_node() -> Iterator[Nodes]:
    """A node that sends custom payloads back, and is quick to change its schema."""
    handler = {"cassandra.custom_query_handler_class": "org.apache.cassandra.cql3.CustomPayloadMirroringQueryHandler"}
    quick = {"cassandra.test.flush_local_schema_changes": "false"}
    with Nodes(address="127.0.78.33", config={"auto_snapshot": "false"}, properties={**handler, **quick}) as nodes:
        yield nodes


def begin(python: str | Path, snippet: Path, nodes: Nodes, keyspace: str) -> subprocess.Popen[str]:
    """A snippet under way, in a keyspace of its own."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": "0",
        "HELENUS_CONTACT_POINTS": ",".join(nodes.contact_points),
        "HELENUS_PORT": str(nodes.port),
        "HELENUS_KEYSPACE": keyspace,
    }
    command = [str(python), "-W", "ignore", str(snippet)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def printed(process: subprocess.Popen[str], whose: str) -> list[str]:
    """What it printed, once it has ended well."""
    out, complaints = process.communicate(timeout=120)
    assert process.returncode == 0, f"{whose} ended with {process.returncode}:\n{out[-2000:]}\n{complaints[-3000:]}"
    return out.splitlines()


@pytest.mark.skipif(not REFERENCE.exists(), reason="there is no environment of the reference")
@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda path: path.stem)
def test_both_print_the_same(snippet: Path, mirroring_node: Nodes) -> None:
    running = [
        begin(REFERENCE, snippet, mirroring_node, f"reference_{snippet.stem}"),
        begin(sys.executable, snippet, mirroring_node, f"ours_{snippet.stem}"),
    ]
    try:
        reference, ours = (printed(process, whose) for process, whose in zip(running, ("it", "ours"), strict=True))
    finally:
        for process in running:
            process.kill()
    assert len(reference) > 5
    assert ours == reference, "\n".join(difflib.unified_diff(reference, ours, "cassandra-driver", "ours", lineterm=""))
