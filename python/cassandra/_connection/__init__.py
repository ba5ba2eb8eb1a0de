"""Where a node is reached: end points, and how they are made out of the rows of `system.peers`.

Public under `cassandra.connection`. Connections themselves are the engine's.
"""
