"""The exceptions of the package.

    Exception
     +- DriverException                          cassandra
     |   +- RequestExecutionException            the server could not carry the request out
     |   |   +- Unavailable
     |   |   +- Timeout                          ReadTimeout, WriteTimeout
     |   |   +- CoordinationFailure              ReadFailure, WriteFailure
     |   |   +- FunctionFailure
     |   |   +- CDCWriteFailure
     |   |   +- CASWriteUnknown
     |   +- RequestValidationException           the server refused the request as it stands
     |   |   +- ConfigurationException           AlreadyExists
     |   |   +- InvalidRequest
     |   |   +- Unauthorized
     |   +- AuthenticationFailed
     |   +- OperationTimedOut                    the client gave up waiting
     |   +- UnsupportedOperation
     |   +- UnresolvableContactPoints
     |   +- VectorDeserializationFailure
     +- DependencyException
     +- NoHostAvailable                          cassandra.cluster
     +- QueryExhausted                           cassandra.cluster; PlanExhausted is this and NoHostAvailable
     +- UserTypeDoesNotExist                     cassandra.cluster
     +- ConnectionException, ConnectionBusy      cassandra.connection
     +- ErrorMessage                             cassandra.protocol: errors of the server that have no class above

All of them survive `pickle` and `copy` with their text and fields.
"""
