//! Python versions: as a user writes them, and the lowest that `requires-python` allows (PEP 440).

use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::read::table_at;

/// Reads `3.11`, `3.11.4`, `py311` or `311`.
pub(crate) fn version(text: &str) -> Option<(u8, u8)> {
    let text = text.trim();
    if let Some((major, rest)) = text.split_once('.') {
        let minor = rest.split('.').next()?;
        return checked(major.parse().ok()?, minor.parse().ok()?);
    }
    let digits = text.strip_prefix("py").unwrap_or(text);
    let (major, minor) = (digits.get(..1)?, digits.get(1..)?);
    checked(major.parse().ok()?, minor.parse().ok()?)
}

fn checked(major: u8, minor: u8) -> Option<(u8, u8)> {
    (major == 3 && minor < 100).then_some((major, minor))
}

/// The version and its place from `project.requires-python` in a pyproject.toml;
/// `None` also where the file is no TOML: then it is another tool's matter.
pub(crate) fn of_pyproject(text: &str) -> Option<((u8, u8), Range<usize>)> {
    let document = DeTable::parse(text).ok()?;
    let value = table_at(document.get_ref(), "project")?.get("requires-python")?;
    let DeValue::String(specifiers) = value.get_ref() else {
        return None;
    };
    Some((lowest(specifiers)?, value.span()))
}

/// The lowest version that the specifiers `>=3.9,<4` allow.
fn lowest(specifiers: &str) -> Option<(u8, u8)> {
    specifiers.split(',').filter_map(bound).max()
}

fn bound(specifier: &str) -> Option<(u8, u8)> {
    let specifier = specifier.trim();
    let rest = ["===", "==", ">=", "~=", ">"]
        .iter()
        .find_map(|sign| specifier.strip_prefix(sign))?;
    let numbers = rest.trim().trim_end_matches(".*");
    match numbers.contains('.') {
        true => version(numbers),
        // `>=3` allows every version of it.
        false => checked(numbers.parse().ok()?, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_people_write_them() {
        let cases = [
            ("3.11", Some((3, 11))),
            ("3.9.2", Some((3, 9))),
            ("py312", Some((3, 12))),
            ("38", Some((3, 8))),
            ("2.7", None),
            ("three", None),
            ("", None),
            ("3", None),
            ("\u{e9}", None),
        ];
        for (text, expected) in cases {
            assert_eq!(version(text), expected, "{text}");
        }
    }

    #[test]
    fn the_lowest_allowed_version() {
        let cases = [
            (">=3.9", Some((3, 9))),
            (">= 3.10, <4, !=3.11.*", Some((3, 10))),
            ("~=3.8", Some((3, 8))),
            ("==3.12.*", Some((3, 12))),
            (">3.7", Some((3, 7))),
            (">=3", Some((3, 0))),
            ("<4", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(lowest(text), expected, "{text}");
        }
    }
}
