"""Authentication providers: the bytes they send, and that nothing shows the secret."""

import logging
import pickle
import traceback
from typing import Any

import cassandra.auth
import pytest
from cassandra import AuthenticationFailed
from cassandra.auth import (
    Authenticator,
    AuthProvider,
    BaseDSEAuthenticator,
    DSEGSSAPIAuthProvider,
    DSEPlainTextAuthProvider,
    PlainTextAuthenticator,
    PlainTextAuthProvider,
    SaslAuthProvider,
    TransitionalModePlainTextAuthProvider,
)

CANARY = "s3cr3t-canary"
DSE = "com.datastax.bdp.cassandra.auth.DseAuthenticator"
PASSWORD = "org.apache.cassandra.auth.PasswordAuthenticator"


@pytest.mark.parametrize("kind", [PlainTextAuthProvider, DSEPlainTextAuthProvider])
@pytest.mark.parametrize(
    ("server", "first"), [(PASSWORD, b"\x00u\x00p\xc3\x9f"), (None, b"\x00u\x00p\xc3\x9f"), (DSE, b"PLAIN")]
)
def test_plain_text(kind: type[PlainTextAuthProvider], server: str | None, first: bytes) -> None:
    authenticator = kind(username="u", password="pß").new_authenticator("127.0.0.1")
    authenticator.server_authenticator_class = server
    assert authenticator.initial_response() == first
    assert authenticator.evaluate_challenge(b"PLAIN-START") == b"\x00u\x00p\xc3\x9f"
    authenticator.on_authentication_success(b"token")


@pytest.mark.parametrize("challenge", [b"x", b"", None, "PLAIN-START"])
def test_secret_goes_out_only_for_the_right_challenge(challenge: Any) -> None:
    with pytest.raises(AuthenticationFailed, match="valid challenge"):
        PlainTextAuthenticator("u", CANARY).evaluate_challenge(challenge)


@pytest.mark.parametrize(("username", "password"), [(None, "p"), ("u", None), ("a\x00b", "p"), ("u", "p\x00")])
def test_credentials_that_cannot_be_sent(username: Any, password: Any) -> None:
    wrong = "NUL" if username and password else "password" if username else "username"
    with pytest.raises(AuthenticationFailed, match=wrong + ".*$"):
        PlainTextAuthProvider(username, password).new_authenticator("h").initial_response()


def test_what_no_login_can_be_is_refused_at_once() -> None:
    for wrong in (True, b"p", ["p"], {"p": 1}):
        kind = type(wrong).__name__
        with pytest.raises(TypeError, match=f"password must be text, not {kind}"):
            PlainTextAuthProvider("u", wrong)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match=f"username must be text, not {kind}"):
            PlainTextAuthProvider(wrong, "p")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="password must be text"):
            PlainTextAuthProvider("u", "p").password = wrong  # type: ignore[assignment]


def test_numbers_are_sent_as_their_text_as_there() -> None:
    provider = PlainTextAuthProvider("u", 12345)  # type: ignore[arg-type]
    assert provider.new_authenticator("h").initial_response() == b"\x00u\x0012345"


def test_attributes_still_work() -> None:
    provider = PlainTextAuthProvider("u", "p")
    provider.password = CANARY
    provider.username = "v"
    assert provider.password == CANARY
    assert provider.new_authenticator("h").initial_response() == b"\x00v\x00" + CANARY.encode()
    again = pickle.loads(pickle.dumps(provider))
    assert (again.username, again.password) == ("v", CANARY)


def test_nothing_shows_the_secret(caplog: pytest.LogCaptureFixture) -> None:
    """A2 of docs/promises.md."""
    provider = PlainTextAuthProvider("user", CANARY)
    authenticator = provider.new_authenticator("127.0.0.1")
    with caplog.at_level(logging.DEBUG):
        authenticator.initial_response()
    shown = [f"{thing!r} {thing} {vars(thing)} {thing:}" for thing in (provider, authenticator)]
    try:
        authenticator.evaluate_challenge(b"x")
    except AuthenticationFailed as error:
        report = traceback.TracebackException.from_exception(error, capture_locals=True)
        shown += ["".join(report.format()), repr(pickle.dumps(error))]
    assert "user" in shown[0]
    assert CANARY not in "".join(shown) + caplog.text


def test_transitional_mode() -> None:
    authenticator = TransitionalModePlainTextAuthProvider().new_authenticator("h")
    assert authenticator.initial_response() == b"\x00\x00"
    authenticator.server_authenticator_class = DSE
    assert authenticator.initial_response() == b"PLAIN"


class Sasl:
    """Stands for `puresasl.client.SASLClient`."""

    def __init__(self, host: str, service: str, mechanism: str, **properties: Any) -> None:
        self.made = (host, service, mechanism, properties)

    def process(self, challenge: bytes | None = None) -> bytes:
        return b"first" if challenge is None else b"answer to " + challenge


def test_sasl_by_puresasl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cassandra.auth, "SASLClient", Sasl)
    provider = SaslAuthProvider(service="s", mechanism="M", username="u", password=CANARY)
    authenticator: Any = provider.new_authenticator("127.0.0.1")
    assert authenticator.sasl.made == ("127.0.0.1", "s", "M", {"username": "u", "password": CANARY})
    assert (authenticator.initial_response(), authenticator.evaluate_challenge(b"c")) == (b"first", b"answer to c")
    assert CANARY not in f"{provider!r} {vars(provider)} {vars(authenticator)}"
    assert provider.sasl_kwargs["service"] == "s"
    with pytest.raises(ValueError, match="host"):
        SaslAuthProvider(host="h", service="s")


def test_kerberos_by_puresasl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cassandra.auth, "SASLClient", Sasl)
    authenticator: Any = DSEGSSAPIAuthProvider(resolve_host_name=False, a=1).new_authenticator("127.0.0.1")
    assert authenticator.sasl.made == ("127.0.0.1", "dse", "GSSAPI", {"qops": ("auth",), "a": 1})
    assert authenticator.initial_response() == b"first"
    assert authenticator.evaluate_challenge(b"c") == b"answer to c"
    authenticator.server_authenticator_class = DSE
    assert authenticator.initial_response() == b"GSSAPI"


def test_sasl_without_puresasl(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cassandra.auth, "SASLClient", None)
    for make in (lambda: SaslAuthProvider(service="s"), lambda: DSEGSSAPIAuthProvider()):
        with pytest.raises(ImportError, match="puresasl"):
            make()


def test_what_a_subclass_must_say() -> None:
    assert Authenticator().initial_response() is None
    assert Authenticator().server_authenticator_class is None
    for ask in (
        lambda: Authenticator().evaluate_challenge(b""),
        lambda: AuthProvider().new_authenticator("h"),
        lambda: BaseDSEAuthenticator().initial_response(),
        lambda: BaseDSEAuthenticator().get_mechanism(),
    ):
        with pytest.raises(NotImplementedError):
            ask()
