"""`CassandraTypeType`: the metaclass that keeps the registries, and tells the codec when a class is changed."""

from __future__ import annotations

from typing import Any, Final

from cassandra._native import types_changed

PREFIX: Final = "org.apache.cassandra.db.marshal."
OURS: Final = "cassandra._types."

casstypes: dict[str, Any] = {}
"""Classes by the simple name of their Java class."""

cqltypes: dict[str, Any] = {}
"""Classes by their CQL name."""

HOOKS: Final = frozenset(
    {
        "deserialize",
        "deserialize_safe",
        "from_binary",
        "serialize",
        "serialize_safe",
        "to_binary",
    }
)
"""What a program may replace on a class, so that values are its own."""

FLAGS: Final = frozenset({"support_empty_values", "empty_binary_ok", "mapped_class", "tuple_type"})
"""What the codec reads from a class when it is built."""

stock_hooks: dict[tuple[type, str], Any] = {}
"""The hooks as they are made here, by the class that has them in its own namespace."""


class CassandraTypeType(type):
    """The class of type classes. Each is registered by its names, a program's own too."""

    cassname: str
    typename: str

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> CassandraTypeType:
        namespace.setdefault("cassname", name)
        ours = str(namespace.get("__module__", "")).startswith(OURS)
        if ours:
            # The name of the class in messages is the public one.
            namespace["__module__"] = "cassandra.cqltypes"
        cls = super().__new__(mcs, name, bases, namespace)
        hooks = HOOKS & namespace.keys()
        if ours:
            stock_hooks.update({(cls, hook): namespace[hook] for hook in hooks})
        elif hooks:
            types_changed(True)
        if not name.startswith("_"):
            replaced = casstypes.get(name)
            casstypes[name] = cls
            typename = getattr(cls, "typename", PREFIX)
            if not typename.startswith(PREFIX):
                replaced = cqltypes.get(typename, replaced)
                cqltypes[typename] = cls
            if not ours and replaced is not None:
                types_changed(True)
        return cls

    def __setattr__(cls, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in HOOKS or name in FLAGS:
            types_changed(name not in ("mapped_class", "tuple_type"))

    def __delattr__(cls, name: str) -> None:
        super().__delattr__(name)
        if name in HOOKS or name in FLAGS:
            types_changed(True)

    def changed(cls) -> bool:
        """Whether some hook of this class is not the one made here."""
        return any(cls.has_changed(hook) for hook in HOOKS)

    def has_changed(cls, hook: str) -> bool:
        """Whether this hook, wherever the class has it from, is not the one made here."""
        for base in cls.__mro__:
            if hook in base.__dict__:
                return stock_hooks.get((base, hook)) is not base.__dict__[hook]
        return False


def unregistered(name: str, base: CassandraTypeType, **namespace: Any) -> Any:
    """A class made from another by giving it parameters: it is nobody's to look up by name."""
    namespace.setdefault("__module__", "cassandra.cqltypes")
    return type.__new__(CassandraTypeType, name, (base,), namespace)
