"""Secure connect bundles, for programs that look into them. `Cluster(cloud=…)` needs nothing of this.

What is told here is read when it is asked for, into memory: nothing is unpacked beside the bundle.
"""

from __future__ import annotations

import json
import ssl
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from http.client import HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any

from cassandra._cluster.cloud import path_of
from cassandra._errors.driver import DriverException, UnsupportedOperation

METADATA = "/metadata"
"""Where the metadata service answers."""

MOST = 1024 * 1024
"""So many bytes an answer of it may have, or a file of the bundle; some hundred are usual."""


class CloudConfig:
    """What a bundle says, and what the metadata service adds to it: `sni_host`, `sni_port`, `host_ids`, `local_dc`."""

    username: str | None = None
    password: str | None = None
    host: str | None = None
    port: int | None = None
    keyspace: str | None = None
    local_dc: str | None = None
    ssl_context: ssl.SSLContext | None = None
    sni_host: str | None = None
    sni_port: int | None = None
    host_ids: list[str] | None = None

    @classmethod
    def from_dict(cls, d: Mapping[str, Any]) -> CloudConfig:
        """Of what `config.json` says."""
        config = cls()
        for name in ("username", "password", "host", "port", "keyspace"):
            setattr(config, name, d.get(name))
        config.local_dc = d.get("localDC")
        if config.port is not None:
            config.port = int(config.port)
        return config

    def __repr__(self) -> str:
        return f"<CloudConfig {self.host}:{self.port}>"


def get_cloud_config(cloud_config: Mapping[str, Any], create_pyopenssl_context: bool = False) -> CloudConfig:
    """What the bundle says that `cloud_config["secure_connect_bundle"]` names, and what its metadata service does.

    ValueError and OSError for what is no bundle; DriverException where the service does not answer, within
    `cloud_config["connect_timeout"]` seconds, by default five.
    """
    return read_metadata_info(read_cloud_config_from_zip(cloud_config, create_pyopenssl_context), cloud_config)


def read_cloud_config_from_zip(cloud_config: Mapping[str, Any], create_pyopenssl_context: bool = False) -> CloudConfig:
    """What the bundle itself says."""
    if create_pyopenssl_context:
        raise UnsupportedOperation("there is no context of pyOpenSSL: ssl_context is one of the standard library")
    path = path_of(cloud_config)
    try:
        with zipfile.ZipFile(path) as archive:
            said, *trust = (content_of(archive, name) for name in ("config.json", "ca.crt", "cert", "key"))
    except zipfile.BadZipFile as error:
        raise ValueError("the secure connect bundle is no zip archive") from error
    # A file that is encrypted, or packed in a way that is not known, or damaged.
    except (RuntimeError, zlib.error) as error:
        raise ValueError(f"the secure connect bundle cannot be unpacked: {error}") from error
    try:
        config = CloudConfig.from_dict(json.loads(said))
    except (ValueError, TypeError, AttributeError) as error:
        # What is in it is told to nobody: there may be a password.
        raise ValueError(f"config.json of the secure connect bundle cannot be read ({type(error).__name__})") from None
    config.ssl_context = context_of(*trust)
    return config


def content_of(archive: zipfile.ZipFile, name: str) -> bytes:
    """A file of the bundle. FileNotFoundError where it is not there, ValueError for one that is too large."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise FileNotFoundError(f"the secure connect bundle has no {name!r}") from None
    if info.file_size > MOST:
        raise ValueError(f"the secure connect bundle is refused: {name} has more than {MOST} bytes")
    return archive.read(info)


def context_of(authority: bytes, certificate: bytes, key: bytes) -> ssl.SSLContext:
    """A context that trusts this authority only, and shows this certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=authority.decode("ascii"))
    # The standard library takes them from files only.
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder, "cert"), Path(folder, "key")
        for path, content in zip(paths, (certificate, key), strict=True):
            path.touch(0o600)
            path.write_bytes(content)
        context.load_cert_chain(paths[0], paths[1])
    return context


def read_metadata_info(config: CloudConfig, cloud_config: Mapping[str, Any]) -> CloudConfig:
    """Ask the metadata service, and take what it says into `config`, which is returned."""
    url = f"https://{config.host}:{config.port}{METADATA}"
    timeout = cloud_config.get("connect_timeout", 5)
    connection = HTTPSConnection(config.host or "", config.port, timeout=timeout, context=config.ssl_context)
    try:
        connection.request("GET", METADATA, headers={"Accept": "application/json"})
        answer = connection.getresponse()
        status, told = answer.status, answer.read(MOST + 1)
    except (OSError, HTTPException) as error:
        why = f"Unable to connect to the metadata service at {url}. Check the cluster status in the cloud console."
        raise DriverException(why) from error
    finally:
        connection.close()
    if status != 200:
        raise DriverException(f"Error while fetching the metadata at: {url}. The service returned error code {status}.")
    if len(told) > MOST:
        raise DriverException(f"The answer of the metadata service at {url} has more than {MOST} bytes")
    try:
        parse_metadata_info(config, told.decode())
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DriverException(f"The answer of the metadata service at {url} cannot be read") from error
    return config


def parse_metadata_info(config: CloudConfig, http_data: str) -> CloudConfig:
    """Take what the metadata service says, as JSON, into `config`, which is returned. Port 9042 unless it says one."""
    info = json.loads(http_data)["contact_info"]
    host, colon, port = info["sni_proxy_address"].partition(":")
    config.sni_host, config.sni_port = host, int(port) if colon else 9042
    config.local_dc = info["local_dc"]
    config.host_ids = list(info["contact_points"])
    return config


__all__ = ["CloudConfig", "get_cloud_config", "parse_metadata_info", "read_cloud_config_from_zip", "read_metadata_info"]
