"""GraphSON: the classes can be imported, and say that they are not here when they are used."""

from cassandra._graph.absent import absent

GraphSON1Deserializer = absent("GraphSON1Deserializer", __name__)
GraphSON1Serializer = absent("GraphSON1Serializer", __name__)
GraphSON2Deserializer = absent("GraphSON2Deserializer", __name__)
GraphSON2Reader = absent("GraphSON2Reader", __name__)
GraphSON2Serializer = absent("GraphSON2Serializer", __name__)
GraphSON3Deserializer = absent("GraphSON3Deserializer", __name__)
GraphSON3Reader = absent("GraphSON3Reader", __name__)
GraphSON3Serializer = absent("GraphSON3Serializer", __name__)

__all__ = [
    "GraphSON1Deserializer",
    "GraphSON1Serializer",
    "GraphSON2Deserializer",
    "GraphSON2Reader",
    "GraphSON2Serializer",
    "GraphSON3Deserializer",
    "GraphSON3Reader",
    "GraphSON3Serializer",
]
