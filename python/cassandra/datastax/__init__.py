"""What cassandra-driver has for DataStax Enterprise and Astra: the names that programs import."""
