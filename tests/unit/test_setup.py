"""What `./dev` takes for a machine on which a real node can run: one with a Java that Cassandra runs on, and with
the server's jars or Maven, which fetches them.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
JAVA_8 = 'java version "1.8.0_402"\nJava(TM) SE Runtime Environment'
JAVA_11 = 'openjdk version "11.0.22" 2024-01-16\nOpenJDK Runtime Environment'
JAVA_17 = 'openjdk version "17.0.10" 2024-01-16\nOpenJDK Runtime Environment'
JAVA_21 = 'openjdk version "21" 2023-09-19\nOpenJDK Runtime Environment'
WITH_OPTIONS = f"Picked up JAVA_TOOL_OPTIONS: -Xmx1g\n{JAVA_17}"


def program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)


def asked(place: Path, **more: str) -> str:
    """What is said on a machine that has the programs in `place` and no others."""
    script = f"set -euo pipefail; ROOT={ROOT}; source tools/setup.sh; PATH={place}"
    ran = subprocess.run(
        ["/bin/bash", "-c", f"{script}; cassandra_possible && echo yes || echo no"],
        cwd=ROOT,
        env={
            "HOME": str(place),
            "PATH": "/usr/bin:/bin",
            "HELENUS_CASSANDRA": str(place / "helenus-cassandra"),
            **more,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.stderr == ""
    return ran.stdout.strip()


def prepared(place: Path, *, maven: bool, jars: bool) -> None:
    if maven:
        program(place / "mvn", "exit 0")
    program(place / "helenus-cassandra", f"exit {0 if jars else 1}")
    for tool in ("sed", "head", "cat", "bash"):
        (place / tool).symlink_to(next(where for at in ("/usr/bin", "/bin") if (where := Path(at, tool)).exists()))
    # `id` says that it is nobody who could install something.
    program(place / "id", "echo 1000")


@pytest.mark.parametrize(
    ("java", "maven", "jars", "possible"),
    [
        (JAVA_17, True, True, True),
        (JAVA_17, True, False, True),  # it fetches them
        (JAVA_17, False, True, True),
        (JAVA_17, False, False, False),
        (JAVA_21, True, True, False),
        (WITH_OPTIONS, True, False, True),
        (JAVA_11, True, False, True),
        (JAVA_8, True, True, False),
        ("", True, True, False),
        (None, True, True, False),
    ],
)
def test_a_real_node_is_possible(tmp_path: Path, java: str | None, maven: bool, jars: bool, possible: bool) -> None:
    if java is not None:
        program(tmp_path / "java", f"cat >&2 <<'END'\n{java}\nEND")
    prepared(tmp_path, maven=maven, jars=jars)
    assert asked(tmp_path) == ("yes" if possible else "no")


def test_java_may_be_named_by_java_home(tmp_path: Path) -> None:
    home, place = tmp_path / "jdk", tmp_path / "bin"
    (home / "bin").mkdir(parents=True)
    place.mkdir()
    program(place / "java", f"cat >&2 <<'END'\n{JAVA_21}\nEND")
    program(home / "bin" / "java", f"cat >&2 <<'END'\n{JAVA_17}\nEND")
    prepared(place, maven=True, jars=True)
    assert (asked(place), asked(place, JAVA_HOME=str(home))) == ("no", "yes")
