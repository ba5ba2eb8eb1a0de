//! The chapters of the guide, whose examples are compiled as documentation tests.

#[doc = include_str!("../../../docs/guide/statements.md")]
struct Statements;

#[doc = include_str!("../../../docs/guide/metrics.md")]
struct Metrics;

#[doc = include_str!("../../../docs/guide/paging.md")]
struct Paging;

#[doc = include_str!("../../../docs/guide/policies.md")]
struct Policies;

#[cfg(feature = "macros")]
#[doc = include_str!("../../../docs/guide/types.md")]
struct Types;
