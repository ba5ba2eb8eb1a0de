"""`UserType`: a class whose objects are values of a user-defined type."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, ClassVar

from cassandra._exported import exported_by
from cassandra._mapper.column import Column
from cassandra._mapper.column_descriptor import ColumnDescriptor
from cassandra._mapper.field_mapping import FieldMapping
from cassandra._mapper.names import snake_case
from cassandra.cqlengine import CQLEngineException

exported = exported_by("cassandra.cqlengine.usertype")


@exported
class UserTypeException(CQLEngineException):
    """Something is wrong with a class of a user-defined type."""


@exported
class UserTypeDefinitionException(UserTypeException):
    """The class cannot be such a class."""


@exported
class BaseUserType(FieldMapping):
    """A value of a user-defined type. The reference between the class and the type is its name in CQL."""

    __type_name__: ClassVar[str | None] = None
    """The type's name, where it is not the class's in lower case."""

    _fields: ClassVar[Mapping[str, Column]] = OrderedDict()
    _db_map: ClassVar[Mapping[str, str]] = {}

    def __init__(self, **values: Any) -> None:
        self._begin({self._db_map.get(name, name): value for name, value in values.items()})

    def _fields_of(self) -> Mapping[str, Any]:
        return self._fields

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return "{" + ", ".join(f"'{name}': {getattr(self, name)!r}" for name in self._fields) + "}"

    def __getattr__(self, attr: str) -> Any:
        # A column of another name in the database is known by both.
        name = type(self)._db_map.get(attr)
        if name is None:
            raise AttributeError(attr)
        return getattr(self, name)

    def has_changed_fields(self) -> bool:
        """Whether some field is another than what is stored."""
        return any(manager.changed for manager in self._values.values())

    def reset_changed_fields(self) -> None:
        """Take the values for stored."""
        for manager in self._values.values():
            manager.reset_previous_value()

    @classmethod
    def register_for_keyspace(cls, keyspace: str | None, connection: Any = None) -> None:
        """Have values of the type in this keyspace become objects of this class."""
        from cassandra.cqlengine import connection as conn

        conn.register_udt(keyspace, cls.type_name(), cls, connection=connection)

    @classmethod
    def type_name(cls) -> str:
        """The type's name in CQL."""
        return cls.__type_name__.lower() if cls.__type_name__ else snake_case(cls.__name__)

    def validate(self) -> None:
        """Check all fields. ValidationError where one does not fit."""
        for name, field in self._fields.items():
            value = getattr(self, name)
            if value is None and not self._values[name].explicit and field.has_default:
                value = field.get_default()
            setattr(self, name, field.validate(value))


def inherited(bases: tuple[type, ...]) -> set[str]:
    """The names of fields of the classes that a class is derived from."""
    return {name for base in bases for name in getattr(base, "_fields", ())}


@exported
class UserTypeMetaClass(type):
    """Makes classes of user-defined types of their columns."""

    def __new__(mcs, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> UserTypeMetaClass:
        fields = OrderedDict(
            sorted(
                ((key, value) for key, value in attrs.items() if isinstance(value, Column)), key=lambda pair: pair[1]
            )
        )
        for key, field in fields.items():
            if field.primary_key:
                raise UserTypeDefinitionException("cannot have a primary key in a user-defined type")
            if any(hasattr(base, key) for base in bases) and key not in inherited(bases):
                raise UserTypeDefinitionException(f"field {key!r} conflicts with built-in attribute/method")
            if field.db_field and field.db_field != key and field.db_field in attrs:
                raise UserTypeDefinitionException(
                    f"db_field {field.db_field!r} for field {key!r} conflicts with another attribute name"
                )
            field.set_column_name(key)
            attrs[key] = ColumnDescriptor(field)
        attrs["_fields"] = fields
        attrs["_db_map"] = {field.db_field_name: key for key, field in fields.items() if field.db_field_name != key}
        return super().__new__(mcs, name, bases, attrs)


@exported
class UserType(BaseUserType, metaclass=UserTypeMetaClass):
    """Derive from it, and give it columns: each is a field of the type."""
