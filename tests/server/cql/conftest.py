"""What the corpus' modules assert is shown in full, and at the end stands how much of the corpus was run."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.corpus import VERSIONS

pytest.register_assert_rewrite("tests.support.cql_door", "tests.support.cql_schema", "tests.support.cql_values")

CASES: set[str] = set()
RUNS: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Counts each case, and each of its runs: one a version and mode."""
    properties = dict(report.user_properties)
    if report.when == "call" and "case" in properties:
        CASES.add(str(properties["case"]))
        RUNS[report.outcome] += int(str(properties["modes"]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says how much was run."""
    if RUNS:
        outcomes = ", ".join(f"{outcome} {number}" for outcome, number in sorted(RUNS.items()))
        versions = ", ".join(map(str, VERSIONS))
        terminalreporter.write_line(
            f"corpus from Python: {len(CASES)} cases, protocol {versions}; runs (a version and mode each): {outcomes}"
        )
