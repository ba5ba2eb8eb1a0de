//! How the name of a field is spelled as that of a column: `rename_all`.

/// A rule of `rename_all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RenameRule {
    Lower,
    Upper,
    Camel,
    Pascal,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl RenameRule {
    /// All rules by the names that they are called by.
    pub(crate) const ALL: [(&'static str, Self); 8] = [
        ("lowercase", Self::Lower),
        ("UPPERCASE", Self::Upper),
        ("camelCase", Self::Camel),
        ("PascalCase", Self::Pascal),
        ("snake_case", Self::Snake),
        ("SCREAMING_SNAKE_CASE", Self::ScreamingSnake),
        ("kebab-case", Self::Kebab),
        ("SCREAMING-KEBAB-CASE", Self::ScreamingKebab),
    ];

    /// The name of a field, which is in snake_case, by the rule.
    pub(crate) fn apply(self, field: &str) -> String {
        let words = || field.split('_').filter(|word| !word.is_empty());
        match self {
            Self::Snake => field.to_owned(),
            Self::Lower => field.replace('_', "").to_lowercase(),
            Self::Upper => field.replace('_', "").to_uppercase(),
            Self::ScreamingSnake => field.to_uppercase(),
            Self::Kebab => field.replace('_', "-"),
            Self::ScreamingKebab => field.replace('_', "-").to_uppercase(),
            Self::Pascal => words().map(capitalized).collect(),
            Self::Camel => words()
                .enumerate()
                .map(|(n, word)| if n == 0 { word.to_owned() } else { capitalized(word) })
                .collect(),
        }
    }
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_spells_as_its_own_name_does() {
        let spelled = |name: &str, field: &str| {
            RenameRule::ALL.iter().find(|(known, _)| *known == name).expect("a rule").1.apply(field)
        };
        for (rule, expected) in [
            ("lowercase", "firstname2"),
            ("UPPERCASE", "FIRSTNAME2"),
            ("camelCase", "firstName2"),
            ("PascalCase", "FirstName2"),
            ("snake_case", "first_name2"),
            ("SCREAMING_SNAKE_CASE", "FIRST_NAME2"),
            ("kebab-case", "first-name2"),
            ("SCREAMING-KEBAB-CASE", "FIRST-NAME2"),
        ] {
            assert_eq!(spelled(rule, "first_name2"), expected, "{rule}");
        }
        assert_eq!(spelled("camelCase", "_id"), "id");
    }
}
