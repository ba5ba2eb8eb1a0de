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

ANY_VERSION: Final = (ssl.PROTOCOL_TLS, ssl.PROTOCOL_TLS_CLIENT)

UNVERIFIED: Final = (
    "ssl_options verify nothing: whoever is between this program and the servers can read and change all that is sent, "
    "passwords too. Give ca_certs, or better an ssl_context"
)


def context_of(options: Mapping[str, Any]) -> ssl.SSLContext:
    """The context that the options ask for. TypeError for an unknown option, ValueError for what cannot be met.

    With `ca_certs` the server's certificate is verified, unless `cert_reqs` says otherwise; without, it is not, and
    `cert_reqs=CERT_REQUIRED` then verifies it against the system's authorities. `do_handshake_on_connect` and
    `suppress_ragged_eofs` change nothing: the handshake is always made first, and an end is never taken for more.
    """
    if not isinstance(options, Mapping):
        raise TypeError(f"ssl_options must be a dict, not {type(options).__name__}")
    unknown = set(options) - CONTEXT - SOCKET
    if unknown:
        raise TypeError(f"ssl_options has unknown keys: {', '.join(sorted(map(str, unknown)))}")
    ca_certs = options.get("ca_certs")
    if options.get("server_side"):
        raise ValueError("ssl_options: server_side must be False, this is the client's side")
    server_name(options)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    pin_version(context, options.get("ssl_version"))
    context.check_hostname = False
    context.verify_mode = required(options)
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


def required(options: Mapping[str, Any]) -> ssl.VerifyMode:
    """Whether the server's certificate is verified."""
    given = options.get("cert_reqs", ssl.CERT_REQUIRED if options.get("ca_certs") else ssl.CERT_NONE)
    try:
        return ssl.VerifyMode(given)
    except ValueError:
        kind = type(given).__name__
        raise ValueError(f"ssl_options: cert_reqs must be one of ssl.CERT_NONE and its like, not a {kind}") from None


def server_name(options: Mapping[str, Any]) -> str | None:
    """The name that the server's certificate must be for, where it is not the host's address."""
    name = options.get("server_hostname")
    if name is not None and not isinstance(name, str):
        raise TypeError(f"ssl_options: server_hostname must be text, not {type(name).__name__}")
    return name


def pin_version(context: ssl.SSLContext, version: Any) -> None:
    """Allow the one version of TLS that a constant such as `PROTOCOL_TLSv1_2` names; PROTOCOL_TLS means any.

    ValueError for what names none: the program would believe that it is obeyed.
    """
    if version is None or version in ANY_VERSION:
        return
    for name in ("TLSv1", "TLSv1_1", "TLSv1_2", "TLSv1_3"):
        if version in (getattr(ssl, f"PROTOCOL_{name}", None), ssl.TLSVersion[name]):
            context.minimum_version = context.maximum_version = ssl.TLSVersion[name]
            return
    raise ValueError(
        f"ssl_options: ssl_version must be one of ssl.PROTOCOL_TLS and its like; {type(version).__name__} given names "
        "no version that there is here"
    )
