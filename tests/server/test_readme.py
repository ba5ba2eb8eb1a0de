"""The Python of README.md runs as it is printed there, but for the address of the node."""

from __future__ import annotations

import re
import subprocess
import sys

from tests.support.nodes import ROOT, Nodes


def test_it_runs_as_printed(guarded_node: Nodes) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert blocks
    points = repr(list(guarded_node.contact_points))
    for block in blocks:
        program = block.replace('["127.0.0.1"]', f"{points}, port={guarded_node.port}")
        assert program != block
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
        assert (ran.returncode, ran.stdout.split("\n")) == (0, ["1 Alice", "1", ""]), ran.stderr
