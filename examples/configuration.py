"""Configuration: authentication, a policy, contact points; a synchronous query, an asynchronous one, the end."""

import uuid

from cassandra.cluster import Cluster
from cassandra.policies import DCAwareRoundRobinPolicy
from node import CONTACT_POINTS, CREATE_KEYSPACE, CREATE_USERS, KEYSPACE, PORT, auth_provider

# Create a cluster with a configuration of our own. Of the contact points one is enough to be there.
cluster = Cluster(
    contact_points=CONTACT_POINTS,
    port=PORT,
    auth_provider=auth_provider(),
    load_balancing_policy=DCAwareRoundRobinPolicy(local_dc="datacenter1"),
    protocol_version=4,
)

session = cluster.connect()
session.execute(CREATE_KEYSPACE)
session.set_keyspace(KEYSPACE)
session.execute(CREATE_USERS)
session.execute("TRUNCATE users")

user_id = uuid.uuid4()
session.execute("INSERT INTO users (id, name, email) VALUES (%s, %s, %s)", [user_id, "Ann O'Nymous", "ann@example.com"])

# A synchronous query; rows by attribute.
result = session.execute("SELECT * FROM users WHERE id = %s", [user_id])
names = [row.name for row in result]
for name in names:
    print(f"User: {name}")
assert names == ["Ann O'Nymous"]

# An asynchronous query.
future = session.execute_async("SELECT * FROM users")
result = future.result()
assert [row.id for row in result] == [user_id]

server = session.execute("SELECT cluster_name, release_version FROM system.local").one()
for host in cluster.metadata.all_hosts():
    print(f"Host: {host.address} in {host.datacenter}, {host.rack}, Cassandra {host.release_version}")
print(f"done: one user written and read on {server.cluster_name!r}, Cassandra {server.release_version}, protocol 4")

# Clean up.
cluster.shutdown()
