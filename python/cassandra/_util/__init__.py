"""Values that CQL has and Python has not, and conversions of time. Public under `cassandra.util`.

No file here knows the wire; `cassandra.cqltypes` and the engine make these values out of bytes.
"""
