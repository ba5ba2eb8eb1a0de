"""`cassandra.cqlengine.usertype`: classes of user-defined types. This file only names what another holds."""

from cassandra._mapper.user_type import (
    BaseUserType,
    UserType,
    UserTypeDefinitionException,
    UserTypeException,
    UserTypeMetaClass,
)

__all__ = ["BaseUserType", "UserType", "UserTypeDefinitionException", "UserTypeException", "UserTypeMetaClass"]
