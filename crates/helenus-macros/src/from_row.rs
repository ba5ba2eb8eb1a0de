//! `#[derive(FromRow)]`

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::expand::{default, owner, table};
use crate::generics::{Head, row_lifetime};
use crate::input::{Input, Role};

pub(crate) fn expand(input: &Input) -> TokenStream {
    let (krate, ident) = (&input.krate, &input.ident);
    let row = row_lifetime();
    let mut head = Head::borrowing(input);
    let (mut claims, mut reads) = (Vec::new(), Vec::new());
    let mut index = 0_usize;
    for field in &input.fields {
        let (member, ty) = (&field.member, head.ty(&field.ty));
        match &field.role {
            Role::Column { default: None, .. } => {
                head.demand(field, &quote!(#krate::derive::DecodeValue<#row>));
                claims.push(quote_spanned!(field.ty.span()=> columns.claim::<#ty>(&FIELDS[#index])?;));
                let read =
                    quote_spanned!(field.ty.span()=> #krate::derive::read(row, places, &FIELDS[#index])?);
                reads.push(quote!(#member: #read));
                index += 1;
            }
            Role::Column { default: Some(value), .. } => {
                head.demand(field, &quote!(#krate::derive::DecodeValue<#row>));
                let value = default(value, &field.ty);
                claims
                    .push(quote_spanned!(field.ty.span()=> columns.claim_if_there::<#ty>(&FIELDS[#index])?;));
                reads
                    .push(quote!(#member: #krate::derive::read_or(row, places, &FIELDS[#index], || #value)?));
                index += 1;
            }
            Role::Flattened => {
                head.demand(field, &quote!(#krate::derive::ClaimColumns<#row>));
                claims.push(quote_spanned!(field.ty.span()=>
                    <#ty as #krate::derive::ClaimColumns<#row>>::claim(columns)?;));
                reads.push(quote!(#member: #krate::derive::FromRow::from_row(row, places)?));
            }
            Role::Skipped(value) => {
                let value = default(value, &field.ty);
                reads.push(quote!(#member: #value));
            }
        }
    }
    let (fields, owner, allow_extra) = (table(input), owner(input), input.allow_extra);
    let Head { parameters, arguments, .. } = &head;
    let conditions = head.conditions();
    let claim = quote! {
        fn claim(columns: &mut #krate::derive::RowColumns<'_>) -> ::core::result::Result<(), #krate::derive::Error> {
            #(#claims)*
            ::core::result::Result::Ok(())
        }
    };
    // Only what goes by name can be a part of something else.
    let (claim_trait, claim_inherent) = if input.by_name {
        let claim = quote! {
            #[automatically_derived]
            impl<#parameters> #krate::derive::ClaimColumns<#row> for #ident<#arguments> #conditions { #claim }
        };
        (claim, quote!(<Self as #krate::derive::ClaimColumns<#row>>::claim(&mut columns)?;))
    } else {
        (TokenStream::new(), quote!({ let columns = &mut columns; #(#claims)* }))
    };
    quote! {
        #[allow(unused_qualifications, reason = "a path that the caller gave may be longer than it need be")]
        const _: () = {
            #fields
            #claim_trait
            #[automatically_derived]
            impl<#parameters> #krate::derive::FromRow<#row> for #ident<#arguments> #conditions {
                fn layout(
                    columns: &[#krate::derive::ColumnSpec],
                ) -> ::core::result::Result<#krate::derive::RowLayout, #krate::derive::Error> {
                    let mut columns = #krate::derive::RowColumns::new(columns);
                    #claim_inherent
                    columns.finish(#owner, #allow_extra)
                }

                #[inline]
                fn from_row(
                    row: &#krate::derive::Row<#row>,
                    places: &mut #krate::derive::Places<'_>,
                ) -> ::core::result::Result<Self, #krate::derive::Error> {
                    ::core::result::Result::Ok(Self { #(#reads),* })
                }
            }
        };
    }
}
