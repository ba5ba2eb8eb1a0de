"""What `Cluster(cloud=…)` refuses before anything is connected to."""

from __future__ import annotations

import json
import ssl
import zipfile
from pathlib import Path
from typing import Any

import pytest
from cassandra.cluster import Cluster
from cassandra.connection import DefaultEndPointFactory


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
