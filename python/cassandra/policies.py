"""`cassandra.policies`: what a program decides about hosts, retries and time. It only names what others hold."""

import logging
from random import shuffle

from cassandra._cql.consistency_level import ConsistencyLevel
from cassandra._cql.write_type import WriteType
from cassandra._errors.driver import OperationTimedOut
from cassandra._policies.address_translation import AddressTranslator, EC2MultiRegionTranslator, IdentityTranslator
from cassandra._policies.budget import Budget
from cassandra._policies.column_encryption import ColDesc, ColumnEncryptionPolicy
from cassandra._policies.conviction import ConvictionPolicy, SimpleConvictionPolicy
from cassandra._policies.dc_aware import DCAwareRoundRobinPolicy
from cassandra._policies.default import DefaultLoadBalancingPolicy, DSELoadBalancingPolicy
from cassandra._policies.downgrading_retry import DowngradingConsistencyRetryPolicy
from cassandra._policies.host_filter import HostFilterPolicy
from cassandra._policies.load_balancing import HostDistance, HostStateListener, LoadBalancingPolicy, WrapperPolicy
from cassandra._policies.rack_aware import RackAwareRoundRobinPolicy
from cassandra._policies.reconnection import (
    ConstantReconnectionPolicy,
    ExponentialReconnectionPolicy,
    ReconnectionPolicy,
)
from cassandra._policies.retry import FallthroughRetryPolicy, NeverRetryPolicy, RetryPolicy
from cassandra._policies.round_robin import RoundRobinPolicy
from cassandra._policies.speculative_execution import (
    ConstantSpeculativeExecutionPolicy,
    NoSpeculativeExecutionPlan,
    NoSpeculativeExecutionPolicy,
    SpeculativeExecutionPlan,
    SpeculativeExecutionPolicy,
)
from cassandra._policies.token_aware import TokenAwarePolicy
from cassandra._policies.white_list import WhiteListRoundRobinPolicy

log = logging.getLogger(__name__)

WT = WriteType

__all__ = [
    "WT",
    "AddressTranslator",
    "Budget",
    "ColDesc",
    "ColumnEncryptionPolicy",
    "ConsistencyLevel",
    "ConstantReconnectionPolicy",
    "ConstantSpeculativeExecutionPolicy",
    "ConvictionPolicy",
    "DCAwareRoundRobinPolicy",
    "DSELoadBalancingPolicy",
    "DefaultLoadBalancingPolicy",
    "DowngradingConsistencyRetryPolicy",
    "EC2MultiRegionTranslator",
    "ExponentialReconnectionPolicy",
    "FallthroughRetryPolicy",
    "HostDistance",
    "HostFilterPolicy",
    "HostStateListener",
    "IdentityTranslator",
    "LoadBalancingPolicy",
    "NeverRetryPolicy",
    "NoSpeculativeExecutionPlan",
    "NoSpeculativeExecutionPolicy",
    "OperationTimedOut",
    "RackAwareRoundRobinPolicy",
    "ReconnectionPolicy",
    "RetryPolicy",
    "RoundRobinPolicy",
    "SimpleConvictionPolicy",
    "SpeculativeExecutionPlan",
    "SpeculativeExecutionPolicy",
    "TokenAwarePolicy",
    "WhiteListRoundRobinPolicy",
    "WrapperPolicy",
    "WriteType",
    "shuffle",
]
