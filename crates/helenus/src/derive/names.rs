//! Names in errors: which there are, and which was probably meant.

use std::fmt::Write;

/// More names than these are not listed.
const LISTED: usize = 16;

/// `; there is "a", "b"`, so that whoever mistyped a name sees the right one.
pub(super) fn listed<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    let mut text = String::new();
    let count = names.len();
    if count == 0 {
        return "there is none at all".into();
    }
    for (index, name) in names.take(LISTED).enumerate() {
        let separator = if index == 0 { "there is" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator} {name:?}");
    }
    if count > LISTED {
        let _ = write!(text, " and {} more", count - LISTED);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_but_not_all_of_thousands() {
        assert_eq!(listed([].into_iter()), "there is none at all");
        assert_eq!(listed(["a", "b\"c"].into_iter()), "there is \"a\", \"b\\\"c\"");
        let many = listed(std::iter::repeat_n("x", 1000));
        assert!(many.ends_with("\"x\" and 984 more") && many.len() < 120, "{many}");
    }
}
