"""`cassandra.cluster`: the front door. This file only names what the private packages hold."""

from cassandra._errors.session import NoHostAvailable, PlanExhausted, QueryExhausted, UserTypeDoesNotExist

__all__ = ["NoHostAvailable", "PlanExhausted", "QueryExhausted", "UserTypeDoesNotExist"]
