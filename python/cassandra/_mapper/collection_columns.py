"""Columns of lists, sets, maps, tuples and user-defined types: columns with other columns inside."""

from __future__ import annotations

from typing import Any, ClassVar

from cassandra._exported import exported_by
from cassandra._mapper.column import Column
from cassandra._mapper.value_managers import UDTValueManager
from cassandra.cqlengine import ValidationError
from cassandra.cqltypes import UserType as _UserType
from cassandra.cqltypes import _cqltypes
from cassandra.util import OrderedMap, SortedSet

exported = exported_by("cassandra.cqlengine.columns")

MOST_ELEMENTS = 65_535


@exported
class BaseCollectionColumn(Column):
    """A column with columns inside. Those are frozen wherever they have columns inside themselves."""

    def __init__(self, types: Any, **kwargs: Any) -> None:
        made = []
        for kind in types:
            inner = kind() if isinstance(kind, type) and issubclass(kind, Column) else kind
            if not isinstance(inner, Column):
                raise ValidationError(f"{kind!r} is not a column class or instance")
            made.append(inner)
        self.types: tuple[Column, ...] = tuple(made)
        self._frozen = False
        super().__init__(**kwargs)
        for inner in self.types:
            inner._freeze()

    def _freeze(self) -> None:
        self._frozen = True
        self._freeze_inside()

    def _freeze_inside(self) -> None:
        for inner in self.types:
            inner._freeze()

    def set_column_name(self, name: str) -> None:
        super().set_column_name(name)
        for inner in self.types:
            inner.set_column_name(name)

    @property
    def sub_types(self) -> list[Any]:
        return list(self.types)

    @property
    def cql_type(self) -> Any:
        return _cqltypes[self._container].apply_parameters([inner.cql_type for inner in self.types])

    _container: ClassVar[str] = ""

    @property
    def db_type(self) -> str:
        """The CQL type with its parameters."""
        inside = f"{self._container}<{', '.join(inner.db_type for inner in self.types)}>"
        is_frozen = self._frozen or (self.primary_key and self._container != "tuple")
        return f"frozen<{inside}>" if is_frozen else inside


@exported
class Tuple(BaseCollectionColumn):
    """A tuple: `Tuple(Integer, Text)`."""

    _container = "tuple"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not args:
            raise ValueError("Tuple must specify at least one inner type")
        super().__init__(args, **kwargs)

    def validate(self, value: Any) -> Any:
        value = super().validate(value)
        if value is None:
            return None
        if len(value) > len(self.types):
            raise ValidationError(
                f"Value {value!r} has more fields than tuple definition ({', '.join(t.db_type for t in self.types)})"
            )
        return tuple(inner.validate(item) for inner, item in zip(self.types, value, strict=False))

    def to_python(self, value: Any) -> Any:
        if value is None:
            return ()
        return tuple(inner.to_python(item) for inner, item in zip(self.types, value, strict=False))

    def to_database(self, value: Any) -> Any:
        if value is None:
            return None
        return tuple(inner.to_database(item) for inner, item in zip(self.types, value, strict=False))


@exported
class BaseContainerColumn(BaseCollectionColumn):
    """A collection. An empty one is stored as no value."""

    _is_mutable = True
    _python_type_hashable = False

    def validate(self, value: Any) -> Any:
        value = super().validate(value)
        if value is not None and len(value) > MOST_ELEMENTS:
            raise ValidationError(f"{self.column_name}: Collection can't have more than {MOST_ELEMENTS} elements.")
        return value

    def _val_is_null(self, val: Any) -> bool:
        return not val

    @property
    def _is_whole(self) -> bool:
        """Whether it can only be written as a whole."""
        return self._frozen or self.primary_key


def inner_column(kind: Any, what: str) -> Any:
    """Refuse what cannot be a member of a set or a key of a map."""
    if not getattr(kind, "_python_type_hashable", True):
        raise ValidationError(f"{what} of collections are not supported")
    return kind


@exported
class Set(BaseContainerColumn):
    """A set: `Set(Text)`. Unless it is `strict`, lists and tuples are taken for sets."""

    _container = "set"

    def __init__(self, value_type: Any, strict: bool = True, default: Any = set, **kwargs: Any) -> None:
        self.strict = strict
        super().__init__((inner_column(value_type, "sets"),), default=default, **kwargs)
        self.value_col = self.types[0]

    def validate(self, value: Any) -> Any:
        value = super().validate(value)
        if value is None:
            return None
        if not is_set(value, self.strict):
            how = "is not" if self.strict else "cannot be coerced to"
            raise ValidationError(f"{self.column_name}: a {type(value).__name__} {how} a set object")
        if any(item is None for item in value):
            raise ValidationError(f"{self.column_name} None not allowed in a set")
        # A set might silently merge what validates to the same.
        return {self.value_col.validate(item) for item in value}

    def to_python(self, value: Any) -> Any:
        if value is None:
            return set()
        return {self.value_col.to_python(item) for item in value}

    def to_database(self, value: Any) -> Any:
        if value is None:
            return None
        return {self.value_col.to_database(item) for item in value}


