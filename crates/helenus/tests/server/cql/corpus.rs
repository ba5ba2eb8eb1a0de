//! The corpus of `tests/server/cql` as values: its files, their cases, the steps of a case. `tests/server/cql/README.md`
//! says what each field means; a field that is not known is an error, so that a slip of the pen tests nothing silently.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

/// One file: statements that make what its cases need, and the cases.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(skip)]
    pub(super) name: String,
    #[serde(rename = "about")]
    _about: String,
    #[serde(default)]
    pub(super) setup: Vec<String>,
    pub(super) cases: Vec<Case>,
}

/// One case. Its steps stay raw until names are filled in: see [`Names`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) name: String,
    only: Option<Mode>,
    versions: Option<Vec<u8>>,
    pub(super) steps: Vec<Value>,
}

/// How the statements of a case travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Mode {
    /// As text, with values beside it.
    Simple,
    /// Prepared, with values bound.
    Prepared,
}

impl Case {
    pub(super) fn runs_on(&self, version: u8) -> bool {
        self.versions.as_ref().is_none_or(|versions| versions.contains(&version))
    }

    /// The modes that the case is run in.
    pub(super) fn modes(&self) -> Vec<Mode> {
        [Mode::Simple, Mode::Prepared]
            .into_iter()
            .filter(|mode| self.only.is_none_or(|o| o == *mode))
            .collect()
    }
}

/// One step: a statement, a batch, a statement that is kept, or the running of a kept one; and what is expected of it.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Step {
    pub(super) cql: String,
    pub(super) values: Vec<(String, Value)>,
    pub(super) batch: Option<String>,
    pub(super) statements: Vec<Entry>,
    pub(super) keep: Option<String>,
    pub(super) run: Option<String>,
    #[serde(rename = "as")]
    pub(super) role: Option<String>,
    pub(super) versions: Option<Vec<u8>>,
    pub(super) page_size: Option<i32>,
    pub(super) consistency: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) columns: Option<Vec<String>>,
    pub(super) rows: Option<Vec<Vec<Value>>>,
    pub(super) any_order: bool,
    pub(super) count: Option<usize>,
    pub(super) applied: Option<bool>,
    pub(super) error: Option<Refusal>,
    pub(super) warning: Option<String>,
    pub(super) keyspace: Option<String>,
    pub(super) schema: Vec<Part>,
}

/// A statement of a batch.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Entry {
    pub(super) cql: String,
    pub(super) values: Vec<(String, Value)>,
}

/// An error that is expected: its class, and a part of its text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refusal {
    pub(super) class: String,
    #[serde(default)]
    pub(super) text: String,
    /// What the text must not show: a value.
    pub(super) hides: Option<String>,
}

/// What the schema is to show afterwards.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Part {
    pub(super) keyspace: Option<String>,
    pub(super) table: Option<String>,
    pub(super) view: Option<String>,
    #[serde(rename = "type")]
    pub(super) user_type: Option<String>,
    pub(super) function: Option<String>,
    pub(super) aggregate: Option<String>,
    pub(super) index: Option<String>,
    pub(super) on: Option<String>,
    pub(super) gone: bool,
    pub(super) columns: Option<Vec<String>>,
    pub(super) partition_key: Option<Vec<String>>,
    pub(super) clustering_key: Option<Vec<String>>,
    pub(super) says: Vec<String>,
}

/// What stands for `$ks` and `$k` in a case.
#[derive(Debug, Clone)]
pub(super) struct Names {
    /// The keyspace of the file.
    pub(super) keyspace: String,
    /// A number that no other run of a case has.
    pub(super) number: i64,
}

impl Names {
    /// The step with all names filled in. A text that is `$k` alone becomes a number.
    pub(super) fn fill(&self, raw: &Value) -> Result<Step, String> {
        let raw = match raw {
            Value::String(text) => serde_json::json!({ "cql": text }),
            other => other.clone(),
        };
        serde_json::from_value(self.filled(raw)).map_err(|error| format!("the step cannot be read: {error}"))
    }

    pub(super) fn text(&self, text: &str) -> String {
        text.replace("$ks", &self.keyspace).replace("$k", &self.number.to_string())
    }

    fn filled(&self, value: Value) -> Value {
        match value {
            Value::String(text) if text == "$k" => self.number.into(),
            Value::String(text) => self.text(&text).into(),
            Value::Array(parts) => parts.into_iter().map(|part| self.filled(part)).collect(),
            Value::Object(fields) => {
                fields.into_iter().map(|(name, value)| (name, self.filled(value))).collect()
            }
            other => other,
        }
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/server/cql")
}

/// All files of the corpus, by name.
pub(super) fn files() -> Vec<File> {
    let entries = std::fs::read_dir(folder()).expect("the corpus is in the repository");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).expect("it can be read");
        let mut file: File =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        file.name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        file
    };
    paths.iter().map(read).collect()
}
