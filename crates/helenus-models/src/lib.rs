//! Nothing of its own: its one test program is the engine, `crates/helenus/src/lib.rs`, compiled a second time with loom's locks,
//! atomics and threads in the place of the standard library's. The models are in `crates/helenus/src/connection/models`.
//!
//! A crate of its own, since a configuration given by its build script concerns nobody else: nothing else is compiled again.
