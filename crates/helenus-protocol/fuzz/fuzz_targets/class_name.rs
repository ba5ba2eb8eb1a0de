//! The two spellings of types as text: Java class names and CQL.

#![no_main]

use std::sync::Arc;

use helenus_protocol::{CqlType, UserType};
use helenus_protocol_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| bounded(data, |data| {
    let Ok(text) = str::from_utf8(data) else { return };
    if let Ok(parsed) = CqlType::from_class_name(text) {
        let printed = parsed.class_name();
        assert_eq!(CqlType::from_class_name(&printed).as_ref(), Ok(&parsed), "{printed}");
    }
    // CQL text does not say the keyspace of a user type, so all are in the same.
    let user_type = |_: Option<&str>, name: &str| {
        Some(Arc::new(UserType { keyspace: "ks".to_owned(), name: name.to_owned(), fields: Vec::new() }))
    };
    if let Ok(parsed) = CqlType::from_cql(text, &user_type) {
        let printed = parsed.to_string();
        assert_eq!(CqlType::from_cql(&printed, &user_type).as_ref(), Ok(&parsed), "{printed}");
    }
}));
