//! `#[helenus(…)]`: what is written, and what is wrong with it.

use proc_macro2::Span;
use quote::ToTokens;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, ExprPath, LitStr, Path, Result, Token};

use crate::rename::RenameRule;
use crate::suggestion::suggest;

const ON_STRUCTS: [&str; 5] = ["rename_all", "by", "allow_extra", "deny_extra", "crate"];
const ON_FIELDS: [&str; 4] = ["rename", "default", "skip", "flatten"];

/// Something that was written, and where.
type Written<T> = Option<(T, Span)>;

/// What stands on the struct.
#[derive(Default)]
pub(crate) struct StructAttributes {
    pub(crate) rename_all: Written<RenameRule>,
    /// Whether `by = "position"`.
    pub(crate) by_position: Written<bool>,
    pub(crate) allow_extra: Written<()>,
    pub(crate) deny_extra: Written<()>,
    pub(crate) krate: Written<Path>,
}

/// What stands for a column that is not there.
pub(crate) enum DefaultValue {
    /// `Default::default()`
    Trait,
    /// What this function gives.
    Function(ExprPath),
}

/// What stands on a field.
#[derive(Default)]
pub(crate) struct FieldAttributes {
    pub(crate) rename: Written<String>,
    pub(crate) default: Written<DefaultValue>,
    pub(crate) skip: Written<()>,
    pub(crate) flatten: Written<()>,
}

impl StructAttributes {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut all = Self::default();
        each(attributes, |meta, name| {
            let span =
                meta.path.to_token_stream().into_iter().next().map_or_else(Span::call_site, |t| t.span());
            match name {
                "rename_all" => set(&mut all.rename_all, one_of(&meta, &RenameRule::ALL)?, span, name),
                "by" => set(
                    &mut all.by_position,
                    one_of(&meta, &[("name", false), ("position", true)])?,
                    span,
                    name,
                ),
                "allow_extra" => set(&mut all.allow_extra, flag(&meta, name)?, span, name),
                "deny_extra" => set(&mut all.deny_extra, flag(&meta, name)?, span, name),
                "crate" => set(&mut all.krate, path(&meta)?.path, span, name),
                _ => Err(unknown(&meta, name, &ON_STRUCTS, &ON_FIELDS, "field")),
            }
        })?;
        if let (Some(_), Some((_, span))) = (&all.allow_extra, &all.deny_extra) {
            return Err(Error::new(*span, "`allow_extra` and `deny_extra` contradict each other"));
        }
        Ok(all)
    }
}

impl FieldAttributes {
    pub(crate) fn parse(attributes: &[Attribute]) -> Result<Self> {
        let mut all = Self::default();
        each(attributes, |meta, name| {
            let span =
                meta.path.to_token_stream().into_iter().next().map_or_else(Span::call_site, |t| t.span());
            match name {
                "rename" => set(&mut all.rename, text(&meta)?.value(), span, name),
                "default" if meta.input.peek(Token![=]) => {
                    set(&mut all.default, DefaultValue::Function(path(&meta)?), span, name)
                }
                "default" => set(&mut all.default, DefaultValue::Trait, span, name),
                "skip" => set(&mut all.skip, flag(&meta, name)?, span, name),
                "flatten" => set(&mut all.flatten, flag(&meta, name)?, span, name),
                _ => Err(unknown(&meta, name, &ON_FIELDS, &ON_STRUCTS, "struct")),
            }
        })?;
        all.contradictions()?;
        Ok(all)
    }

    fn contradictions(&self) -> Result<()> {
        let pairs = [
            (
                &self.skip,
                self.rename.as_ref().map(|(_, span)| *span),
                "`skip`: a field without a column has no name to change",
            ),
            (
                &self.skip,
                self.flatten.as_ref().map(|(_, span)| *span),
                "`skip` and `flatten` contradict each other",
            ),
            (
                &self.flatten,
                self.rename.as_ref().map(|(_, span)| *span),
                "`flatten`: its fields have names, not it",
            ),
            (
                &self.flatten,
                self.default.as_ref().map(|(_, span)| *span),
                "`flatten`: its fields may have defaults, not it",
            ),
        ];
        for (one, other, why) in pairs {
            if let (Some(_), Some(span)) = (one, other) {
                return Err(Error::new(span, why));
            }
        }
        Ok(())
    }
}

/// Gives every part of every `#[helenus(…)]` to `part`, with its name; tells of all errors at once.
fn each(
    attributes: &[Attribute],
    mut part: impl FnMut(ParseNestedMeta<'_>, &str) -> Result<()>,
) -> Result<()> {
    let mut errors: Option<Error> = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("helenus")) {
        let parsed = attribute.parse_nested_meta(|meta| {
            let name = meta.path.to_token_stream().to_string();
            part(meta, &name)
        });
        match (parsed, &mut errors) {
            (Ok(()), _) => {}
            (Err(error), Some(errors)) => errors.combine(error),
            (Err(error), None) => errors = Some(error),
        }
    }
    errors.map_or(Ok(()), Err)
}

fn set<T>(place: &mut Written<T>, value: T, span: Span, name: &str) -> Result<()> {
    if place.is_some() {
        return Err(Error::new(span, format!("`{name}` is there twice")));
    }
    *place = Some((value, span));
    Ok(())
}

/// An attribute without a value.
fn flag(meta: &ParseNestedMeta<'_>, name: &str) -> Result<()> {
    if meta.input.peek(Token![=]) || meta.input.peek(syn::token::Paren) {
        return Err(meta.error(format!("`{name}` takes no value")));
    }
    Ok(())
}

fn text(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    let name = meta.path.to_token_stream().to_string();
    let value = meta.value().map_err(|_| meta.error(format!("`{name}` wants a value: `{name} = \"…\"`")))?;
    value.parse::<LitStr>().map_err(|error| Error::new(error.span(), format!("`{name}` wants a string")))
}

/// A path, as such or in a string.
fn path(meta: &ParseNestedMeta<'_>) -> Result<ExprPath> {
    let name = meta.path.to_token_stream().to_string();
    let value =
        meta.value().map_err(|_| meta.error(format!("`{name}` wants a path: `{name} = path::to::it`")))?;
    if value.peek(LitStr) {
        return value.parse::<LitStr>()?.parse();
    }
    value.parse().map_err(|error| Error::new(error.span(), format!("`{name}` wants a path")))
}

fn one_of<T: Copy>(meta: &ParseNestedMeta<'_>, known: &[(&str, T)]) -> Result<T> {
    let written = text(meta)?;
    let word = written.value();
    known.iter().find(|(name, _)| *name == word).map(|(_, value)| *value).ok_or_else(|| {
        let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
        Error::new(written.span(), format!("unknown value {word:?}; {}", suggest(&word, &names)))
    })
}

fn unknown(meta: &ParseNestedMeta<'_>, name: &str, here: &[&str], elsewhere: &[&str], place: &str) -> Error {
    if elsewhere.contains(&name) {
        return meta.error(format!("`{name}` stands on a {place}, not here"));
    }
    meta.error(format!("unknown attribute `{name}`; {}", suggest(name, here)))
}
