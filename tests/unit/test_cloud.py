"""What `Cluster(cloud=…)` refuses before anything is connected to, and what programs read of bundles by themselves."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import traceback
import zipfile
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from cassandra import DriverException, UnsupportedOperation
from cassandra.cluster import Cluster
from cassandra.connection import DefaultEndPointFactory
from cassandra.datastax import cloud


def packed(path: Path, **files: Any) -> str:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr("config.json" if name == "config" else name, content)
    return str(path)


CONFIG = json.dumps({"host": "localhost", "port": 1, "password": "s3cret"})


@pytest.mark.parametrize("cloud", [{}, "bundle.zip", ["bundle.zip"], {"secure_connect_bundles": "x"}])
def test_no_bundle_is_named(cloud: Any) -> None:
    with pytest.raises(ValueError, match="doesn't have a secure_connect_bundle specified"):
        Cluster(cloud=cloud)
    with pytest.raises(TypeError, match="must be a path, not int"):
        Cluster(cloud={"secure_connect_bundle": 1})


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        Cluster(cloud={"secure_connect_bundle": "/nowhere/bundle.zip"})
    assert (caught.value.errno, caught.value.filename) == (2, "/nowhere/bundle.zip")


def test_a_directory(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="cannot be read"):
        Cluster(cloud={"secure_connect_bundle": tmp_path})


@pytest.mark.parametrize(
    "other",
    [
        {"contact_points": ["127.0.0.1"]},
        {"contact_points": []},
        {"ssl_context": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)},
        {"ssl_options": {"ca_certs": "x"}},
        {"endpoint_factory": DefaultEndPointFactory()},
    ],
)
def test_what_the_bundle_stands_for(other: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="cannot be specified with a cloud configuration"):
        Cluster(cloud={"secure_connect_bundle": "/nowhere/bundle.zip"}, **other)


def test_files_that_are_no_bundle(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"

    def refusal(expected: type[Exception]) -> str:
        with pytest.raises(expected) as caught:
            Cluster(cloud={"secure_connect_bundle": str(path)})
        assert "s3cret" not in str(caught.value)
        return str(caught.value)

    path.write_bytes(b"nonsense")
    assert "no zip archive" in refusal(ValueError)
    packed(path)
    assert "config.json" in refusal(FileNotFoundError)
    packed(path, config="{")
    assert "it is no JSON" in refusal(ValueError)
    packed(path, config='{"host": "localhost", "port": "s3cret"}')
    assert "wrong kind" in refusal(ValueError)
    packed(path, config=CONFIG)
    assert "ca.crt" in refusal(FileNotFoundError)
    packed(path, config=CONFIG, **{"ca.crt": "", "cert": "", "key": ""})
    assert "holds no certificate" in refusal(ValueError)
    packed(path, config=CONFIG, **{"ca.crt": b" " * 50_000_000, "cert": "", "key": ""})
    assert "more than 1048576 bytes" in refusal(ValueError)


SERVICE = {
    "region": "local",
    "contact_info": {
        "type": "sni_proxy",
        "local_dc": "dc1",
        "contact_points": ["b13ae7b4-e711-4660-8dd1-bec57d37aa64", "d4330144-5fb3-425a-86a1-431b3e4d0671"],
        "sni_proxy_address": "localhost:30002",
    },
}


def test_what_the_metadata_service_says() -> None:
    config = cloud.CloudConfig()
    assert cloud.parse_metadata_info(config, json.dumps(SERVICE)) is config
    assert (config.sni_host, config.sni_port, config.local_dc) == ("localhost", 30002, "dc1")
    assert config.host_ids == SERVICE["contact_info"]["contact_points"]  # type: ignore[index]
    cloud.parse_metadata_info(config, json.dumps(SERVICE).replace("localhost:30002", "elsewhere"))
    assert (config.sni_host, config.sni_port) == ("elsewhere", 9042)


def test_what_a_bundle_says_of_itself() -> None:
    config = cloud.CloudConfig.from_dict({"host": "localhost", "port": "443", "localDC": "dc1", "keyspace": "ks"})
    assert (config.host, config.port, config.local_dc, config.keyspace) == ("localhost", 443, "dc1", "ks")


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """One that speaks plain HTTP, and answers what it is told to. (By TLS: tests/server/test_cloud.py.)"""
    says = {"status": 200, "body": json.dumps(SERVICE).encode()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(says["status"] if self.path == "/metadata" else 404)
            self.end_headers()
            self.wfile.write(says["body"])

        def log_message(self, format: str, *args: Any) -> None:
            """Nobody reads it."""

    monkeypatch.setattr(cloud, "HTTPSConnection", lambda *at, context, **more: HTTPConnection(*at, **more))
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        says["port"] = server.server_port
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        yield says
        server.shutdown()
        serving.join()


def test_an_answer_of_the_metadata_service_is_checked(service: dict[str, Any]) -> None:
    config = cloud.CloudConfig()
    config.host, config.port = "127.0.0.1", service["port"]
    assert cloud.read_metadata_info(config, {}) is config
    assert config.sni_port == 30002
    for body in (b"", b"{}", b"[]", b"\xff", b'{"contact_info": {"sni_proxy_address": "nowhere"}}'):
        service["body"] = body
        with pytest.raises(DriverException, match=f":{config.port}/metadata cannot be read"):
            cloud.read_metadata_info(config, {})
    service["body"] = b" " * (cloud.MOST + 1)
    with pytest.raises(DriverException, match="more than 1048576 bytes"):
        cloud.read_metadata_info(config, {})
    service["status"] = 503
    with pytest.raises(DriverException, match="The service returned error code 503"):
        cloud.read_metadata_info(config, {})


def test_a_metadata_service_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        config = cloud.CloudConfig()
        config.host, config.port = "127.0.0.1", nobody.getsockname()[1]
    with pytest.raises(DriverException, match="Unable to connect to the metadata service at https://127") as caught:
        cloud.read_metadata_info(config, {"connect_timeout": 5})
    assert isinstance(caught.value.__cause__, OSError)


def test_a_bundle_that_is_none_is_refused_by_its_reader_too(tmp_path: Path) -> None:
    for wrong in ({}, {"secure_connect_bundles": "x"}):
        with pytest.raises(ValueError, match="doesn't have a secure_connect_bundle specified"):
            cloud.get_cloud_config(wrong)

    def refusal(expected: type[Exception], **files: Any) -> str:
        with pytest.raises(expected) as caught:
            cloud.get_cloud_config({"secure_connect_bundle": packed(tmp_path / "bundle.zip", **files)})
        assert "s3cret" not in "".join(traceback.format_exception(caught.value))
        return str(caught.value)

    assert "has no 'config.json'" in refusal(FileNotFoundError)
    assert "has no 'ca.crt'" in refusal(FileNotFoundError, config=CONFIG)
    parts = {"ca.crt": "", "cert": "", "key": ""}
    assert "cannot be read (JSONDecodeError)" in refusal(ValueError, config='{"password": "s3cret"', **parts)
    assert "cannot be read (AttributeError)" in refusal(ValueError, config='["s3cret"]', **parts)
    assert "ca.crt has more than 1048576 bytes" in refusal(
        ValueError, config=CONFIG, **{**parts, "ca.crt": " " * 2**21}
    )
    # Flags that say that a file is encrypted; then one that is packed in a way that nobody knows.
    for at_local, at_central, value in ((6, 8, 1), (8, 10, 77)):
        content = bytearray(Path(packed(tmp_path / "bundle.zip", config=CONFIG, **parts)).read_bytes())
        for start, at in ((content.index(b"PK\x03\x04"), at_local), (content.index(b"PK\x01\x02"), at_central)):
            content[start + at] = value
        (tmp_path / "bundle.zip").write_bytes(content)
        with pytest.raises(ValueError, match="cannot be unpacked"):
            cloud.get_cloud_config({"secure_connect_bundle": str(tmp_path / "bundle.zip")})
    (tmp_path / "bundle.zip").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="no zip archive"):
        cloud.get_cloud_config({"secure_connect_bundle": str(tmp_path / "bundle.zip")})
    with pytest.raises(FileNotFoundError):
        cloud.get_cloud_config({"secure_connect_bundle": "/nowhere/bundle.zip"})
    with pytest.raises(UnsupportedOperation, match="pyOpenSSL"):
        cloud.get_cloud_config({"secure_connect_bundle": "x"}, create_pyopenssl_context=True)
    config = cloud.CloudConfig()
    config.host, config.port, config.password = "localhost", 1, "s3cret"
    assert repr(config) == "<CloudConfig localhost:1>"
