//! The functions of CQL that matter here. All others are a user's, of which nothing is known.

/// What calling a function means for a statement that is sent twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// Another value each time.
    Changing,
    /// The same value for the same arguments, and never a list.
    Scalar,
    /// Not known to be either.
    Unknown,
}

impl Function {
    /// The function of this name, qualified or not.
    pub(super) fn named(qualifier: Option<&str>, name: &str) -> Self {
        // Both spellings of native functions exist: toTimestamp and to_timestamp.
        let name: String = name
            .bytes()
            .filter(|byte| *byte != b'_')
            .map(|byte| char::from(byte.to_ascii_lowercase()))
            .collect();
        match &*name {
            "now" | "uuid" | "currenttimestamp" | "currentdate" | "currenttime" | "currenttimeuuid"
            | "randomfloatvector" => Self::Changing,
            _ if qualifier.is_some_and(|keyspace| !keyspace.eq_ignore_ascii_case("system")) => Self::Unknown,
            "token" | "cast" | "tojson" | "todate" | "totimestamp" | "tounixtimestamp" | "dateof"
            | "unixtimestampof" | "mintimeuuid" | "maxtimeuuid" | "abs" | "exp" | "log" | "log10"
            | "round" => Self::Scalar,
            _ if is_blob_conversion(&name) => Self::Scalar,
            _ => Self::Unknown,
        }
    }
}

/// `intAsBlob`, `blobAsInt` and their like, for scalar types only: collections have some too.
fn is_blob_conversion(name: &str) -> bool {
    let cql_type = name.strip_prefix("blobas").or_else(|| name.strip_suffix("asblob"));
    const SCALARS: [&str; 20] = [
        "ascii",
        "bigint",
        "boolean",
        "counter",
        "date",
        "decimal",
        "double",
        "duration",
        "float",
        "inet",
        "int",
        "smallint",
        "text",
        "time",
        "timestamp",
        "timeuuid",
        "tinyint",
        "uuid",
        "varchar",
        "varint",
    ];
    cql_type.is_some_and(|cql_type| SCALARS.contains(&cql_type))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_and_any_case() {
        for (name, expected) in [
            ("NOW", Function::Changing),
            ("uuid", Function::Changing),
            ("currentTimestamp", Function::Changing),
            ("current_timeuuid", Function::Changing),
            ("random_float_vector", Function::Changing),
            ("toTimestamp", Function::Scalar),
            ("to_unix_timestamp", Function::Scalar),
            ("textAsBlob", Function::Scalar),
            ("blob_as_timeuuid", Function::Scalar),
            ("blobAsList", Function::Unknown),
            ("fromJson", Function::Unknown),
            ("ours", Function::Unknown),
            ("", Function::Unknown),
        ] {
            assert_eq!(Function::named(None, name), expected, "{name}");
        }
    }

    #[test]
    fn a_function_of_another_keyspace_is_not_the_native_one() {
        assert_eq!(Function::named(Some("system"), "todate"), Function::Scalar);
        assert_eq!(Function::named(Some("ours"), "todate"), Function::Unknown);
        assert_eq!(Function::named(Some("ours"), "now"), Function::Changing);
    }
}
