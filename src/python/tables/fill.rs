//! How the holes of a row's result are filled at a call.
//!
//! Knows only types: the receiver's and the positional arguments'. Arguments by keyword or behind a star are not seen.

use crate::types::{Type, Var};

/// Fills the holes of a row's result.
pub(super) fn fill(template: &Type, receiver: &Type, arguments: &[Type]) -> Type {
    let argument = |at: u8| arguments.get(usize::from(at)).cloned().unwrap_or_default();
    match template {
        Type::Var(var) => match var {
            Var::Receiver => receiver.clone(),
            Var::Element => text_or_element(receiver),
            Var::Key => pair_of(receiver).0,
            Var::Value => pair_of(receiver).1,
            Var::Argument(at) => argument(*at),
            Var::ArgumentOrNone(at) => arguments
                .get(usize::from(*at))
                .cloned()
                .unwrap_or(Type::None),
            Var::ArgumentOrNothing(at) => arguments
                .get(usize::from(*at))
                .cloned()
                .unwrap_or(Type::Never),
            Var::ElementOf(at) => text_or_element(&argument(*at)),
            Var::ElementOfOrNothing(at) => arguments
                .get(usize::from(*at))
                .map_or(Type::Never, text_or_element),
            Var::ElementOfElement(at) => argument(*at).iterated().iterated(),
            Var::TextOf(at) => text_of(&argument(*at)),
            Var::NumberOf(at) => counted(argument(*at)),
            Var::KeyOf(at) => pair_of(&argument(*at)).0,
            Var::ValueOf(at) => pair_of(&argument(*at)).1,
            Var::ValueOfOrNothing(at) => arguments
                .get(usize::from(*at))
                .map_or(Type::Never, |pairs| pair_of(pairs).1),
            Var::ReturnOf(at) => argument(*at).returned(),
            Var::Best => match arguments {
                [only] => only.iterated(),
                several => Type::union(several.iter().cloned()),
            },
            Var::Sum => counted(
                argument(0)
                    .iterated()
                    .join(arguments.get(1).unwrap_or(&Type::Never)),
            ),
            Var::Each => Type::union(arguments.iter().map(Type::iterated)),
            Var::Zip => Type::tuple(arguments.iter().map(Type::iterated).collect::<Vec<_>>()),
            Var::Group => group(text_or_element(receiver), arguments),
        },
        inner => inner.map_inner(&|inner| fill(inner, receiver, arguments)),
    }
}

/// `bytes` where something is or deals in `bytes`, else `str`: functions of paths and texts give what they are given.
fn text_of(of: &Type) -> Type {
    match of {
        Type::Bytes | Type::ByteArray => Type::Bytes,
        Type::Pattern(text) | Type::Match(text) => text_of(text),
        Type::Union(members) => Type::union(
            members
                .iter()
                .filter(|member| **member != Type::None)
                .map(text_of),
        ),
        _ => Type::Str,
    }
}

/// A `bool` that takes part in arithmetic is an `int`.
fn counted(number: Type) -> Type {
    Type::union(number.members().iter().map(|member| match member {
        Type::Bool => Type::Int,
        other => other.clone(),
    }))
}

fn group(text: Type, arguments: &[Type]) -> Type {
    let perhaps = || text.join(&Type::None);
    match arguments {
        [] => text,
        [_] => perhaps(),
        several => Type::tuple(several.iter().map(|_| perhaps()).collect::<Vec<_>>()),
    }
}

fn text_or_element(of: &Type) -> Type {
    match of {
        Type::Pattern(text) | Type::Match(text) | Type::Manager(text) => (**text).clone(),
        Type::ModelClass(name) => Type::Model(name.clone()),
        other => other.iterated(),
    }
}

/// Keys and values of a mapping, or of something that yields pairs.
fn pair_of(of: &Type) -> (Type, Type) {
    match of {
        Type::Dict(_, pair) | Type::Mapping(pair) | Type::Items(pair) => {
            (pair.0.clone(), pair.1.clone())
        }
        Type::Union(members) => members
            .iter()
            .map(pair_of)
            .fold((Type::Never, Type::Never), |all, each| {
                (all.0.join(&each.0), all.1.join(&each.1))
            }),
        other => {
            let item = other.iterated();
            (item.unpacked(0, Some(2)), item.unpacked(1, Some(2)))
        }
    }
}
