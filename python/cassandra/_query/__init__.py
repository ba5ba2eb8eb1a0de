"""What a program sends and what it gets back: statements, parameters, row factories and traces.

Public under `cassandra.query`. Nothing here talks to a server: a session reads these objects and sends them.
"""
