"""Java class names to classes of the registry: `MapType(UTF8Type, Int32Type)`."""

from __future__ import annotations

import re
from typing import Any, Final

from cassandra._types.base import mkUnrecognizedType
from cassandra._types.registry import PREFIX, CassandraTypeType, casstypes

MAX_DEPTH: Final = 64
"""How deep types may nest, as in the engine."""

cassandra_empty_type: Final = PREFIX + "EmptyType"
cql_empty_type: Final = "empty"

# The letters of a name are those that the server's own parser takes.
TOKEN: Final = re.compile(r"\s*(?:(?P<name>[A-Za-z0-9_.+&-]+)\s*(?P<mark>:|=>)?|(?P<sign>[(),]))\s*")


def trim_if_startswith(s: str, prefix: str) -> str:
    """The text without the prefix, if it has it."""
    return s.removeprefix(prefix)


def lookup_casstype_simple(casstype: str) -> Any:
    """The class of a Java class's name without parameters; one that is not known is registered as such."""
    shortname = trim_if_startswith(casstype, PREFIX)
    found = casstypes.get(shortname)
    return mkUnrecognizedType(casstype) if found is None else found


def lookup_casstype(casstype: Any) -> Any:
    """The class of a Java class's name with its parameters; a class is its own."""
    if isinstance(casstype, CassandraTypeType):
        return casstype
    try:
        return parse_casstype_args(casstype)
    except (ValueError, IndexError) as error:
        raise ValueError(f"Don't know how to parse type string {casstype!r}: {error}") from error


class Parameters:
    """What stands between two brackets, collected until the second one comes."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        self.types: list[Any] = []
        self.names: list[str | None] = []
        self.label: str | None = None
        self.is_open = True

    def add(self, found: Any) -> None:
        self.types.append(found)
        self.names.append(self.label)
        self.label = None

    def applied(self) -> Any:
        owner = lookup_casstype_simple(self.owner)
        if not self.types:
            return owner
        # A user type's keyspace and name, a vector's dimension: words, not types.
        words = {"UserType": (0, 1), "VectorType": (1,)}.get(owner.cassname, ())
        types = [
            found if not isinstance(found, str) or index in words else lookup_casstype_simple(found)
            for index, found in enumerate(self.types)
        ]
        return owner.apply_parameters(types, self.names)


def parse_casstype_args(typestring: str) -> Any:
    """The class that a Java class's name with parameters says.

    Nested brackets are kept in a list of their own, not on Python's stack: a server sends these texts.
    """
    outermost = Parameters("")
    nested = [outermost]
    position = 0
    while position < len(typestring):
        token = TOKEN.match(typestring, position)
        if token is None:
            raise ValueError(f"weird characters {typestring[position : position + 64]!r} at end")
        position = token.end()
        if token["mark"]:
            nested[-1].label = token["name"]
        elif token["name"]:
            nested[-1].add(token["name"])
        elif token["sign"] == "(":
            if len(nested) > MAX_DEPTH:
                raise ValueError(f"types nest more than {MAX_DEPTH} deep")
            owner = nested[-1].types[-1]
            if not isinstance(owner, str):
                raise ValueError("brackets follow brackets")
            nested.append(Parameters(owner))
        elif token["sign"] == ")":
            closed = nested.pop()
            # The type whose brackets these are takes its place among its neighbours.
            nested[-1].types[-1] = closed.applied()
    while len(nested) > 1:
        closed = nested.pop()
        nested[-1].types[-1] = closed.applied()
    found = outermost.types[0]
    return lookup_casstype_simple(found) if isinstance(found, str) else found


def cql_typename(casstypename: str) -> str:
    """The type in CQL that a Java class's name says: `list<int>`."""
    name: str = lookup_casstype(casstypename).cql_parameterized_type()
    return name
