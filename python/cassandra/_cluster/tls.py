"""`ssl_options`, the older way to ask for TLS, as an `ssl.SSLContext`.

An `ssl_context` is obeyed as given and does not come through here.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, Final

CONTEXT: Final = frozenset(
    ("ca_certs", "certfile", "keyfile", "password", "cert_reqs", "ssl_version", "ciphers", "check_hostname")
)
SOCKET: Final = frozenset(("server_hostname", "server_side", "do_handshake_on_connect", "suppress_ragged_eofs"))


def context_of(options: Mapping[str, Any]) -> ssl.SSLContext:
    """The context that the options ask for. TypeError for an unknown option, ValueError for what cannot be met.

    With `ca_certs` the server's certificate is verified, unless `cert_reqs` says otherwise; without, it is not, and
    `cert_reqs=CERT_REQUIRED` then verifies it against the system's authorities.
    """
    if not isinstance(options, Mapping):
        raise TypeError(f"ssl_options must be a dict, not {type(options).__name__}")
    unknown = set(options) - CONTEXT - SOCKET
    if unknown:
        raise TypeError(f"ssl_options has unknown keys: {', '.join(sorted(map(str, unknown)))}")
    ca_certs = options.get("ca_certs")
    required = options.get("cert_reqs", ssl.CERT_REQUIRED if ca_certs else ssl.CERT_NONE)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    pin_version(context, options.get("ssl_version"))
    context.check_hostname = False
    context.verify_mode = ssl.VerifyMode(required)
    if options.get("check_hostname"):
        if context.verify_mode == ssl.CERT_NONE:
            raise ValueError("ssl_options: check_hostname needs cert_reqs=CERT_REQUIRED, or ca_certs")
        context.check_hostname = True
    if ca_certs:
        context.load_verify_locations(ca_certs)
    elif context.verify_mode != ssl.CERT_NONE:
        context.load_default_certs()
    if options.get("certfile"):
        context.load_cert_chain(options["certfile"], options.get("keyfile"), options.get("password"))
    elif options.get("keyfile"):
        raise ValueError("ssl_options: keyfile needs certfile")
    if options.get("ciphers"):
        context.set_ciphers(options["ciphers"])
    return context


def pin_version(context: ssl.SSLContext, version: Any) -> None:
    """Allow the one version of TLS that a constant such as `PROTOCOL_TLSv1_2` names; others mean any."""
    name = getattr(version, "name", "")
    pinned = {"PROTOCOL_TLSv1": "TLSv1", "PROTOCOL_TLSv1_1": "TLSv1_1", "PROTOCOL_TLSv1_2": "TLSv1_2"}.get(name)
    if pinned is not None:
        context.minimum_version = context.maximum_version = ssl.TLSVersion[pinned]
