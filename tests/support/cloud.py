"""A cloud for pytest: a proxy that finds nodes by SNI, a metadata service, and the secure connect bundle for both."""

from __future__ import annotations

import json
import select
import socket
import ssl
import threading
import zipfile
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any


class Cloud:
    """In front of nodes that speak TLS, by host id. It is ``localhost``, and wants a certificate of the client."""

    def __init__(self, certificates: Path, nodes: Mapping[str, tuple[str, int]]) -> None:
        self._certificates = certificates
        self._nodes = nodes
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
        self._context.load_verify_locations(certificates / "ca.pem")
        self._context.verify_mode = ssl.CERT_REQUIRED
        self._context.sni_callback = self._note
        self._said: dict[int, str | None] = {}
        self.names: set[str | None] = set()
        self._stopped = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.1)
        proxy = f"localhost:{self._listener.getsockname()[1]}"
        info = {"type": "sni_proxy", "local_dc": "datacenter1", "sni_proxy_address": proxy, "contact_points": [*nodes]}
        self._metadata = self._service(json.dumps({"version": 1, "region": "local", "contact_info": info}).encode())
        self._threads = [
            threading.Thread(target=run, daemon=True) for run in (self._accept, self._metadata.serve_forever)
        ]

    def _service(self, answer: bytes) -> HTTPServer:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200 if self.path == "/metadata" else 404)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                """Nobody reads it."""

        service = HTTPServer(("127.0.0.1", 0), Handler)
        service.socket = self._context.wrap_socket(service.socket, server_side=True)
        return service

    def _note(self, client: Any, name: str | None, context: ssl.SSLContext) -> None:
        self._said[id(client)] = name
        self.names.add(name)

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:  # it is closed
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(10)
        try:
            with self._context.wrap_socket(plain, server_side=True) as client:
                host, port = self._nodes[self._said.pop(id(client)) or ""]
                context = ssl.create_default_context(cafile=self._certificates / "ca.pem")
                with (
                    socket.create_connection((host, port), 10) as to,
                    context.wrap_socket(to, server_hostname=host) as node,
                ):
                    self._relay(client, node)
        except (OSError, KeyError):
            return  # the client sees a connection that ends

    def _relay(self, client: ssl.SSLSocket, node: ssl.SSLSocket) -> None:
        other = {client: node, node: client}
        while not self._stopped.is_set():
            ready = [one for one in other if one.pending()] or select.select([*other], [], [], 0.1)[0]
            for one in ready:
                piece = one.recv(65_536)
                if not piece:
                    return
                other[one].sendall(piece)

    def bundle(self, path: Path, **config: Any) -> str:
        """Writes the bundle; `config` goes into its config.json."""
        port = self._metadata.socket.getsockname()[1]
        settings = {
            "host": "localhost",
            "port": port,
            "caCertLocation": "./ca.crt",
            "certLocation": "./cert",
            "keyLocation": "./key",
        }
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", json.dumps({**settings, **config}))
            for name, file in [("ca.crt", "ca.pem"), ("cert", "client.pem"), ("key", "client.key")]:
                archive.write(self._certificates / file, name)
        return str(path)

    def __enter__(self) -> Cloud:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._listener.close()
        self._metadata.shutdown()
        self._metadata.server_close()
