//! The guide: a chapter for each thing that a program has to do with, from connecting to testing. Read them in this order, or
//! the one that is needed.
//!
//! Nothing here is code: these modules are only there to be read, and a program cannot name them. What the chapters show is compiled
//! as documentation tests. The worked programs that they speak of are in the package, in `examples`.
//!
//! The chapters are files of their own, `guide/*.md`, that can be read in the repository as well. Where they lead to one
//! another, the link is a module here and a file there: of two definitions of a link the first one counts, so the ones that
//! stand before an `include_str!` go above those at the file's end.

/// The page of the repository, whose programs are compiled too.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// [policies]: self::policies
/// [errors]: self::errors
///
#[doc = include_str!("../guide/connecting.md")]
pub mod connecting {}

#[doc = include_str!("../guide/statements.md")]
pub mod statements {}

#[doc = include_str!("../guide/paging.md")]
pub mod paging {}

#[cfg(feature = "macros")]
#[doc = include_str!("../guide/types.md")]
pub mod types {}

/// [repeating]: https://github.com/helenus-driver/helenus/blob/main/docs/adr/0006-repeating-a-request.md
///
#[doc = include_str!("../guide/policies.md")]
pub mod policies {}

#[cfg(feature = "tls")]
#[doc = include_str!("../guide/tls.md")]
pub mod tls {}

/// [metrics]: self::metrics
/// [connecting]: self::connecting
/// [tls]: self::tls
/// [policies]: self::policies
/// [repeating]: https://github.com/helenus-driver/helenus/blob/main/docs/adr/0006-repeating-a-request.md
///
#[doc = include_str!("../guide/errors.md")]
pub mod errors {}

#[doc = include_str!("../guide/metrics.md")]
pub mod metrics {}

#[doc = include_str!("../guide/testing.md")]
pub mod testing {}
