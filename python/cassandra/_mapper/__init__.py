"""The parts of `cassandra.cqlengine`, which is where they are known."""
