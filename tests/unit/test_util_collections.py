"""`SortedSet` and `OrderedMap`: sets and maps whose members and keys need not be hashable."""

import copy
import datetime as dt
import math
import pickle
from collections import OrderedDict
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from cassandra.util import (
    Duration,
    OrderedMap,
    OrderedMapSerializedKey,
    SortedSet,
    list_contents_to_tuple,
    ms_timestamp_from_datetime,
    sortedset,
    utc_datetime_from_ms_timestamp,
)
from hypothesis import given
from hypothesis import strategies as st

MEMBERS = st.lists(st.integers(0, 12), max_size=10)


class TestSortedSet:
    @given(MEMBERS, MEMBERS)
    def test_is_a_set_in_order(self, left: list[int], right: list[int]) -> None:
        mine, theirs = SortedSet(left), set(right)
        assert list(mine) == sorted(set(left))
        assert list(mine | theirs) == list(theirs | mine) == sorted(set(left) | theirs)  # type: ignore[operator]
        assert list(mine & theirs) == sorted(set(left) & theirs)
        assert list(mine - theirs) == sorted(set(left) - theirs)
        assert list(theirs - mine) == sorted(theirs - set(left))  # type: ignore[operator]
        assert list(mine ^ theirs) == sorted(set(left) ^ theirs)
        assert (mine == theirs) == (set(left) == theirs)
        assert (mine <= theirs, mine < theirs) == (set(left) <= theirs, set(left) < theirs)
        assert (mine >= theirs, mine > theirs) == (set(left) >= theirs, set(left) > theirs)
        assert mine.isdisjoint(theirs) == set(left).isdisjoint(theirs)
        assert [number in mine for number in range(13)] == [number in left for number in range(13)]

    @given(MEMBERS, st.sampled_from([list, tuple, lambda member: {member}, lambda member: {"k": member}]))
    def test_members_need_not_be_hashable(self, members: list[int], wrap: Any) -> None:
        wrapped = [wrap([member]) if wrap in (list, tuple) else wrap(member) for member in members]
        made = SortedSet(wrapped)
        assert len(made) == len(set(members))
        assert all(member in made for member in wrapped)
        assert made == SortedSet(reversed(wrapped)) or wrap not in (list, tuple)
        made.remove(wrapped[0]) if wrapped else None
        assert not wrapped or wrapped[0] not in made

    def test_changes_in_place(self) -> None:
        made = sortedset([3, 1, 2])
        made.add(0)
        made.add(1)
        assert made == [0, 1, 2, 3]
        assert made.pop() == 3
        made.remove(1)
        made.discard(99)
        with pytest.raises(KeyError):
            made.remove(99)
        made |= {7}
        made &= {0, 7, 8}
        made ^= {0, 5}
        made -= {5}
        assert list(made) == [7]
        del made[0]
        with pytest.raises(KeyError):
            made.pop()
        made.update([3, 1], (2,))
        assert list(reversed(made)) == [3, 2, 1]
        made.clear()
        assert not made

    def test_sequence(self) -> None:
        made = SortedSet([3, 1, 2])
        assert (made[0], made[-1], made[1:]) == (1, 3, [2, 3])
        assert repr(made) == "SortedSet([1, 2, 3])"
        with pytest.raises(TypeError, match="unhashable"):
            hash(made)

    def test_mixed_members(self) -> None:
        made = SortedSet([1, "a", None, 1, "a", None, float("nan")])
        assert len(made) == 4
        assert len(SortedSet([None, 1, 2, 6, None, None, 92])) == 5
        assert SortedSet([2, 1, None]) == SortedSet([2, 1, None, 2, 1])
        assert all(member in made for member in (1, "a", None))
        assert "b" not in made
        assert made != None  # noqa: E711

    def test_tuples_are_found_whatever_they_hold(self) -> None:
        for members in (
            [(1, "a"), (0, "b"), (1, "a")],
            [("a", 1), (1, "a"), (0, "z"), ("a", 1), (1, "a")],
            [(1, None), (0, None), (1, None), (1, 5)],
            [[float("nan")], [1.0], [1.0]],
        ):
            made = SortedSet(members)
            assert all(member in made for member in members)
            assert len(made) == len({repr(member) for member in members})

    def test_members_that_cannot_be_hashed_are_in_no_builtin_set(self) -> None:
        made = SortedSet([[1], [2]])
        assert made - {1} == made
        assert not made & frozenset({(1,)})
        assert made.isdisjoint({1})

    def test_copies(self) -> None:
        made = SortedSet([2, 1])
        for again in (made.copy(), copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
            assert again == made
            assert again is not made
        made.copy().add(5)
        assert list(made) == [1, 2]

    @pytest.mark.parametrize(
        ("items", "order"),
        [
            ([1, 2], [1, 2]),
            ([UUID(int=9), UUID(int=3)], [UUID(int=3), UUID(int=9)]),
            ([{"a": 2}, {"a": 1}], [{"a": 2}, {"a": 1}]),
            ([Decimal(2), Decimal(1)], [Decimal(1), Decimal(2)]),
        ],
    )
    def test_from_a_server(self, items: list[Any], order: list[Any]) -> None:
        made = SortedSet._from_sorted(items)
        assert list(made) == order
        assert all(item in made for item in items)
        assert UUID(int=4) not in made


class TestOrderedMap:
    def test_keeps_its_order(self) -> None:
        made = OrderedMap([("b", 1), ("a", 2)], c=3)
        assert (list(made), list(made.values()), made["a"], len(made)) == (["b", "a", "c"], [1, 2, 3], 2, 3)
        assert repr(made) == "OrderedMap([('b', 1), ('a', 2), ('c', 3)])"
        assert str(made) == "{'b': 1, 'a': 2, 'c': 3}"
        assert (made.get("z"), "z" in made, dict(made)) == (None, False, {"b": 1, "a": 2, "c": 3})
        with pytest.raises(KeyError, match="z"):
            made["z"]

    def test_equality(self) -> None:
        made = OrderedMap([("b", 1), ("a", 2)])
        assert made == {"a": 2, "b": 1} == made
        assert made == OrderedDict([("a", 2), ("b", 1)])
        assert made == [("b", 1), ("a", 2)]
        assert made == OrderedMap(made)
        for other in (OrderedMap([("a", 2), ("b", 1)]), {"b": 1}, {"b": 1, "a": 3}, None, 5):
            assert made != other
        with pytest.raises(TypeError, match="unhashable"):
            hash(made)

    @pytest.mark.parametrize(
        ("key", "same", "other"),
        [
            ([1, [2]], (1, (2,)), [1, [3]]),
            ({1}, SortedSet([1]), {2}),
            ({"a": [1]}, OrderedMap([("a", [1])]), {"a": [2]}),
            (SortedSet([[1]]), SortedSet([[1]]), SortedSet([[2]])),
            (Duration(1, 2, 3), Duration(1, 2, 3), Duration(1, 2, 4)),
        ],
    )
    def test_keys_need_not_be_hashable(self, key: Any, same: Any, other: Any) -> None:
        made = OrderedMap([(key, 1), ("x", 2)])
        assert made[key] == made[same] == 1
        assert other not in made
        made[same] = 5
        assert (len(made), made[key]) == (2, 5)

    def test_changes(self) -> None:
        made = OrderedMap([("a", 1), ("b", 2)])
        made["a"] = 3
        made["c"] = 4
        assert made.popitem() == ("c", 4)
        del made["a"]
        assert list(made.items()) == [("b", 2)]
        with pytest.raises(KeyError):
            del made["a"]
        made.popitem()
        with pytest.raises(KeyError):
            made.popitem()

    def test_bad_arguments(self) -> None:
        with pytest.raises(TypeError, match="at most 1"):
            OrderedMap({}, {})
        for bad in ([1], 5):
            with pytest.raises(TypeError):
                OrderedMap(bad)  # type: ignore[arg-type]

    def test_copies(self) -> None:
        made = OrderedMap([([1], 1)])
        for again in (copy.copy(made), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
            assert again == made
            assert again[[1]] == 1


class Milliseconds:
    """Stands for a class of `cassandra.cqltypes`."""

    @staticmethod
    def to_binary(value: Any, protocol_version: int) -> bytes:
        number = value if isinstance(value, int) else ms_timestamp_from_datetime(value)
        return int(number).to_bytes(8, "big", signed=True)

    @staticmethod
    def from_binary(data: bytes, protocol_version: int) -> Any:
        return utc_datetime_from_ms_timestamp(int.from_bytes(data, "big", signed=True))


class TestMapOfAServer:
    def test_finds_keys_by_what_means_the_same_in_cql(self) -> None:
        moment = dt.datetime(2020, 1, 1)
        made = OrderedMapSerializedKey._from_sorted_pairs([(moment, "x")], Milliseconds, 4)
        assert made[moment] == made[1577836800000] == "x"
        assert 5 not in made
        assert "text" not in made
        assert made.get(None) is None
        assert (made.cass_key_type, made.protocol_version) == (Milliseconds, 4)

    def test_filled_one_by_one(self) -> None:
        made = OrderedMapSerializedKey(None, 4)
        made._insert("a", 1)
        made._insert_unchecked("c", b"c", 2)
        assert repr(made) == "OrderedMapSerializedKey([('a', 1), ('c', 2)])"
        assert made == {"a": 1, "c": 2}
        assert pickle.loads(pickle.dumps(made))["c"] == 2

    def test_is_read_through_without_an_index(self) -> None:
        pairs = [(key, key) for key in "zab"]
        made = OrderedMapSerializedKey._from_sorted_pairs(pairs)
        assert list(made.items()) == pairs
        assert made._index is None
        assert made["a"] == "a"


@pytest.mark.parametrize(
    ("given", "expected"),
    [([[1], [2]], ((1,), (2,))), ([1, [2]], (1, (2,))), ([[1, [2]], 3], ((1, [2]), 3)), ((1, [2]), (1, [2]))],
)
def test_lists_within_a_key(given: Any, expected: Any) -> None:
    assert list_contents_to_tuple(given) == expected


def test_a_server_has_nan_last_and_a_set_has_it_first():
    made = SortedSet._from_sorted([-0.5, 1.0, math.nan])
    assert math.isnan(made[0])
    assert made[1:] == [-0.5, 1.0]
    assert list(SortedSet._from_sorted([2, 1])) == [1, 2]
