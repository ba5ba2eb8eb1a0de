"""The corpus of ``tests/server/cql`` as values: its files, their cases, and names filled in.

``tests/server/cql/README.md`` says what each field means. A field that is not known is an error, so that a slip of the
pen tests nothing silently.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "server" / "cql"
VERSIONS = (3, 4, 5)
MODES = ("simple", "prepared")


@dataclass(frozen=True, kw_only=True)
class Case:
    """One case; its steps stay raw until names are filled in."""

    name: str
    steps: list[Any]
    only: str | None = None
    versions: list[int] = field(default_factory=lambda: list(VERSIONS))

    def modes(self, version: int) -> tuple[str, ...]:
        """How its statements travel: as text, prepared, or once each; on v5 also prepared behind the scenes."""
        modes = MODES if self.only is None else (self.only,)
        have_values = any(isinstance(step, dict) and step.get("values") for step in self.steps)
        are_kept = any(isinstance(step, dict) and {"keep", "run"} & step.keys() for step in self.steps)
        return (*modes, "markers") if version == 5 and self.only != "simple" and have_values and not are_kept else modes


@dataclass(frozen=True, kw_only=True)
class File:
    """One file: statements that make what its cases need, and the cases."""

    name: str
    about: str
    cases: list[Case]
    setup: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: a statement, a batch, a statement that is kept, or the running of a kept one; and what it must give."""

    cql: str = ""
    values: list[Any] = field(default_factory=list)
    batch: str | None = None
    statements: list[dict[str, Any]] = field(default_factory=list)
    keep: str | None = None
    run: str | None = None
    role: str | None = None
    versions: list[int] | None = None
    page_size: int | None = None
    consistency: str | None = None
    serial: str | None = None
    columns: list[str] | None = None
    rows: list[list[Any]] | None = None
    any_order: bool = False
    count: int | None = None
    applied: bool | None = None
    error: dict[str, str] | None = None
    warning: str | None = None
    keyspace: str | None = None
    schema: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class Names:
    """What stands for ``$ks`` and ``$k`` in a case: the file's keyspace, and a number that no other run has."""

    keyspace: str
    number: int

    def text(self, text: str) -> str:
        """The text with both filled in."""
        return text.replace("$ks", self.keyspace).replace("$k", str(self.number))

    def fill(self, raw: Any) -> Step:
        """The step with all names filled in. A text that is ``$k`` alone becomes a number."""
        filled = self._filled({"cql": raw} if isinstance(raw, str) else raw)
        if "as" in filled:
            filled["role"] = filled.pop("as")
        return Step(**filled)

    def _filled(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.number if value == "$k" else self.text(value)
        if isinstance(value, list):
            return [self._filled(part) for part in value]
        if isinstance(value, dict):
            return {name: self._filled(part) for name, part in value.items()}
        return value


def files() -> Iterator[File]:
    """All files, by name."""
    for path in sorted(FOLDER.glob("*.json")):
        content = json.loads(path.read_text())
        content["cases"] = [Case(**case) for case in content["cases"]]
        yield File(name=path.stem, **content)
