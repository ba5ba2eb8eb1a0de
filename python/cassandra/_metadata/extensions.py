"""Extensions of tables: what a server keeps with a table, and a program may write out as CQL behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cassandra._exported import exported_by


@exported_by("cassandra.metadata")
class TableExtensionInterface:
    """What an extension has to say."""

    @classmethod
    def after_table_cql(cls, ext_key: Any, ext_blob: Any, *more: Any) -> str:
        """The text to put behind the statement of a table that has the extension."""
        raise NotImplementedError


@exported_by("cassandra.metadata")
class _RegisteredExtensionType(type):
    _extension_registry: dict[str, type] = {}  # noqa: RUF012 - the reference's, and shared by all

    def __new__(mcs, name: str, bases: tuple[type, ...], dct: dict[str, Any]) -> _RegisteredExtensionType:
        made = super().__new__(mcs, name, bases, dct)
        if name != "RegisteredTableExtension":
            mcs._extension_registry[made.name] = made  # type: ignore[attr-defined]
        return made


@exported_by("cassandra.metadata")
class RegisteredTableExtension(TableExtensionInterface, metaclass=_RegisteredExtensionType):
    """A subclass is asked for each table or view that has an extension of its `name`."""

    name: str = None  # type: ignore[assignment]

    @classmethod
    def after_table_cql(cls, table_meta: Any, ext_key: Any, ext_blob: Any) -> str:  # type: ignore[override]
        """The text to put behind the statement of a table that has the extension."""
        raise NotImplementedError


@exported_by("cassandra.metadata")
class RLACTableExtension(RegisteredTableExtension):
    """Access by rows, of DataStax Enterprise."""

    name = "DSE_RLACA"

    @classmethod
    def after_table_cql(cls, table_meta: Any, ext_key: Any, ext_blob: Any) -> str:  # type: ignore[override]
        """The statement that restricts the table's rows by a column."""
        column = ext_blob.decode("utf-8") if isinstance(ext_blob, bytes) else ext_blob
        name = f"{table_meta.keyspace_name}.{table_meta.name}"
        return f"RESTRICT ROWS ON {name} USING {column};"


def texts(table: Any, extensions: Mapping[str, Any]) -> Iterator[str]:
    """What the registered extensions say of a table or view."""
    for name, blob in extensions.items():
        known: Any = _RegisteredExtensionType._extension_registry.get(name)
        if known is not None:
            yield known.after_table_cql(table, name, blob)
