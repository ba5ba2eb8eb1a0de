"""The corpus of this folder, run from the Python door: every kind of statement on protocol v3, v4 and v5, as text with
literals and prepared, with the values, the errors and the metadata that it must give.

The Rust door runs the same files: `crates/helenus/tests/server/cql.rs`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import EXEC_PROFILE_DEFAULT, Cluster, ExecutionProfile
from cassandra.policies import RoundRobinPolicy
from cassandra.query import tuple_factory

from tests.support.corpus import VERSIONS, Case, File, files
from tests.support.cql_door import Door
from tests.support.nodes import Nodes

Doors = Callable[[int], Door]


@pytest.fixture(scope="module")
def doors(guarded_node: Nodes) -> Iterator[Doors]:
    """The session of each version, connected when it is first needed."""
    opened: dict[int, Door] = {}

    def connect(version: int, role: str | None) -> Cluster:
        user, password = guarded_node.credentials if role is None else (role, "pw")
        profile = ExecutionProfile(RoundRobinPolicy(), request_timeout=60.0, row_factory=tuple_factory)
        return Cluster(
            guarded_node.contact_points,
            port=guarded_node.port,
            protocol_version=version,
            auth_provider=PlainTextAuthProvider(user, password),
            execution_profiles={EXEC_PROFILE_DEFAULT: profile},
            control_connection_timeout=30.0,
        )

    def door(version: int) -> Door:
        if version not in opened:
            opened[version] = Door(connect, version)
        return opened[version]

    yield door
    for version in opened:
        opened[version].close()


def every_case() -> Iterator[object]:
    """The cases of each version, those of a file one after another."""
    for version in VERSIONS:
        for file in files():
            for case in file.cases:
                if version in case.versions:
                    yield pytest.param(version, file, case, id=f"v{version}-{file.name}-{case.name}")


@pytest.mark.parametrize(("version", "file", "case"), list(every_case()))
def test_every_case_of_the_corpus_on_every_version(
    doors: Doors, version: int, file: File, case: Case, record_property: Callable[[str, object], None]
) -> None:
    record_property("case", f"{file.name}: {case.name}")
    record_property("modes", len(case.modes(version)))
    door = doors(version)
    door.prepare(file)
    for mode in case.modes(version):
        door.run(case, mode)
