"""Nodes as a program sees them. Public under `cassandra.pool`. The connections to a node are the engine's."""
