"""The asyncio-native, typed door to Apache Cassandra. Only its version stands here yet."""

from importlib.metadata import version

__version__ = version("helenus")

__all__ = ["__version__"]
