//! What a derive was given: a struct, parsed once into something that cannot be wrong.

use std::collections::HashMap;

use proc_macro2::Span;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{
    Data, DeriveInput, Error, Fields, Generics, Ident, Index, Member, Path, Result, Type, parse_quote,
};

use crate::attributes::{DefaultValue, FieldAttributes, StructAttributes};

/// What the struct is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    Row,
    UserType,
}

/// A struct.
pub(crate) struct Input {
    pub(crate) ident: Ident,
    pub(crate) generics: Generics,
    /// The path of the crate `helenus`.
    pub(crate) krate: Path,
    pub(crate) by_name: bool,
    pub(crate) allow_extra: bool,
    pub(crate) deny_extra: bool,
    /// In the order in which they are written.
    pub(crate) fields: Vec<Field>,
}

/// A field of it.
pub(crate) struct Field {
    pub(crate) member: Member,
    pub(crate) ty: Type,
    pub(crate) role: Role,
}

/// What a field stands for.
pub(crate) enum Role {
    /// A column; without a name where its place counts.
    Column {
        /// What the column is called.
        name: Option<String>,
        /// What stands in for it.
        default: Option<DefaultValue>,
    },
    /// The columns of another struct.
    Flattened,
    /// No column.
    Skipped(DefaultValue),
}

impl Input {
    pub(crate) fn parse(input: DeriveInput, wanted: Wanted) -> Result<Self> {
        let what = if wanted == Wanted::Row { "a row" } else { "a user-defined type" };
        let fields = match input.data {
            Data::Struct(data) => data.fields,
            Data::Enum(data) => {
                return Err(Error::new(
                    data.enum_token.span,
                    format!("only a struct can be {what}, not an enum"),
                ));
            }
            Data::Union(data) => {
                return Err(Error::new(
                    data.union_token.span,
                    format!("only a struct can be {what}, not a union"),
                ));
            }
        };
        let attributes = StructAttributes::parse(&input.attrs).map_err(|mut error| {
            // What is wrong with the fields is told in the same breath.
            for other in fields.iter().filter_map(|field| FieldAttributes::parse(&field.attrs).err()) {
                error.combine(other);
            }
            error
        })?;
        let is_tuple = matches!(fields, Fields::Unnamed(_));
        let by_name = match &attributes.by_position {
            Some((false, span)) if is_tuple => {
                return Err(Error::new(
                    *span,
                    "the fields of a tuple struct have no names; they go by position",
                ));
            }
            Some((true, _)) => false,
            _ => !is_tuple,
        };
        if let (false, Some((_, span))) = (by_name, &attributes.rename_all) {
            return Err(Error::new(*span, "`rename_all`: names do not count where fields go by position"));
        }
        let fields = parse_fields(fields, &attributes, by_name, wanted)?;
        if !fields.iter().any(|field| !matches!(field.role, Role::Skipped(_))) {
            return Err(Error::new(input.ident.span(), format!("{what} has at least one field")));
        }
        Ok(Self {
            ident: input.ident,
            generics: input.generics,
            krate: attributes.krate.map_or_else(|| parse_quote!(::helenus), |(path, _)| path),
            by_name,
            allow_extra: attributes.allow_extra.is_some(),
            deny_extra: attributes.deny_extra.is_some(),
            fields,
        })
    }

    /// The fields that stand for columns of their own.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&Field, Option<&str>, Option<&DefaultValue>)> {
        self.fields.iter().filter_map(|field| match &field.role {
            Role::Column { name, default } => Some((field, name.as_deref(), default.as_ref())),
            _ => None,
        })
    }

    /// The fields that stand for the columns of other structs.
    pub(crate) fn flattened(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| matches!(field.role, Role::Flattened))
    }
}

/// All fields, or all that is wrong with them.
fn parse_fields(
    fields: Fields,
    attributes: &StructAttributes,
    by_name: bool,
    wanted: Wanted,
) -> Result<Vec<Field>> {
    let mut parsed = Vec::new();
    let mut names = HashMap::new();
    let mut errors: Option<Error> = None;
    for (index, field) in fields.into_iter().enumerate() {
        let field = parse_field(index, field, attributes, by_name, wanted).and_then(|(field, span)| {
            if let Role::Column { name: Some(name), .. } = &field.role
                && let Some(other) = names.insert(name.clone(), field.member.to_token_stream().to_string())
            {
                return Err(Error::new(span, format!("two fields are for {name:?}: this one and `{other}`")));
            }
            Ok(field)
        });
        match (field, &mut errors) {
            (Ok(field), _) => parsed.push(field),
            (Err(error), Some(errors)) => errors.combine(error),
            (Err(error), None) => errors = Some(error),
        }
    }
    errors.map_or(Ok(parsed), Err)
}

fn parse_field(
    index: usize,
    field: syn::Field,
    of_struct: &StructAttributes,
    by_name: bool,
    wanted: Wanted,
) -> Result<(Field, Span)> {
    let span = field.ident.as_ref().map_or_else(|| field.ty.span(), Ident::span);
    let attributes = FieldAttributes::parse(&field.attrs)?;
    let name = attributes.rename;
    if let (Some((_, span)), false) = (&name, by_name) {
        return Err(Error::new(*span, "`rename`: names do not count where fields go by position"));
    }
    let span = name.as_ref().map_or(span, |(_, span)| *span);
    let default = attributes.default.map(|(default, _)| default);
    let role = match (attributes.skip, attributes.flatten) {
        (Some(_), _) => Role::Skipped(default.unwrap_or(DefaultValue::Trait)),
        (None, Some((_, span))) if wanted == Wanted::UserType => {
            return Err(Error::new(
                span,
                "`flatten` is for rows; a field of a user-defined type may be one itself",
            ));
        }
        (None, Some((_, span))) if !by_name => {
            return Err(Error::new(span, "`flatten` is for structs whose fields go by name"));
        }
        (None, Some(_)) => Role::Flattened,
        (None, None) => {
            let spelled = |ident: &Ident| {
                let name = ident.unraw().to_string();
                of_struct.rename_all.as_ref().map_or(name.clone(), |(rule, _)| rule.apply(&name))
            };
            let name = match name {
                Some((name, _)) => Some(name),
                None => field.ident.as_ref().filter(|_| by_name).map(spelled),
            };
            Role::Column { name, default }
        }
    };
    let member = match field.ident {
        Some(ident) => Member::Named(ident),
        None => {
            Member::Unnamed(Index { index: u32::try_from(index).unwrap_or(u32::MAX), span: field.ty.span() })
        }
    };
    Ok((Field { member, ty: field.ty, role }, span))
}
