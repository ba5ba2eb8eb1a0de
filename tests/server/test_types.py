"""Every CQL type written to a real node and read back equal, by the program among the examples that does so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.nodes import Nodes

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def test_every_type_on_every_protocol(node: Nodes) -> None:
    environment = {**os.environ, **node.environment}
    done = subprocess.run(
        [sys.executable, "every_type.py"], cwd=EXAMPLES, env=environment, capture_output=True, text=True, timeout=110
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert len([line for line in lines if line.startswith("protocol ")]) == 8
    assert lines[-1].startswith("done:")
