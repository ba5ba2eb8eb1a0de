"""`ProtocolVersion`: the versions of the native protocol by name, and what each can do.

It is the table that programs read. Which of them a connection speaks is the engine's business: it speaks 3, 4 and 5.
"""

from __future__ import annotations

from typing import Final

from cassandra._exported import exported_by


@exported_by("cassandra")
class ProtocolVersion:
    """Versions of the native protocol. Those with a `DSE_` name are a vendor's, and are known by name only."""

    V1: Final = 1
    """Cassandra 1.2."""

    V2: Final = 2
    """Cassandra 2.0: paging, bound batches."""

    V3: Final = 3
    """Cassandra 2.1: user-defined types, client timestamps, 32,768 requests on one connection."""

    V4: Final = 4
    """Cassandra 2.2: unset values, custom payloads, warnings."""

    V5: Final = 5
    """Cassandra 4.0: checksummed segments, a keyspace per request, ids of result metadata."""

    V6: Final = 6
    """In development on the server's side."""

    DSE_V1: Final = 0x41
    """DataStax Enterprise 5.1."""

    DSE_V2: Final = 0x42
    """DataStax Enterprise 6.0."""

    SUPPORTED_VERSIONS: Final = (DSE_V2, DSE_V1, V6, V5, V4, V3, V2, V1)
    """All versions with a name, newest first."""

    BETA_VERSIONS: Final = (V6,)
    """Versions that a server speaks only to a client that sets the beta flag."""

    MIN_SUPPORTED: Final = 1
    """The oldest version with a name."""

    MAX_SUPPORTED: Final = DSE_V2
    """The newest version with a name."""

    @classmethod
    def get_lower_supported(cls, previous_version: int) -> int:
        """The next lower version that is not in beta, or 0 when there is none."""
        candidates = (
            version
            for version in cls.SUPPORTED_VERSIONS
            if version < previous_version and version not in cls.BETA_VERSIONS
        )
        return next(candidates, 0)

    @classmethod
    def uses_int_query_flags(cls, version: int) -> bool:
        """Whether the flags of a query are an `[int]`, not a `[byte]`."""
        return version >= cls.V5

    @classmethod
    def uses_prepare_flags(cls, version: int) -> bool:
        """Whether PREPARE carries flags."""
        return version >= cls.V5 and version != cls.DSE_V1

    @classmethod
    def uses_prepared_metadata(cls, version: int) -> bool:
        """Whether a prepared statement carries the id of its result metadata."""
        return version >= cls.V5 and version != cls.DSE_V1

    @classmethod
    def uses_error_code_map(cls, version: int) -> bool:
        """Whether read and write failures name the reason of each replica."""
        return version >= cls.V5

    @classmethod
    def uses_keyspace_flag(cls, version: int) -> bool:
        """Whether a request may name its keyspace."""
        return version >= cls.V5 and version != cls.DSE_V1

    @classmethod
    def has_continuous_paging_support(cls, version: int) -> bool:
        """Whether the server may push pages: DataStax Enterprise only."""
        return version >= cls.DSE_V1

    @classmethod
    def has_continuous_paging_next_pages(cls, version: int) -> bool:
        """Whether the client may ask for more of the pushed pages: DataStax Enterprise only."""
        return version >= cls.DSE_V2

    @classmethod
    def has_checksumming_support(cls, version: int) -> bool:
        """Whether what crosses the wire is checksummed."""
        return cls.V5 <= version < cls.DSE_V1
