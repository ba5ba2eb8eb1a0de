//! What all derives write: the table of the fields' names, and values for columns that are not there.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

use crate::attributes::DefaultValue;
use crate::input::Input;

/// `static FIELDS: […]`: the fields that stand for columns, as errors name them.
pub(crate) fn table(input: &Input) -> TokenStream {
    let krate = &input.krate;
    let owner = owner(input);
    let entries: Vec<_> = input
        .columns()
        .map(|(field, name, _)| {
            let member = match &field.member {
                syn::Member::Named(ident) => ident.unraw().to_string(),
                syn::Member::Unnamed(index) => index.index.to_string(),
            };
            let (name, rust) = (name.unwrap_or_default(), type_text(&field.ty));
            quote!(#krate::derive::Field { owner: #owner, field: #member, name: #name, rust: #rust })
        })
        .collect();
    let count = entries.len();
    quote!(static FIELDS: [#krate::derive::Field; #count] = [#(#entries),*];)
}

/// What the struct is called.
pub(crate) fn owner(input: &Input) -> String {
    input.ident.unraw().to_string()
}

/// The value for a column that is not there.
pub(crate) fn default(default: &DefaultValue, ty: &Type) -> TokenStream {
    match default {
        DefaultValue::Trait => quote_spanned!(ty.span()=> <_ as ::core::default::Default>::default()),
        DefaultValue::Function(path) => quote!(#path()),
    }
}

/// A type as one would write it.
fn type_text(ty: &Type) -> String {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '\'';
    let mut text = String::new();
    // Tokens are printed with a space between any two; it stands between words, and around what binds loosely.
    for piece in ty.to_token_stream().to_string().split_whitespace() {
        let (Some(last), Some(first)) = (text.chars().last(), piece.chars().next()) else {
            text.push_str(piece);
            continue;
        };
        if (is_word(last) && is_word(first)) || ",;+=".contains(last) || "+=".contains(first) {
            text.push(' ');
        }
        text.push_str(piece);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_written_as_people_write_them() {
        for text in [
            "Option<String>",
            "&'a str",
            "HashMap<String, Vec<(i32, [u8; 4])>>",
            "Box<dyn Any + Send>",
            "std::net::IpAddr",
        ] {
            let ty: Type = syn::parse_str(text).expect("a type");
            assert_eq!(type_text(&ty), text);
        }
    }
}
