"""What is told of an authentication provider that fails: what was wrong and where, and no secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cassandra import AuthenticationFailed
from cassandra.auth import Authenticator, AuthProvider, PlainTextAuthenticator, PlainTextAuthProvider
from cassandra.cluster import Cluster, NoHostAvailable

from tests.support.mock import MockCluster

CANARY = "s3cr3t-canary"


@pytest.fixture
def mock() -> Iterator[MockCluster]:
    with MockCluster(1, credentials={"user": "u", "password": "p"}) as mock:
        yield mock


def complaint(mock: MockCluster, provider: Any) -> str:
    with (
        Cluster(mock.contact_points, port=mock.port, auth_provider=provider) as cluster,
        pytest.raises(NoHostAvailable) as caught,
    ):
        cluster.connect()
    (cause,) = (caught.value.errors or {}).values()
    assert isinstance(cause, AuthenticationFailed), cause
    assert CANARY not in f"{caught.value!r} {caught.value} {cause!r} {cause}"
    return str(cause)


@pytest.mark.parametrize(("username", "password", "missing"), [("u", None, "password"), (None, "p", "username")])
def test_what_is_missing_is_named(mock: MockCluster, username: Any, password: Any, missing: str) -> None:
    assert f"the {missing} is None" in complaint(mock, PlainTextAuthProvider(username, password))


class Provider(AuthProvider):
    def __init__(self, made: Any) -> None:
        self.made = made

    def new_authenticator(self, host: str) -> Any:
        return self.made() if callable(self.made) else self.made


class Raises(Authenticator):
    def initial_response(self) -> bytes:
        raise KeyError(CANARY)


class Refuses(Authenticator):
    def initial_response(self) -> bytes:
        raise AuthenticationFailed(CANARY)


class Answers(Authenticator):
    def initial_response(self) -> Any:
        return 5


class Undecided(PlainTextAuthenticator):
    """Ours, in the program's own."""

    def initial_response(self) -> bytes:
        return self.evaluate_challenge(b"nonsense")


def raises() -> Any:
    raise LookupError(CANARY)


@pytest.mark.parametrize("kind", [Raises, Refuses])
def test_the_place_is_told_and_not_the_text(mock: MockCluster, kind: type[Authenticator]) -> None:
    """The text of a program's own exception may hold what nobody is to read."""
    told = complaint(mock, Provider(kind))
    class_name = {Raises: "KeyError", Refuses: "AuthenticationFailed"}[kind]
    assert f"raised {class_name} in initial_response" in told
    assert f"{__file__}, line {kind.initial_response.__code__.co_firstlineno + 1})" in told


def test_a_provider_that_raises(mock: MockCluster) -> None:
    assert "raised LookupError in raises" in complaint(mock, Provider(raises))


def test_our_own_words_are_told(mock: MockCluster) -> None:
    told = complaint(mock, Provider(lambda: Undecided("u", CANARY)))
    assert "Did not receive a valid challenge response from server" in told


@pytest.mark.parametrize("made", [5, None, "x"], ids=repr)
def test_what_is_no_authenticator(mock: MockCluster, made: Any) -> None:
    told = complaint(mock, Provider(made))
    assert f"new_authenticator of the authentication provider gave {type(made)}" in told
    assert "it has no initial_response" in told


def test_an_answer_that_cannot_be_sent(mock: MockCluster) -> None:
    assert "initial_response of the authenticator gave <class 'int'>" in complaint(mock, Provider(Answers))


def test_one_that_is_like_an_authenticator_is_taken(mock: MockCluster) -> None:
    class Alike:
        def initial_response(self) -> bytes:
            return b"\x00u\x00p"

        def evaluate_challenge(self, challenge: bytes) -> bytes:
            return b""

        def on_authentication_success(self, token: bytes | None) -> None: ...

    provider = Provider(Alike)
    with Cluster(mock.contact_points, port=mock.port, auth_provider=provider) as cluster:
        assert cluster.connect() is not None
