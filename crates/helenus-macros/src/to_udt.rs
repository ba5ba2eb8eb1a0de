//! `#[derive(ToUdt)]`

use proc_macro2::TokenStream;
use quote::quote;

use crate::expand::{owner, table};
use crate::generics::Head;
use crate::input::Input;
use crate::to_row::{demands, named_fields, parts};

pub(crate) fn expand(input: &Input) -> TokenStream {
    let (krate, ident) = (&input.krate, &input.ident);
    let head = demands(input, "UserTypeFields");
    let (fields, owner, deny_extra) = (table(input), owner(input), input.deny_extra);
    let named = if input.by_name { named_fields(input, &head, "UserTypeFields") } else { TokenStream::new() };
    let encode = if input.by_name {
        quote!(#krate::derive::encode_by_name(self, #owner, #deny_extra, cql_type, out))
    } else {
        let parts = parts(input);
        quote!(#krate::derive::encode_by_position(#owner, &[#(#parts),*], #deny_extra, cql_type, out))
    };
    let Head { parameters, arguments, .. } = &head;
    let conditions = head.conditions();
    quote! {
        #[allow(unused_qualifications, reason = "a path that the caller gave may be longer than it need be")]
        const _: () = {
            #fields
            #named
            #[automatically_derived]
            impl<#parameters> #krate::derive::EncodeValue for #ident<#arguments> #conditions {
                fn encode(
                    &self,
                    cql_type: &#krate::derive::CqlType,
                    out: &mut ::std::vec::Vec<u8>,
                ) -> ::core::result::Result<#krate::derive::Encoded, #krate::derive::EncodeError> {
                    #encode
                }
            }
        };
    }
}
