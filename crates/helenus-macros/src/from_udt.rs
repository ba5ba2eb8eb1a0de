//! `#[derive(FromUdt)]`

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use crate::expand::{default, owner, table};
use crate::generics::{Head, row_lifetime};
use crate::input::{Input, Role};

pub(crate) fn expand(input: &Input) -> TokenStream {
    let (krate, ident) = (&input.krate, &input.ident);
    let row = row_lifetime();
    let mut head = Head::borrowing(input);
    let (mut checks, mut slots, mut arms, mut values) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for field in &input.fields {
        let (member, ty) = (&field.member, head.ty(&field.ty));
        match &field.role {
            Role::Column { name, default: value } => {
                head.demand(field, &quote!(#krate::derive::DecodeValue<#row>));
                let index = slots.len();
                let slot = format_ident!("field_{index}");
                let has_default = value.is_some();
                checks.push(
                    quote_spanned!(field.ty.span()=> fields.check::<#ty>(&FIELDS[#index], #has_default)?;),
                );
                let read = quote!(#slot = ::core::option::Option::Some(part.read::<#ty>(&FIELDS[#index])?));
                arms.push(match name {
                    Some(name) => quote!(#name => #read,),
                    None => quote!(#index => #read,),
                });
                let missing = match value {
                    Some(value) => default(value, &field.ty),
                    None => quote!(return ::core::result::Result::Err(parts.missing(&FIELDS[#index]))),
                };
                values.push(quote! {
                    #member: match #slot {
                        ::core::option::Option::Some(value) => value,
                        ::core::option::Option::None => #missing,
                    }
                });
                slots.push(slot);
            }
            Role::Skipped(value) => {
                let value = default(value, &field.ty);
                values.push(quote!(#member: #value));
            }
            // Refused when the struct was parsed.
            Role::Flattened => {}
        }
    }
    let (fields, owner, deny_extra) = (table(input), owner(input), input.deny_extra);
    let which = if input.by_name { quote!(part.name) } else { quote!(part.index) };
    let other = if deny_extra {
        quote!(_ => return ::core::result::Result::Err(part.extra(#owner)),)
    } else {
        quote!(_ => {})
    };
    let Head { parameters, arguments, .. } = &head;
    let conditions = head.conditions();
    quote! {
        #[allow(unused_qualifications, reason = "a path that the caller gave may be longer than it need be")]
        const _: () = {
            #fields
            #[automatically_derived]
            impl<#parameters> #krate::derive::DecodeValue<#row> for #ident<#arguments> #conditions {
                fn check(
                    cql_type: &#krate::derive::CqlType,
                ) -> ::core::result::Result<(), #krate::derive::DecodeError> {
                    let mut fields = #krate::derive::CheckFields::new(#owner, cql_type)?;
                    #(#checks)*
                    fields.finish(#deny_extra, &FIELDS)
                }

                fn decode(
                    cql_type: &#krate::derive::CqlType,
                    cell: ::core::option::Option<&#row [u8]>,
                ) -> ::core::result::Result<Self, #krate::derive::DecodeError> {
                    let mut parts = #krate::derive::Parts::new(#owner, cql_type, cell)?;
                    #(let mut #slots = ::core::option::Option::None;)*
                    while let ::core::option::Option::Some(part) = parts.next_part()? {
                        match #which {
                            #(#arms)*
                            #other
                        }
                    }
                    ::core::result::Result::Ok(Self { #(#values),* })
                }
            }
        };
    }
}
