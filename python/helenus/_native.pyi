"""The extension module. Each package imports it in exactly one file: ``cassandra/_native.py`` and here."""

__version__: str
