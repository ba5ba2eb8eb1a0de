//! `helenus-api JSON ACCEPTED [--accept]`: the public API that rustdoc has described in `JSON`, an item a line, compared
//! with the text `ACCEPTED`. What is new or gone is printed, and is a failure; with `--accept` it is written there instead.
//!
//! Blanket and automatic implementations are left out: they follow from the rest.

use std::process::ExitCode;
use std::{env, fs};

use public_api::Builder;

/// The public API, an item a line.
fn described(json: &str) -> Result<String, String> {
    let builder = Builder::from_rustdoc_json(json).sorted(true);
    let builder = builder.omit_blanket_impls(true).omit_auto_trait_impls(true);
    let api = builder.build().map_err(|error| {
        format!(
            "{json} cannot be read: {error}\nIts form changes with the version of rustdoc; tools/api/Cargo.toml names a \
             public-api that reads that of Rust 1.95 (see its table of versions for another one)"
        )
    })?;
    Ok(api.to_string())
}

/// The lines that only one of the two has, in order, marked `-` (gone) or `+` (new).
fn differences(accepted: &str, found: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut old, mut new) = (accepted.lines().peekable(), found.lines().peekable());
    // Both are sorted alike, so that what one lacks is passed by in the other.
    while old.peek().is_some() || new.peek().is_some() {
        match (old.peek(), new.peek()) {
            (Some(a), Some(b)) if a == b => {
                old.next();
                new.next();
            }
            (Some(a), _) if !found.lines().any(|line| line == *a) => {
                lines.push(format!("-{a}"));
                old.next();
            }
            (_, Some(b)) => {
                lines.push(format!("+{b}"));
                new.next();
            }
            (Some(_), None) => {
                old.next();
            }
            (None, None) => break,
        }
    }
    lines
}

fn run() -> Result<bool, String> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let (json, accepted, accept) = match arguments.as_slice() {
        [json, accepted] => (json, accepted, false),
        [json, accepted, flag] if flag == "--accept" => (json, accepted, true),
        _ => return Err("usage: helenus-api JSON ACCEPTED [--accept]".to_owned()),
    };
    let found = described(json)?;
    if accept {
        fs::write(accepted, &found).map_err(|error| format!("{accepted}: {error}"))?;
        println!("{accepted}: {} items", found.lines().count());
        return Ok(true);
    }
    let known = fs::read_to_string(accepted).map_err(|error| format!("{accepted}: {error}"))?;
    if known == found {
        println!("{accepted}: {} items, as accepted", found.lines().count());
        return Ok(true);
    }
    println!("the public API is not what {accepted} says (- gone, + new):");
    differences(&known, &found).iter().for_each(|line| println!("  {line}"));
    println!("accept it, if it is meant, with: ./dev api --accept; and say it in CHANGELOG.md");
    Ok(false)
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
