//! Has the linker put the guarded functions of `src/program.rs` in the place of the interpreter's.

/// Of each function its name.
macro_rules! guarded {
    (by $by:ident; $($(#[$when:meta])* fn $name:ident($($argument:ident: $of:ty),* $(,)?) $(-> $returned:ty)?;)*) => {
        pub(crate) mod $by {
            pub(crate) const NAMES: &[&str] = &[$(stringify!($name)),*];
        }
    };
}

#[path = "src/program/calls.rs"]
mod calls;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/program/calls.rs");
    pyo3_build_config::use_pyo3_cfgs();
    let is = |name: &str, value: &str| std::env::var(name).is_ok_and(|found| found == value);
    let python = pyo3_build_config::get().version();
    let keeps_threads_itself = (python.major, python.minor) >= (3, 14);
    if keeps_threads_itself || !is("CARGO_CFG_TARGET_OS", "linux") || !is("CARGO_CFG_TARGET_ENV", "gnu") {
        return;
    }
    for name in calls::ffi::NAMES.iter().chain(calls::unpublished::NAMES).chain(&["PyVectorcall_Function"]) {
        println!("cargo::rustc-cdylib-link-arg=-Wl,--wrap={name}");
    }
}
