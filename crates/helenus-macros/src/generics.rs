//! The head of an `impl`: parameters, the struct with them, and what must hold.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericParam, Type, WherePredicate};

use crate::input::{Field, Input};

/// The lifetime of the row that is read from.
const ROW: &str = "__helenus";

/// The parts of `impl<…> … for Struct<…> where …`.
pub(crate) struct Head {
    pub(crate) parameters: TokenStream,
    pub(crate) arguments: TokenStream,
    predicates: Vec<TokenStream>,
    /// The names of the struct's lifetimes, where all are those of the row.
    lifetimes: Vec<Ident>,
    types: Vec<Ident>,
}

impl Head {
    /// For traits that are told what lifetime a row has: whatever the struct borrows, it borrows from the row.
    pub(crate) fn borrowing(input: &Input) -> Self {
        let lifetimes = input.generics.lifetimes().map(|lifetime| lifetime.lifetime.ident.clone()).collect();
        Self::new(input, lifetimes, Some(&row_lifetime()))
    }

    /// For traits without a lifetime.
    pub(crate) fn plain(input: &Input) -> Self {
        Self::new(input, Vec::new(), None)
    }

    fn new(input: &Input, lifetimes: Vec<Ident>, row: Option<&TokenStream>) -> Self {
        let mut head = Self {
            parameters: row.iter().map(|row| quote!(#row,)).collect(),
            arguments: TokenStream::new(),
            predicates: Vec::new(),
            lifetimes,
            types: input.generics.type_params().map(|parameter| parameter.ident.clone()).collect(),
        };
        for parameter in &input.generics.params {
            let (declared, argument) = match parameter {
                GenericParam::Lifetime(lifetime) => match row {
                    Some(row) => (None, row.clone()),
                    None => (Some(lifetime.to_token_stream()), lifetime.lifetime.to_token_stream()),
                },
                GenericParam::Type(parameter) => {
                    let mut declared = parameter.clone();
                    (declared.attrs, declared.default) = (Vec::new(), None);
                    (Some(head.unify(declared)), parameter.ident.to_token_stream())
                }
                GenericParam::Const(parameter) => {
                    let mut declared = parameter.clone();
                    (declared.attrs, declared.default) = (Vec::new(), None);
                    (Some(declared.to_token_stream()), parameter.ident.to_token_stream())
                }
            };
            head.parameters.extend(declared.map(|declared| quote!(#declared,)));
            head.arguments.extend(quote!(#argument,));
        }
        for predicate in input.generics.where_clause.iter().flat_map(|clause| &clause.predicates) {
            if row.is_none() || !matches!(predicate, WherePredicate::Lifetime(_)) {
                let predicate = head.unify(predicate);
                head.predicates.push(predicate);
            }
        }
        head
    }

    /// The tokens with the row's lifetime for each of the struct's.
    pub(crate) fn unify(&self, tokens: impl ToTokens) -> TokenStream {
        self.unify_stream(tokens.to_token_stream())
    }

    fn unify_stream(&self, tokens: TokenStream) -> TokenStream {
        let mut after_quote = false;
        let unified = |token| {
            let is_name = std::mem::take(&mut after_quote);
            match token {
                TokenTree::Ident(name) if is_name && self.lifetimes.contains(&name) => {
                    TokenTree::Ident(Ident::new(ROW, name.span()))
                }
                TokenTree::Punct(punct) => {
                    after_quote = punct.as_char() == '\'';
                    TokenTree::Punct(punct)
                }
                TokenTree::Group(group) => {
                    let mut unified = Group::new(group.delimiter(), self.unify_stream(group.stream()));
                    unified.set_span(group.span());
                    TokenTree::Group(unified)
                }
                other => other,
            }
        };
        tokens.into_iter().map(unified).collect()
    }

    /// Demands `bound` of a field's type, if that hangs on a type parameter; of all other types the compiler knows better.
    pub(crate) fn demand(&mut self, field: &Field, bound: &TokenStream) {
        if self.mentions_parameter(field.ty.to_token_stream()) {
            let ty = self.ty(&field.ty);
            self.predicates.push(quote!(#ty: #bound));
        }
    }

    /// A field's type, with the row's lifetime.
    pub(crate) fn ty(&self, ty: &Type) -> TokenStream {
        self.unify(ty)
    }

    fn mentions_parameter(&self, tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => self.types.contains(&ident),
            TokenTree::Group(group) => self.mentions_parameter(group.stream()),
            _ => false,
        })
    }

    /// `where …`
    pub(crate) fn conditions(&self) -> TokenStream {
        let predicates = &self.predicates;
        quote!(where #(#predicates,)*)
    }
}

/// The row's lifetime.
pub(crate) fn row_lifetime() -> TokenStream {
    syn::Lifetime::new(&format!("'{ROW}"), Span::mixed_site()).to_token_stream()
}
