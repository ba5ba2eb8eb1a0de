"""The one file of this package that imports the extension module."""

from helenus._native import Binder, BoundValues, RowDecoder, TypeCodec, __version__, types_changed

__all__ = ["Binder", "BoundValues", "RowDecoder", "TypeCodec", "__version__", "types_changed"]
