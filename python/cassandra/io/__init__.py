"""`cassandra.io`: connection classes by the names of cassandra-driver. What they mean here: `Connection`."""