def is_set(value: Any, strict: bool) -> bool:
    """Whether a value is a set, or may be taken for one."""
    return isinstance(value, (set, frozenset, SortedSet)) or (not strict and isinstance(value, (list, tuple)))


@exported
class List(BaseContainerColumn):
    """A list: `List(Integer)`."""

    _container = "list"

    def __init__(self, value_type: Any, default: Any = list, **kwargs: Any) -> None:
        super().__init__((value_type,), default=default, **kwargs)
        self.value_col = self.types[0]

    def validate(self, value: Any) -> Any:
        value = super().validate(value)
        if value is None:
            return None
        if not isinstance(value, (set, list, tuple)):
            raise ValidationError(f"{self.column_name}: a {type(value).__name__} is not a list object")
        if any(item is None for item in value):
            raise ValidationError(f"{self.column_name} None is not allowed in a list")
        return [self.value_col.validate(item) for item in value]

    def to_python(self, value: Any) -> Any:
        return [self.value_col.to_python(item) for item in value or ()]

    def to_database(self, value: Any) -> Any:
        if value is None:
            return None
        return [self.value_col.to_database(item) for item in value]


@exported
class Map(BaseContainerColumn):
    """A map: `Map(Text, Integer)`."""

    _container = "map"

    def __init__(self, key_type: Any, value_type: Any, default: Any = dict, **kwargs: Any) -> None:
        super().__init__((inner_column(key_type, "maps with keys"), value_type), default=default, **kwargs)
        self.key_col, self.value_col = self.types

    def validate(self, value: Any) -> Any:
        value = super().validate(value)
        if value is None:
            return None
        if not isinstance(value, (dict, OrderedMap)):
            raise ValidationError(f"{self.column_name}: a {type(value).__name__} is not a dict object")
        if None in value:
            raise ValidationError(f"{self.column_name} None is not allowed in a map")
        return {self.key_col.validate(key): self.value_col.validate(item) for key, item in value.items()}

    def to_python(self, value: Any) -> Any:
        if value is None:
            return {}
        return {self.key_col.to_python(key): self.value_col.to_python(item) for key, item in value.items()}

    def to_database(self, value: Any) -> Any:
        if value is None:
            return None
        return {self.key_col.to_database(key): self.value_col.to_database(item) for key, item in value.items()}


@exported
class UserDefinedType(Column):
    """A user-defined type, given as a class derived from `UserType`."""

    value_manager = UDTValueManager
    _is_mutable = True

    def __init__(self, user_type: Any, **kwargs: Any) -> None:
        self.user_type = user_type
        super().__init__(**kwargs)

    @property
    def db_type(self) -> str:
        """The type's name; its values are stored as a whole."""
        return f"frozen<{self.user_type.type_name()}>"

    @property
    def sub_types(self) -> list[Any]:
        return list(self.user_type._fields.values())

    @property
    def cql_type(self) -> Any:
        fields = self.user_type._fields.values()
        return _UserType.make_udt_class(
            keyspace="",
            udt_name=self.user_type.type_name(),
            field_names=[field.db_field_name for field in fields],
            field_types=[field.cql_type for field in fields],
        )

    def validate(self, value: Any) -> Any:
        value = super().validate(value)
        if value is None:
            return None
        value.validate()
        return value

    def to_python(self, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(value, tuple):
            # Read while the class was not registered for the type: its fields are in the type's order.
            names = getattr(value, "_fields", None) or [field.db_field_name for field in self.sub_types]
            value = self.user_type(**dict(zip(names, value, strict=False)))
        for name, field in self.user_type._fields.items():
            if value[name] is not None or isinstance(field, BaseContainerColumn):
                value[name] = field.to_python(value[name])
        return value

    def to_database(self, value: Any) -> Any:
        if value is None:
            return None
        written = value._copied()
        for name, field in self.user_type._fields.items():
            if value[name] is not None or isinstance(field, BaseContainerColumn):
                written[name] = field.to_database(value[name])
        return written


def resolve_udts(col_def: Any, out_list: list[Any]) -> None:
    """Add the user-defined types of a column to a list, those inside others first."""
    for inner in col_def.sub_types:
        resolve_udts(inner, out_list)
    if isinstance(col_def, UserDefinedType):
        out_list.append(col_def.user_type)
