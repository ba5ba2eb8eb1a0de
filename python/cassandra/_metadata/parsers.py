"""Names of the reference's readers of `system_schema`. The engine reads it; these say which options tables may have."""

from __future__ import annotations

import re
from typing import Any, Final

from cassandra._exported import exported_by


@exported_by("cassandra.metadata")
class SchemaParserV22:
    """Of servers before 3.0, which are not supported."""

    recognized_table_options: tuple[str, ...] = (
        "comment",
        "read_repair_chance",
        "dclocal_read_repair_chance",
        "gc_grace_seconds",
        "bloom_filter_fp_chance",
        "caching",
        "compaction_strategy_class",
        "compaction_strategy_options",
        "min_compaction_threshold",
        "max_compaction_threshold",
        "compression_parameters",
        "min_index_interval",
        "max_index_interval",
        "speculative_retry",
        "memtable_flush_period_in_ms",
        "compression",
        "default_time_to_live",
    )

    def __init__(self, connection: Any, timeout: Any) -> None:
        self.connection = connection
        self.timeout = timeout


@exported_by("cassandra.metadata")
class SchemaParserV3(SchemaParserV22):
    """Of Cassandra 3.0 and 3.11."""

    recognized_table_options: tuple[str, ...] = (
        "bloom_filter_fp_chance",
        "caching",
        "cdc",
        "comment",
        "compaction",
        "compression",
        "crc_check_chance",
        "dclocal_read_repair_chance",
        "default_time_to_live",
        "gc_grace_seconds",
        "max_index_interval",
        "memtable_flush_period_in_ms",
        "min_index_interval",
        "read_repair_chance",
        "speculative_retry",
    )


@exported_by("cassandra.metadata")
class SchemaParserV4(SchemaParserV3):
    """Of Cassandra 4.0 and later."""

    recognized_table_options = (
        "additional_write_policy",
        "allow_auto_snapshot",
        "bloom_filter_fp_chance",
        "caching",
        "cdc",
        "comment",
        "compaction",
        "compression",
        "crc_check_chance",
        "default_time_to_live",
        "gc_grace_seconds",
        "incremental_backups",
        "max_index_interval",
        "memtable",
        "memtable_flush_period_in_ms",
        "min_index_interval",
        "read_repair",
        "speculative_retry",
    )


@exported_by("cassandra.metadata")
class SchemaParserDSE60(SchemaParserV3):
    """Of DataStax Enterprise 6.0."""


@exported_by("cassandra.metadata")
class SchemaParserDSE67(SchemaParserV4):
    """Of DataStax Enterprise 6.7."""


@exported_by("cassandra.metadata")
class SchemaParserDSE68(SchemaParserDSE67):
    """Of DataStax Enterprise 6.8."""


SINCE: Final = (((4,), SchemaParserV4), ((3,), SchemaParserV3))
SINCE_DSE: Final = (((6, 8), SchemaParserDSE68), ((6, 7), SchemaParserDSE67), ((6, 0), SchemaParserDSE60))


@exported_by("cassandra.metadata")
def get_schema_parser(connection: Any, server_version: str, dse_version: str | None, timeout: Any) -> Any:
    """What the reference reads the schema of a server of this version with."""
    given, known = (server_version, SINCE) if dse_version is None else (dse_version, SINCE_DSE)
    version = tuple(int(number) for number in re.findall(r"\d+", given)[:2])
    for since, parser in known:
        if version >= since:
            return parser(connection, timeout)
    return SchemaParserV22(connection, timeout)
