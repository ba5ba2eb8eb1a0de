//! What the compiler says to who uses a derive wrongly: one file a mistake, the words beside it in `.stderr`.
//!
//! Half of the words are the compiler's own, and other versions find others: the test is for one version. To take over what
//! the compiler says now, look at it and run with `TRYBUILD=overwrite`.

use std::process::Command;

const WORDS_OF: &str = "rustc 1.95.";

#[test]
fn mistakes_are_told_where_they_were_made() {
    let compiler = Command::new("rustc").arg("--version").output().expect("there is a compiler").stdout;
    let compiler = String::from_utf8_lossy(&compiler);
    if !compiler.starts_with(WORDS_OF) {
        println!("SKIPPED: the words are those of {WORDS_OF}*, this is {compiler}");
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
