"""`%s` and `%(name)s` in CQL text: found once per text, then filled with encoded values.

A value must never become CQL. Encoding it is the `Encoder`'s part; this file sees to what surrounds it. Python's own
`%` would also take `%r` or `%.3s`, which break a quoted value, and knows nothing of a placeholder that stands inside a
string literal or a comment, where a value that holds the closing mark would get out. So the text is scanned by the
lexical rules of CQL (literals, `$$` literals, quoted names, comments).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from cassandra._exported import exported_by

if TYPE_CHECKING:
    from cassandra.encoder import Encoder

DIRECTIVE: Final = re.compile(r"%(?:(?P<percent>%)|(?P<positional>s)|\((?P<name>[^()]*)\)s)")

# What a mark in plain CQL opens, and the marks that end it.
OPENS: Final = {"'": "'", '"': '"', "$$": "$$", "--": "\n", "//": "\n", "/*": "*/"}
ENDS: Final = {"'": ("'",), '"': ('"',), "$$": ("$$",), "\n": ("\n", "\r"), "*/": ("*/",)}

# What is looked for, in plain CQL and inside of what was opened. Nothing else may be taken for a mark: the `*/` of
# `*//` in plain CQL would hide the comment that begins there.
MARKS: Final = {
    inside: re.compile("|".join(map(re.escape, (*marks, "%")))) for inside, marks in {"": tuple(OPENS), **ENDS}.items()
}


class Hole(NamedTuple):
    """Where one value goes."""

    name: str | None
    """The name, or None for `%s`."""

    inside: str
    """The mark that ends the literal, name or comment around the hole; empty in plain CQL."""

    after_minus: bool
    """Whether a minus stands before it: with a negative number behind, the two would open a comment."""


class Template(NamedTuple):
    """CQL text taken apart at its placeholders: one more piece of text than there are holes."""

    texts: tuple[str, ...]
    holes: tuple[Hole, ...]

    form: str | None
    """For the common case, in which nothing around a hole matters: the whole text with `%s` for each hole."""


@lru_cache(maxsize=256)
def template(query: str) -> Template:
    """Take CQL text apart. ValueError for any other use of `%`, which has to be written `%%`."""
    texts: list[str] = []
    holes: list[Hole] = []
    text = ""
    start = position = 0
    inside = ""
    while mark := MARKS[inside].search(query, position):
        position = mark.end()
        sign = mark.group()
        if sign != "%":
            inside = "" if inside else OPENS[sign]
            continue
        directive = DIRECTIVE.match(query, mark.start())
        if directive is None:
            raise ValueError(
                f"unsupported use of '%' at index {mark.start()}: where parameters are given, "
                "only %s, %(name)s and %% may stand in the text"
            )
        text += query[start : mark.start()]
        start = position = directive.end()
        if directive["percent"]:
            text += "%"
            continue
        texts.append(text)
        holes.append(Hole(directive["name"], inside, text.endswith("-")))
        text = ""
    texts.append(text + query[start:])
    free = not any(hole.inside or hole.after_minus for hole in holes)
    return Template(tuple(texts), tuple(holes), "%s".join(text.replace("%", "%%") for text in texts) if free else None)


def fill(hole: Hole, encoded: str) -> str:
    """The encoded value as it goes into the hole, or ValueError where it would get out of what surrounds the hole."""
    if hole.inside and any(end in encoded for end in ENDS[hole.inside]):
        raise ValueError(
            "a placeholder stands inside a literal, a quoted name or a comment, and the value would end it"
        )
    return f" {encoded}" if hole.after_minus and encoded.startswith("-") else encoded


def positional(holes: tuple[Hole, ...], values: Sequence[Any], encode: Callable[[Any], str]) -> list[str]:
    """The encoded values in the order of their holes."""
    if holes and any(hole.name is not None for hole in holes):
        raise TypeError("format requires a mapping")
    if len(values) < len(holes):
        raise TypeError(f"not enough arguments for format string: {len(holes)} placeholders, {len(values)} parameters")
    if len(values) > len(holes):
        raise TypeError(
            f"not all arguments converted during string formatting: {len(holes)} placeholders, {len(values)} parameters"
        )
    return [encode(value) for value in values]


def named(holes: tuple[Hole, ...], values: Mapping[str, Any], encode: Callable[[Any], str]) -> list[str]:
    """The encoded values by the names of the holes. A name that no hole has is let pass; KeyError for a missing one."""
    if any(hole.name is None for hole in holes):
        raise TypeError("not enough arguments for format string: the text has %s, and the parameters are named")
    return [encode(values[hole.name]) for hole in holes if hole.name is not None]


@exported_by("cassandra.query")
def bind_params(query: str, params: Sequence[Any] | Mapping[str, Any], encoder: Encoder) -> str:
    """`query` with its placeholders replaced by `params`, each encoded as a CQL literal."""
    texts, holes, form = template(query)
    encode = encoder.cql_encode_all_types
    encoded = named(holes, params, encode) if isinstance(params, Mapping) else positional(holes, tuple(params), encode)
    if form is not None:
        return form % tuple(encoded)
    pieces = [texts[0]]
    for hole, value, text in zip(holes, encoded, texts[1:], strict=True):
        pieces += (fill(hole, value), text)
    return "".join(pieces)
