//! The chapters of the guide and the page that comes before them, whose examples are compiled as documentation tests.

#[doc = include_str!("../../../README.md")]
struct Readme;

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

#[doc = include_str!("../../../docs/guide/connecting.md")]
struct Connecting;

#[doc = include_str!("../../../docs/guide/errors.md")]
struct Errors;

#[doc = include_str!("../../../docs/guide/testing.md")]
struct Testing;

#[cfg(feature = "tls")]
#[doc = include_str!("../../../docs/guide/tls.md")]
struct Tls;
