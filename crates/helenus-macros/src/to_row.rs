//! `#[derive(ToRow)]`, and what it shares with `#[derive(ToUdt)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::expand::{owner, table};
use crate::generics::Head;
use crate::input::{Input, Role};

pub(crate) fn expand(input: &Input) -> TokenStream {
    let (krate, ident) = (&input.krate, &input.ident);
    let head = demands(input, "Columns");
    let (fields, owner, allow_extra) = (table(input), owner(input), input.allow_extra);
    let named = if input.by_name { named_fields(input, &head, "Columns") } else { TokenStream::new() };
    let write = if input.by_name {
        quote!(#krate::derive::write_by_name(self, #owner, #allow_extra, columns, values))
    } else {
        let parts = parts(input);
        quote!(#krate::derive::write_by_position(#owner, &[#(#parts),*], columns, values))
    };
    let by_name = input.by_name;
    let Head { parameters, arguments, .. } = &head;
    let conditions = head.conditions();
    quote! {
        #[allow(unused_qualifications, reason = "a path that the caller gave may be longer than it need be")]
        const _: () = {
            #fields
            #named
            #[automatically_derived]
            impl<#parameters> #krate::derive::ToRow for #ident<#arguments> #conditions {
                fn is_by_name(&self) -> bool {
                    #by_name
                }

                fn write(
                    &self,
                    columns: &[#krate::derive::ColumnSpec],
                    values: &mut #krate::derive::SerializedValues,
                ) -> ::core::result::Result<(), #krate::derive::EncodeError> {
                    #write
                }
            }
        };
    }
}

/// The head of the `impl`s, with what the fields' types must be able to.
pub(crate) fn demands(input: &Input, kind: &str) -> Head {
    let krate = &input.krate;
    let kind = quote::format_ident!("{kind}");
    let mut head = Head::plain(input);
    for field in &input.fields {
        match field.role {
            Role::Column { .. } => head.demand(field, &quote!(#krate::derive::EncodeValue)),
            Role::Flattened => {
                head.demand(field, &quote!(#krate::derive::NamedFields<#krate::derive::#kind>));
            }
            Role::Skipped(_) => {}
        }
    }
    head
}

/// `(&FIELDS[0], &self.a), …`
pub(crate) fn parts(input: &Input) -> Vec<TokenStream> {
    let krate = &input.krate;
    let columns = input.columns().enumerate();
    columns
        .map(|(index, (field, ..))| {
            let member = &field.member;
            let value = quote_spanned!(field.ty.span()=> &self.#member as &dyn #krate::derive::EncodeValue);
            quote!((&FIELDS[#index], #value))
        })
        .collect()
}

/// The `impl` that finds fields by name.
pub(crate) fn named_fields(input: &Input, head: &Head, kind: &str) -> TokenStream {
    let (krate, ident) = (&input.krate, &input.ident);
    let kind = quote::format_ident!("{kind}");
    let kind = quote!(#krate::derive::#kind);
    let arms = input.columns().enumerate().map(|(index, (field, name, _))| {
        let (member, name) = (&field.member, name.unwrap_or_default());
        let value = quote_spanned!(field.ty.span()=> &self.#member as &dyn #krate::derive::EncodeValue);
        quote!(#name => return ::core::option::Option::Some((#index, #value)),)
    });
    let own = input.columns().count();
    let (mut finds, mut lookups, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    for field in input.flattened() {
        let (member, ty) = (&field.member, &field.ty);
        let nested = quote_spanned!(field.ty.span()=> <#ty as #krate::derive::NamedFields<#kind>>);
        finds.push(quote! {
            if let ::core::option::Option::Some((index, value)) = #nested::find(&self.#member, name) {
                return ::core::option::Option::Some((#own #(+ #counts)* + index, value));
            }
        });
        lookups.push(quote! {
            let index = match index.checked_sub(#nested::COUNT) {
                ::core::option::Option::Some(index) => index,
                ::core::option::Option::None => return #nested::field(index),
            };
        });
        counts.push(quote!(#nested::COUNT));
    }
    let Head { parameters, arguments, .. } = head;
    let conditions = head.conditions();
    quote! {
        #[automatically_derived]
        impl<#parameters> #krate::derive::NamedFields<#kind> for #ident<#arguments> #conditions {
            const COUNT: usize = #own #(+ #counts)*;

            fn find(&self, name: &str) -> ::core::option::Option<(usize, &dyn #krate::derive::EncodeValue)> {
                match name {
                    #(#arms)*
                    _ => {}
                }
                #(#finds)*
                ::core::option::Option::None
            }

            fn field(index: usize) -> ::core::option::Option<&'static #krate::derive::Field> {
                let index = match index.checked_sub(#own) {
                    ::core::option::Option::Some(index) => index,
                    ::core::option::Option::None => return FIELDS.get(index),
                };
                #(#lookups)*
                let _ = index;
                ::core::option::Option::None
            }
        }
    }
}
