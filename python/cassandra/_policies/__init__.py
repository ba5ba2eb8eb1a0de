"""Policies: what a program decides about hosts, retries and time. Public under `cassandra.policies`.

Every class here is complete Python that can be called, subclassed and patched. The engine decides natively in the
place of one that is exactly a class of this package; any other is called.
"""
