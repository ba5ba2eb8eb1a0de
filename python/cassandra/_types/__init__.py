"""The live registry of CQL types as Python classes, which `cassandra.cqltypes` shows under the reference's names.

A class says which type it is and how it is called; bytes are read and written by the extension module, so that there is
one codec of values. A class whose hooks a program replaces is asked by that codec instead.
"""
