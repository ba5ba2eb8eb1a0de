"""`Column`: one column of a model, without the values of any row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from cassandra._exported import exported_by
from cassandra._mapper.value_managers import BaseValueManager
from cassandra.cqlengine import ValidationError
from cassandra.cqltypes import _cqltypes


@exported_by("cassandra.cqlengine.columns")
class Column:
    """A column. The attributes of the class are the defaults of its parameters."""

    db_type: ClassVar[Any] = None
    """The CQL type's name."""

    value_manager: ClassVar[type[BaseValueManager]] = BaseValueManager
    """Holds the value of a row."""

    instance_counter: ClassVar[int] = 0
    """How many columns were made: their order is that of a model's columns."""

    _python_type_hashable: ClassVar[bool] = True
    _is_mutable: ClassVar[bool] = False

    primary_key = False
    """Whether it belongs to the primary key."""

    partition_key = False
    """Whether it belongs to the partition key. The first column of a primary key does where no other says so."""

    index = False
    """Whether it has a secondary index, which `sync_table` makes."""

    custom_index = False
    """Whether an index was made otherwise, so that it may be filtered by."""

    db_field: str | None = None
    """The name in the table, where it is not the attribute's."""

    default: Any = None
    """The value, or a function that gives one, where none was given."""

    required = False
    """Whether there has to be a value."""

    clustering_order: str | None = None
    """`ASC` or `DESC`, of a clustering column."""

    discriminator_column = False
    """Whether it says which model a row is of."""

    static = False
    """Whether a partition has one value of it."""

    def __init__(
        self,
        primary_key: bool = False,
        partition_key: bool = False,
        index: bool = False,
        db_field: str | None = None,
        default: Any | Callable[[], Any] = None,
        required: bool = False,
        clustering_order: str | None = None,
        discriminator_column: bool = False,
        static: bool = False,
        custom_index: bool = False,
    ) -> None:
        self.partition_key = partition_key
        self.primary_key = partition_key or primary_key
        self.index = index
        self.custom_index = custom_index
        self.db_field = db_field
        self.default = default
        self.required = required
        self.clustering_order = clustering_order
        self.discriminator_column = discriminator_column
        self.static = static
        self.column_name: str | None = None
        self._partition_key_index: int | None = None
        self.value: Any = None
        self.position = Column.instance_counter
        Column.instance_counter += 1

    def __lt__(self, other: Any) -> bool:
        if isinstance(other, Column):
            return self.position < other.position
        return NotImplemented

    def __le__(self, other: Any) -> bool:
        return bool(self < other or self == other)

    def __gt__(self, other: Any) -> bool:
        if isinstance(other, Column):
            return self.position > other.position
        return NotImplemented

    def __ge__(self, other: Any) -> bool:
        return bool(self > other or self == other)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Column):
            return self.position == other.position
        return NotImplemented

    def __hash__(self) -> int:
        return id(self)

    def _freeze(self) -> None:
        """Be inside a collection, where only whole values are written."""

    def _val_is_null(self, val: Any) -> bool:
        """Whether a value is stored as no value."""
        return val is None

    def validate(self, value: Any) -> Any:
        """The value as it is kept. ValidationError where it does not fit."""
        if value is None and self.required:
            raise ValidationError(f"{self.column_name or self.db_field} - None values are not allowed")
        return value

    def to_python(self, value: Any) -> Any:
        """What a model shows of a value that was given or read."""
        return value

    def to_database(self, value: Any) -> Any:
        """What is put into a statement of it."""
        return value

    @property
    def has_default(self) -> bool:
        """Whether there is a default."""
        return self.default is not None

    @property
    def is_primary_key(self) -> bool:
        """Whether it belongs to the primary key."""
        return self.primary_key

    @property
    def can_delete(self) -> bool:
        """Whether a row can do without it."""
        return not self.primary_key

    def get_default(self) -> Any:
        """The default value."""
        return self.default() if callable(self.default) else self.default

    def get_column_def(self) -> str:
        """The column in `CREATE TABLE`."""
        static = "static" if self.static else ""
        return f"{self.cql} {self.db_type} {static}"

    def cql_parameterized_type(self) -> str:
        """The type in CQL, with its parameters."""
        found: str = self.cql_type.cql_parameterized_type()
        return found

    def set_column_name(self, name: str) -> None:
        """Tell it the attribute's name."""
        self.column_name = name

    @property
    def db_field_name(self) -> str:
        """The name in the table."""
        return self.db_field or self.column_name or ""

    @property
    def db_index_name(self) -> str:
        """The name of its secondary index."""
        return f"index_{self.db_field_name}"

    @property
    def has_index(self) -> bool:
        """Whether it may be filtered by an index."""
        return self.index or self.custom_index

    @property
    def cql(self) -> str:
        """The name in CQL."""
        return self.get_cql()

    def get_cql(self) -> str:
        """The name in CQL."""
        return f'"{self.db_field_name}"'

    @property
    def cql_type(self) -> Any:
        """The class of `cassandra.cqltypes`."""
        return _cqltypes[self.db_type]

    @property
    def sub_types(self) -> list[Any]:
        """The columns of what is inside a collection or tuple."""
        return []
