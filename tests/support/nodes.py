"""Real Cassandra nodes for pytest: the client of ``helenus-cassandra serve``.

    with Nodes(3, password=True, address="127.0.78.1") as nodes:
        provider = PlainTextAuthProvider(*nodes.credentials)
        session = Cluster(nodes.contact_points, port=nodes.port, auth_provider=provider).connect()
        nodes.kill(2)
        ...
        nodes.start(2)

Nodes are numbered from 1, in the order of their addresses. They end with the ``with`` block, and also when this process
does, however it ends. It is not a driver and knows nothing of one.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parents[2]
WANTED = os.environ.get("HELENUS_SERVER_TESTS") == "1"
"""Whether the tests on real nodes are to run."""


class NodesError(Exception):
    """The nodes could not be had, or did not do what they were told."""


def program() -> Path:
    """``helenus-cassandra``, as cargo built it; the newer one if there are two."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    built = [path for profile in ("debug", "release") if (path := target / profile / "helenus-cassandra").exists()]
    if not built:
        raise NodesError("helenus-cassandra is not built: cargo build -p helenus-testkit --bin helenus-cassandra")
    return max(built, key=lambda path: path.stat().st_mtime)


class Nodes:
    """A cluster of real nodes.

    ``tls`` is ``"on"``, ``"optional"`` (plain too) or ``"client"`` (the client must show a certificate too);
    ``config`` are lines for ``cassandra.yaml``, ``properties`` are system properties of the server's virtual machine.
    """

    def __init__(
        self,
        count: int = 1,
        *,
        address: str,
        version: str | None = None,
        password: bool = False,
        tls: str | None = None,
        mutual_tls: bool = False,
        server_certificate: str | None = None,
        racks: str | None = None,
        config: Mapping[str, str] | None = None,
        properties: Mapping[str, str] | None = None,
    ) -> None:
        options = {
            "--nodes": str(count),
            "--address": address,
            "--version": version,
            "--server-certificate": server_certificate,
            "--racks": racks,
        }
        command = [str(program()), "serve"]
        command += [word for name, value in options.items() if value is not None for word in (name, value)]
        command += ["--password"] if password else []
        command += [f"--tls={tls}"] if tls is not None else []
        command += ["--mutual-tls"] if mutual_tls else []
        for key, value in (config or {}).items():
            command += ["--config", f"{key}={value}"]
        for name, text in (properties or {}).items():
            command += ["--property", f"{name}={text}"]
        self._command = command
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self.environment: dict[str, str] = {}

    def __enter__(self) -> Nodes:
        # Progress and complaints go to standard error, where pytest keeps them for whoever fails.
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        try:
            self._wait_until_ready(self._process)
        except BaseException:
            self.end()
            raise
        return self

    def _wait_until_ready(self, process: subprocess.Popen[str]) -> None:
        while (line := self._read()) != "ready":
            if not line:
                raise NodesError(f"{' '.join(self._command[1:])} ended with {process.wait(10)}")
            name, _, value = line.partition("=")
            self.environment[name] = value

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Ends all nodes and removes their files."""
        process, self._process = self._process, None
        if process is None or process.stdin is None or process.stdout is None:
            return
        process.stdin.close()
        try:
            process.wait(60)
        finally:
            process.kill()
            process.stdout.close()

    @property
    def contact_points(self) -> list[str]:
        """All nodes' addresses."""
        return self.environment["HELENUS_CONTACT_POINTS"].split(",")

    @property
    def port(self) -> int:
        """The port for clients."""
        return int(self.environment["HELENUS_PORT"])

    @property
    def version(self) -> str:
        """The server's version."""
        return self.environment["HELENUS_CASSANDRA_VERSION"]

    @property
    def credentials(self) -> tuple[str, str]:
        """The name and password of the first role."""
        return self.environment["HELENUS_USER"], self.environment["HELENUS_PASSWORD"]

    @property
    def ca(self) -> str:
        """The authority's certificate: what a client trusts."""
        return self.environment["HELENUS_CA"]

    @property
    def certificate(self) -> str:
        """A good certificate for a client; with ``mutual_tls`` that of the role ``alice``."""
        return self.environment["HELENUS_CERT"]

    @property
    def key(self) -> str:
        """Its key."""
        return self.environment["HELENUS_KEY"]

    @property
    def certificates(self) -> Path:
        """The directory of all certificates, bad ones too: ``other-ca.pem``, ``client-expired.pem`` and so on."""
        return Path(self.environment["HELENUS_CERTIFICATES"])

    def start(self, number: int) -> None:
        """Starts a node that is not running and waits until it answers."""
        self._tell(f"start {number}")

    def stop(self, number: int) -> None:
        """Ends a node as an operator would: it drains."""
        self._tell(f"stop {number}")

    def kill(self, number: int) -> None:
        """Ends a node as a crash would."""
        self._tell(f"kill {number}")

    def pause(self, number: int) -> None:
        """Makes a node hang: its sockets stay open and silent."""
        self._tell(f"pause {number}")

    def resume(self, number: int) -> None:
        """Lets a paused node go on."""
        self._tell(f"resume {number}")

    def _tell(self, command: str) -> None:
        process = self._process
        if process is None or process.stdin is None:
            raise NodesError("the nodes have ended")
        with self._lock:
            process.stdin.write(command + "\n")
            process.stdin.flush()
            answer = self._read()
        if answer != "ok":
            raise NodesError(f"{command}: {answer.removeprefix('error: ') or 'helenus-cassandra has ended'}")

    def _read(self) -> str:
        if self._process is None or self._process.stdout is None:
            return ""
        return self._process.stdout.readline().rstrip("\n")
