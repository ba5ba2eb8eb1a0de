"""`ConsistencyLevel`, `ProtocolVersion` and the other constants of `cassandra`."""

import logging

import cassandra
import pytest
from cassandra import ConsistencyLevel, ProtocolVersion, SchemaChangeType, SchemaTargetType, WriteType


def test_consistency_levels_are_the_numbers_of_the_specification() -> None:
    names = ["ANY", "ONE", "TWO", "THREE", "QUORUM", "ALL", "LOCAL_QUORUM", "EACH_QUORUM", "SERIAL", "LOCAL_SERIAL"]
    names.append("LOCAL_ONE")
    assert [getattr(ConsistencyLevel, name) for name in names] == list(range(11))
    assert ConsistencyLevel.name_to_value == {name: number for number, name in enumerate(names)}
    assert ConsistencyLevel.value_to_name == dict(enumerate(names))
    assert [level for level in range(12) if ConsistencyLevel.is_serial(level)] == [8, 9]


def test_level_without_a_name_is_shown_as_its_number() -> None:
    assert cassandra.consistency_value_to_name(None) == "Not Set"
    assert cassandra.consistency_value_to_name(10) == "LOCAL_ONE"
    assert cassandra.consistency_value_to_name(99) == "99"


@pytest.mark.parametrize(
    ("version", "lower"), [(1, 0), (2, 1), (3, 2), (4, 3), (5, 4), (6, 5), (7, 5), (0x41, 5), (0x42, 0x41), (0, 0)]
)
def test_next_lower_version_is_never_a_beta(version: int, lower: int) -> None:
    assert ProtocolVersion.get_lower_supported(version) == lower


@pytest.mark.parametrize(
    ("ability", "versions"),
    [
        ("uses_int_query_flags", {5, 6, 0x41, 0x42}),
        ("uses_error_code_map", {5, 6, 0x41, 0x42}),
        ("uses_prepare_flags", {5, 6, 0x42}),
        ("uses_prepared_metadata", {5, 6, 0x42}),
        ("uses_keyspace_flag", {5, 6, 0x42}),
        ("has_continuous_paging_support", {0x41, 0x42}),
        ("has_continuous_paging_next_pages", {0x42}),
        ("has_checksumming_support", {5, 6}),
    ],
)
def test_what_each_version_can_do(ability: str, versions: set[int]) -> None:
    able = {version for version in ProtocolVersion.SUPPORTED_VERSIONS if getattr(ProtocolVersion, ability)(version)}
    assert able == versions


def test_write_types_and_schema_words() -> None:
    assert WriteType.name_to_value["UNLOGGED_BATCH"] == WriteType.UNLOGGED_BATCH == 2
    assert WriteType.value_to_name[7] == "CDC"
    assert (SchemaChangeType.DROPPED, SchemaTargetType.AGGREGATE) == ("DROPPED", "AGGREGATE")


def test_signature_of_a_function() -> None:
    function = cassandra.UserFunctionDescriptor("f", ["int", "map<int, text>"])
    assert function.signature == "f(int,map<int, text>)"
    assert repr(function) == "UserFunctionDescriptor(f, ['int', 'map<int, text>'])"
    assert cassandra.UserAggregateDescriptor.format_signature("g", []) == "g()"


def test_the_package_logs_nothing_unless_asked() -> None:
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("cassandra").handlers)
