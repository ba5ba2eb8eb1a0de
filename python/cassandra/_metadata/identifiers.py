"""Names and values of CQL in text that a program writes: when a name needs quotes, and how it gets them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from cassandra._exported import exported_by
from cassandra.encoder import cql_quote

PLAIN_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")

# Words that a name cannot be without quotes, those of DataStax Enterprise included.
cql_keywords_reserved: Final = frozenset(
    """
    active add allow alter and any application applications apply asc authentication authorize batch begin by call
    calls cluster columnfamily columns commit config create default delegation delete desc describe drop entries
    execute executor executors field from full grant if in index indices infinity insert internal into is java
    kerberos keyspace ldap limit lowercasestring materialized mbean mbeans method modify nan no node nodes
    norecursive not null object of on or order plan primary profiles rebuild redact reload remote rename renew
    replace restrict revoke rows schema scheme schemes search select set std_err std_out submission table to token
    truncate unlogged unrestrict unset update use using view where with workpool
    """.split()  # noqa: SIM905 - a list of words would be a page of quotes
)

cql_keywords_unreserved: Final = frozenset(
    """
    aggregate all as ascii bigint blob boolean called clustering compact contains count counter custom date decimal
    deterministic distinct double exists filtering finalfunc float frozen function functions inet initcond input int
    json key keys keyspaces language list login map monotonic nologin nosuperuser options password permission
    permissions returns role roles sfunc smallint static storage stype superuser text time timestamp timeuuid
    tinyint trigger ttl tuple type user users uuid values varchar varint writetime
    """.split()  # noqa: SIM905 - a list of words would be a page of quotes
)

cql_keywords: Final = cql_keywords_reserved | cql_keywords_unreserved


@exported_by("cassandra.metadata")
def is_valid_name(name: str | None) -> bool:
    """Whether a name means itself without quotes: small letters, digits and `_`, and no reserved word."""
    return name is not None and PLAIN_NAME.fullmatch(name) is not None and name not in cql_keywords_reserved


@exported_by("cassandra.metadata")
def escape_name(name: str) -> str:
    """A name in double quotes, with those inside it doubled."""
    return '"' + name.replace('"', '""') + '"'


@exported_by("cassandra.metadata")
def maybe_escape_name(name: str) -> str:
    """A name, in quotes where it needs them."""
    return name if is_valid_name(name) else escape_name(name)


@exported_by("cassandra.metadata")
def protect_name(name: str) -> str:
    """A name, in quotes where it needs them."""
    return maybe_escape_name(name)


@exported_by("cassandra.metadata")
def protect_names(names: Iterable[str]) -> list[str]:
    """Names, each in quotes where it needs them."""
    return [protect_name(name) for name in names]


@exported_by("cassandra.metadata")
def trim_if_startswith(s: str, prefix: str) -> str:
    """A text without what it may begin with."""
    return s.removeprefix(prefix)


@exported_by("cassandra.metadata")
def protect_value(value: Any) -> str:
    """None, a truth value, a number or text as a CQL literal. TypeError for anything else."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    return cql_quote(value)
