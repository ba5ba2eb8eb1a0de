"""Constants of the native protocol that Python programs name: levels, versions, kinds of write and of schema change.

Nothing here talks to a server. The numbers are those of the native protocol specification, sections 3, 4.2.5.5 and 9.
"""
