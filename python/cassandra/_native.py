"""The one file of this package that imports the extension module."""

from helenus._native import __version__

__all__ = ["__version__"]
