"""Names, keywords and tokens of `cassandra.metadata`."""

import random
from typing import Any

import pytest
from cassandra import metadata
from cassandra.metadata import (
    MAX_LONG,
    BytesToken,
    MD5Token,
    Murmur3Token,
    Token,
    escape_name,
    is_valid_name,
    maybe_escape_name,
    protect_name,
    protect_names,
    protect_value,
)
from cassandra.murmur3 import murmur3


@pytest.mark.parametrize("name", ["a", "a1", "ascii", "key", "timestamp", "inet", "x" * 60])
def test_names_that_need_no_quotes(name: str) -> None:
    assert is_valid_name(name)
    assert maybe_escape_name(name) == protect_name(name) == name


@pytest.mark.parametrize(
    "name", ["A", "aB", "_a", "1a", "select", "SELECT", "token", "", "é", "a b", "a\n", 'a"; DROP']
)
def test_names_that_need_quotes(name: str) -> None:
    assert not is_valid_name(name)
    quoted = maybe_escape_name(name)
    assert quoted == escape_name(name) == protect_name(name)
    assert quoted[1:-1].replace('""', '"') == name
    assert '"' not in quoted[1:-1].replace('""', "")


def test_keywords() -> None:
    assert not is_valid_name(None)
    assert protect_names(["a", "B"]) == ["a", '"B"']
    assert metadata.cql_keywords == metadata.cql_keywords_reserved | metadata.cql_keywords_unreserved
    assert not metadata.cql_keywords_reserved & metadata.cql_keywords_unreserved


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "NULL"), (True, "true"), (False, "false"), ("it's", "'it''s'"), (5, "5"), (1.5, "1.5")],
)
def test_values(value: Any, text: str) -> None:
    assert protect_value(value) == text


def test_values_that_have_no_literal_here() -> None:
    for value in ([1], {1: 2}, b"a", object()):
        with pytest.raises(TypeError):
            protect_value(value)


# Observed on cassandra-driver 3.30.1, for keys of 0 to 39 bytes out of this generator.
HASHES = [
    0, 1834666616712205263, -620898676454037334, -6763108241864899096, -7125346300494057685, -4135279858137123474,
    -8062669151065754697, 3051796417091205734, 863387477721269288, 3593359013406068967, 8216877698243601186,
    4827589130648543047, 5991182107338460663, -4511214157187690247, 1693887355305617615, 7861682859306262613,
    7747518779464225579, 1974883603254744530, 8415307398647117491, 7945476873212317033, 6273402658464858530,
    6771480836117702410, -3360457584160387060, 9007472298896228954, -5377630144087369344, -1832212003347360382,
    -558865784564330130, 1603430132076383134, 7746486113266168115, -1000332891075986126, 7405848057675579550,
    -4363002104374141815, -1636206020786065370, 2511983758749038966, 1101359255119579926, -4069683454888726958,
    -7102683856355311845, -8184967681354530596, 9038703882311513275, -6971256260549640116,
]  # fmt: skip


def test_hash_of_the_partitioner() -> None:
    source = random.Random(3)
    keys = [bytes(source.randrange(256) for _ in range(length)) for length in range(40)]
    assert [murmur3(key) for key in keys] == HASHES
    assert murmur3("abc") == murmur3(bytearray(b"abc")) == -5434086359492102041
    with pytest.raises(TypeError):
        murmur3(None)  # type: ignore[arg-type]


def test_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Murmur3Token.from_key(b"abc").value == -5434086359492102041
    assert Murmur3Token.from_string("-5") == Murmur3Token(-5)
    assert MD5Token.from_key(b"abc").value == 148866708576779697295343134153845407886
    assert MD5Token.from_key(b"\xff" * 20).value == 9816789376975776340756467927915366162
    assert MD5Token.from_string("61") == MD5Token(61)
    assert BytesToken.from_key(b"ab") == BytesToken.from_string("6162")
    assert sorted([Murmur3Token(3), Murmur3Token(1)]) == [Murmur3Token(1), Murmur3Token(3)]
    assert (repr(Murmur3Token(5)), repr(BytesToken(b"a"))) == ("<Murmur3Token: 5>", "<BytesToken: b'a'>")
    assert Murmur3Token(5) != 5
    assert len({Murmur3Token(5), Murmur3Token(5)}) == 1
    with pytest.raises(TypeError):
        Murmur3Token(5) < 6  # type: ignore[operator]  # noqa: B015
    with pytest.raises(NotImplementedError):
        Token.from_string("1")
    monkeypatch.setattr("cassandra._metadata.tokens.murmur3", lambda key: -(2**63))
    assert Murmur3Token.from_key(b"").value == MAX_LONG
