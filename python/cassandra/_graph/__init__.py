"""Graphs of DataStax Enterprise: what programs import and build. Apache Cassandra has none, so none are asked for."""
