"""`cassandra.cluster` by its nouns: clusters, sessions, futures, result sets, profiles, and views of the engine.

The engine connects, plans, retries and reads; here is what a program sees of it.
"""
