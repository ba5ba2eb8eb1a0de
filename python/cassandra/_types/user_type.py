"""`UserType`: user-defined types, and the namedtuples that their values are."""

from __future__ import annotations

import re
from binascii import unhexlify
from collections import namedtuple
from collections.abc import Sequence
from functools import lru_cache
from keyword import iskeyword
from typing import Any, ClassVar

from cassandra._types.collection_types import TupleType
from cassandra._types.registry import unregistered


class UserType(TupleType):
    """A user-defined type: values are of `mapped_class`, where a program registered one, else namedtuples."""

    typename = "org.apache.cassandra.db.marshal.UserType"
    _kind = "udt"
    _cache: ClassVar[dict[tuple[str, str], Any]] = {}

    keyspace: ClassVar[str]
    fieldnames: ClassVar[Sequence[str]] = ()
    mapped_class: ClassVar[Any] = None
    tuple_type: ClassVar[Any] = None

    @classmethod
    def make_udt_class(
        cls, keyspace: str, udt_name: str, field_names: Sequence[str], field_types: Sequence[Any]
    ) -> Any:
        """The class of a user-defined type: the same one as before, unless its fields are others now."""
        made = cls._cache.get((keyspace, udt_name))
        if made is None or made.fieldnames != tuple(field_names) or made.subtypes != tuple(field_types):
            made = unregistered(
                udt_name,
                cls,
                subtypes=tuple(field_types),
                cassname=cls.cassname,
                typename=udt_name,
                fieldnames=tuple(field_names),
                keyspace=keyspace,
                mapped_class=None,
                tuple_type=value_class(udt_name, tuple(field_names)),
            )
            cls._cache[keyspace, udt_name] = made
        return made

    @classmethod
    def evict_udt_class(cls, keyspace: str, udt_name: str) -> None:
        """Forget a type that was dropped."""
        cls._cache.pop((keyspace, udt_name), None)

    @classmethod
    def mapped_to(cls, mapped_class: Any) -> Any:
        """This type with another class for its values: programs with several clusters may register several."""
        if cls.mapped_class is mapped_class:
            return cls
        return unregistered(cls.__name__, cls, mapped_class=mapped_class, cassname=cls.cassname)

    @classmethod
    def apply_parameters(cls, subtypes: Sequence[Any], names: Sequence[str | None] | None = None) -> Any:
        """From what its Java class's name says: keyspace, name in hex, then fields with names in hex."""
        if names is None or len(subtypes) < 2:
            raise ValueError(f"a user type has a keyspace, a name and fields ({len(subtypes)} parameters given)")
        keyspace, name = (given if isinstance(given, str) else given.cassname for given in subtypes[:2])
        fields = tuple(name_from_hex(field or "") for field in names[2:])
        return cls.make_udt_class(keyspace, name_from_hex(name), fields, tuple(subtypes[2:]))

    @classmethod
    def cql_parameterized_type(cls) -> str:
        return f"frozen<{cls.typename}>"


def name_from_hex(encoded: str) -> str:
    """A name, which Java class names carry as the hex digits of its UTF-8."""
    try:
        return unhexlify(encoded).decode()
    except ValueError as error:
        raise ValueError(f"{encoded[:64]!r} is not a name in hex: {error}") from None


@lru_cache(maxsize=1024)
def value_class(name: str, field_names: tuple[str, ...]) -> Any:
    """The namedtuple of a type's values, which can be pickled. A field that Python cannot name is `field_1_`."""
    names: list[str] = []
    for index, field in enumerate(field_names):
        usable = field.isidentifier() and not iskeyword(field) and not field.startswith("_")
        names.append(field if usable and field not in names else f"field_{index}_")
    class_name = re.sub(r"\W", "_", name)
    if not class_name.isidentifier() or iskeyword(class_name):
        class_name = f"udt_{class_name}"
    # Through a name of type Any: what is made here is nothing that a type checker can know.
    make: Any = namedtuple
    made = make(class_name, names, module="cassandra.cqltypes")
    made.__reduce__ = lambda self: (value_from_pickle, (name, field_names, tuple(self)))
    return made


def value_from_pickle(name: str, field_names: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    """A value out of a pickle."""
    return value_class(name, field_names)._make(values)
