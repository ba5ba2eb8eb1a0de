//! The derives of [`helenus`](https://docs.rs/helenus), a driver for Apache Cassandra: structs as rows and as user-defined
//! types. Use them from there (`helenus::FromRow` and so on; feature `macros`, which is on by default).
//!
//! * [`FromRow`](macro@FromRow): a struct out of a row of a result.
//! * [`ToRow`](macro@ToRow): a struct as the values of a statement's bind markers.
//! * [`FromUdt`](macro@FromUdt), [`ToUdt`](macro@ToUdt): a struct out of, and as, a value of a user-defined type.
//!
//! # By name, or by position
//!
//! The fields of a struct stand for columns (bind markers, fields of the user type) of the same name, in whatever order these
//! come. Those of a tuple struct, and of a struct with `by = "position"`, stand for them in their order.
//!
//! # Attributes
//!
//! All are written `#[helenus(…)]`, and mean the same to every derive of the struct.
//!
//! | on the struct | |
//! |---|---|
//! | `rename_all = "…"` | how columns are spelled: `lowercase`, `UPPERCASE`, `camelCase`, `PascalCase`, `snake_case`, `SCREAMING_SNAKE_CASE`, `kebab-case`, `SCREAMING-KEBAB-CASE` |
//! | `by = "position"` | fields stand for columns in their order, whatever these are called |
//! | `allow_extra` | see the table below |
//! | `deny_extra` | see the table below |
//! | `crate = path` | where the crate `helenus` is found, if not at `::helenus` |
//!
//! | on a field | |
//! |---|---|
//! | `rename = "…"` | what the column is called |
//! | `default` | `Default::default()` stands in for a column that is not there; null is not that: an `Option` takes it |
//! | `default = path` | the same, by a function without arguments |
//! | `skip` | no column: never read (`Default`, or `default = path`), never written |
//! | `flatten` | the fields of that struct stand for columns of this row (rows by name only) |
//!
//! What one side has and the other has not:
//!
//! | | `FromRow` | `ToRow` | `FromUdt` | `ToUdt` |
//! |---|---|---|---|---|
//! | the server has more | an error; passed over with `allow_extra` | an error | passed over; an error with `deny_extra` | written as null; an error with `deny_extra` |
//! | the struct has more | an error; a field may have a `default` | an error; left out with `allow_extra` | an error; a field may have a `default` | an error |
//!
//! A value of a user type may lack its last fields, where it is older than they: these are read as null.
//!
//! # What is checked when
//!
//! `FromRow` looks at the columns once for a result, before its first row: names, and the type of every column against that of
//! its field, down to the fields of user types and the elements of collections. `ToRow` looks at the markers before anything is
//! sent.

mod attributes;
mod expand;
mod from_row;
mod from_udt;
mod generics;
mod input;
mod rename;
mod suggestion;
mod to_row;
mod to_udt;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

use input::{Input, Wanted};

/// A struct out of a row of a result. See the [crate] for the attributes.
///
/// ```
/// use helenus::FromRow;
///
/// #[derive(FromRow)]
/// struct User<'a> {
///     name: &'a str,
///     #[helenus(rename = "e-mail")]
///     email: Option<String>,
///     #[helenus(default)]
///     visits: i64,
/// }
/// ```
#[proc_macro_derive(FromRow, attributes(helenus))]
pub fn derive_from_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    finish(Input::parse(input, Wanted::Row).map(|input| from_row::expand(&input)))
}

/// A struct as the values of a statement's bind markers. See the [crate] for the attributes.
///
/// ```
/// use helenus::ToRow;
///
/// #[derive(ToRow)]
/// struct User<'a> {
///     name: &'a str,
///     email: Option<String>,
/// }
/// ```
#[proc_macro_derive(ToRow, attributes(helenus))]
pub fn derive_to_row(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    finish(Input::parse(input, Wanted::Row).map(|input| to_row::expand(&input)))
}

/// A struct out of a value of a user-defined type: it can then be a field of a row, an element of a collection, and so on. See the
/// [crate] for the attributes.
///
/// ```
/// use helenus::FromUdt;
///
/// #[derive(FromUdt)]
/// struct Address {
///     street: String,
///     zip: Option<i32>,
/// }
/// ```
#[proc_macro_derive(FromUdt, attributes(helenus))]
pub fn derive_from_udt(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    finish(Input::parse(input, Wanted::UserType).map(|input| from_udt::expand(&input)))
}

/// A struct as a value of a user-defined type: it can then be bound, alone or within collections. See the [crate] for the
/// attributes.
///
/// ```
/// use helenus::ToUdt;
///
/// #[derive(ToUdt)]
/// struct Address<'a> {
///     street: &'a str,
///     zip: Option<i32>,
/// }
/// ```
#[proc_macro_derive(ToUdt, attributes(helenus))]
pub fn derive_to_udt(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    finish(Input::parse(input, Wanted::UserType).map(|input| to_udt::expand(&input)))
}

fn finish(expanded: syn::Result<proc_macro2::TokenStream>) -> TokenStream {
    expanded.unwrap_or_else(|error| error.into_compile_error()).into()
}
