"""A lexer of CQL, for tests alone: whether a statement keeps its structure whatever values go into it.

It follows the lexical rules of Cassandra's grammar (Lexer.g), written from the language's documentation: literals in
single quotes and in `$$`, quoted names, comments of both kinds, numbers, UUIDs, blobs and durations.
"""

import re

TOKEN = re.compile(
    r"""
      (?P<space>   \s+ )
    | (?P<comment> (?:--|//)[^\n\r]* | /\*.*?\*/ )
    | (?P<text>    '(?:[^']|'')*' | \$\$.*?\$\$ )
    | (?P<name>    "(?:[^"]|"")*" )
    | (?P<uuid>    [0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12} (?![\w]) )
    | (?P<blob>    0[xX][0-9a-fA-F]* (?![\w]) )
    | (?P<duration> (?:\d+(?:mo|ms|us|ns|[ywdhms]))+ (?![\w]) )
    | (?P<number>  (?:NaN|Infinity|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?) (?![\w]) )
    | (?P<word>    [A-Za-z_]\w* )
    | (?P<sign>    /(?!\*) | [-+*%=<>!.,:;(){}\[\]?] )
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)

OPAQUE = ("text", "uuid", "blob", "duration", "number", "name", "comment")


class NotCql(Exception):
    """Some characters are no token."""


def tokens(cql: str) -> list[tuple[str, str]]:
    """The tokens as (kind, text), without white space. Comments are kept, since they hide what follows."""
    found = []
    position = 0
    while position < len(cql):
        matched = TOKEN.match(cql, position)
        if matched is None:
            raise NotCql(f"at {position}: {cql[position : position + 20]!r}")
        position = matched.end()
        if matched.lastgroup != "space":
            found.append((str(matched.lastgroup), matched.group()))
    return found


def structure(cql: str) -> list[str]:
    """The statement with values, quoted names and comments as marks: what a value must not be able to change.

    A minus before a number counts as a part of it, since it may be its sign.
    """
    marks: list[str] = []
    for kind, text in tokens(cql):
        if kind in ("number", "duration"):
            while marks and marks[-1] == "-":
                marks.pop()
        marks.append(f"<{kind}>" if kind in OPAQUE else text)
    return marks
