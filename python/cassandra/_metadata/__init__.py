"""What can be said about a cluster's names and tokens without asking it. Public under `cassandra.metadata`.

The cluster's own metadata, which the engine keeps, is in `_cluster`.
"""
