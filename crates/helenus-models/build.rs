//! Has the engine's `sync.rs` take loom's locks and atomics in this crate, and in no other.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_LOOM").is_some() {
        println!("cargo::rustc-cfg=helenus_loom");
    }
}
