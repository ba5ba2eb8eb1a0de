"""The asyncio-native, typed door to Apache Cassandra. Only its version stands here yet."""

from helenus._native import __version__

__all__ = ["__version__"]
