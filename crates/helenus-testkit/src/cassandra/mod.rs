//! Real Apache Cassandra nodes as values.
