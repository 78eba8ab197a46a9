//! The change of a configuration file that switches a rule off for a file.
//!
//! Edits the text where it stands, so that comments and order stay. Does not read or write the file.

use std::ops::Range;
use std::path::Path;

use looplint_model::{Edit, Span};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::tool_table;
use crate::files;

/// The key of the table of globs with the rules that they switch off.
const KEY: &str = "per-file-ignores";

/// The edit of `text`, the configuration in `config`, that switches `rule` off for `file`.
/// `None` where the text is no TOML or says so already.
pub(crate) fn edit(config: &Path, text: &str, file: &Path, rule: &str) -> Option<Edit> {
    let folder = config.parent()?;
    let below = files::name(file.strip_prefix(folder).unwrap_or(file));
    let glob = toml::Value::String(globset::escape(&below)).to_string();
    let is_pyproject = config.file_name()? == "pyproject.toml";
    let document = DeTable::parse(text).ok()?;
    let own = if is_pyproject {
        tool_table(document.get_ref())
    } else {
        Some(document.get_ref())
    };
    let Some(table) = own.and_then(|own| own.get(KEY)) else {
        return Some(new_table(text, is_pyproject, &glob, rule));
    };
    let DeValue::Table(globs) = table.get_ref() else {
        return None;
    };
    let same = globs
        .iter()
        .find(|(known, _)| *known.get_ref() == globset::escape(&below));
    if let Some((_, rules)) = same {
        return more(text, rules, rule);
    }
    // The entry that stands last, wherever its table was opened.
    let last = globs
        .values()
        .map(Spanned::span)
        .max_by_key(|span| span.end);
    let is_inline = text
        .get(table.span())
        .is_some_and(|text| text.starts_with('{'));
    Some(match (last, is_inline) {
        (Some(last), true) => insert(last.end, format!(", {glob} = [\"{rule}\"]")),
        (Some(last), false) => insert(last.end, format!("\n{glob} = [\"{rule}\"]")),
        (None, true) => insert(table.span().start + 1, format!("{glob} = [\"{rule}\"]")),
        (None, false) => insert(
            line_end(text, &table.span()),
            format!("\n{glob} = [\"{rule}\"]"),
        ),
    })
}

fn new_table(text: &str, is_pyproject: bool, glob: &str, rule: &str) -> Edit {
    let head = if is_pyproject { "tool.looplint." } else { "" };
    let gap = match text {
        "" => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    insert(
        text.len(),
        format!("{gap}[{head}{KEY}]\n{glob} = [\"{rule}\"]\n"),
    )
}

/// One rule more in a list of rules.
fn more(text: &str, rules: &Spanned<DeValue<'_>>, rule: &str) -> Option<Edit> {
    let DeValue::Array(items) = rules.get_ref() else {
        return None;
    };
    let is_there = |item: &Spanned<DeValue<'_>>| match item.get_ref() {
        DeValue::String(text) => text.as_ref() == rule,
        _ => false,
    };
    if items.iter().any(is_there) {
        return None;
    }
    let span = rules.span();
    text.get(span.clone())?;
    Some(
        match items.iter().map(Spanned::span).max_by_key(|span| span.end) {
            Some(last) => insert(last.end, format!(", \"{rule}\"")),
            None => insert(span.start + 1, format!("\"{rule}\"")),
        },
    )
}

fn insert(at: usize, text: String) -> Edit {
    Edit {
        span: Span::at(at as u32),
        text,
    }
}

fn line_end(text: &str, span: &Range<usize>) -> usize {
    let rest = text.get(span.start..).unwrap_or_default();
    span.start + rest.find('\n').unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use looplint_model::{Fix, Safety};

    use super::*;

    fn after(config: &str, text: &str) -> Option<String> {
        let edit = edit(
            Path::new(config),
            text,
            Path::new("/p/src/a[1].py"),
            "lookup-join",
        )?;
        let fix = Fix {
            title: String::new(),
            edits: vec![edit],
            safety: Safety::Safe,
        };
        let after = fix.apply(text).unwrap();
        let document: toml::Table = after
            .parse()
            .unwrap_or_else(|error| panic!("{error}\n{after}"));
        let own = match document.get("tool") {
            Some(tool) => tool["looplint"].as_table().unwrap().clone(),
            None => document,
        };
        let rules = own[KEY]["src/a[[]1[]].py"].as_array().unwrap();
        assert!(rules.contains(&"lookup-join".into()), "{after}");
        Some(after)
    }

    #[test]
    fn a_rule_is_switched_off_wherever_the_table_stands() {
        for text in [
            "",
            "assume-size = 10",
            "# why\nignore = []\n\n[rules.x]\ny = 1\n",
            "[per-file-ignores]\n",
            "[per-file-ignores] # old\n\"b.py\" = [\"x\"] # why\n\n[rules.x]\ny = 1\n",
            "per-file-ignores = {}\n",
            "per-file-ignores = { \"b.py\" = [\"x\"] }\nignore = []\n",
            "[per-file-ignores]\n'src/a[[]1[]].py' = [\"x\"]\n",
            "[per-file-ignores]\n'src/a[[]1[]].py' = []\n",
            "[per-file-ignores]\n'src/a[[]1[]].py' = [\n  \"x\",\n]\n",
        ] {
            assert!(after("/p/looplint.toml", text).is_some(), "{text}");
        }
        let pyproject = "[project]\nname = \"p\"\n";
        assert!(after("/p/pyproject.toml", pyproject).is_some());
        assert!(after("/p/pyproject.toml", "[tool.looplint]\nignore = []\n").is_some());
    }

    #[test]
    fn what_is_broken_or_done_is_left_alone() {
        let done = "[per-file-ignores]\n'src/a[[]1[]].py' = [\"lookup-join\"]\n";
        assert_eq!(after("/p/looplint.toml", done), None);
        assert_eq!(after("/p/looplint.toml", "ignore = ["), None);
        assert_eq!(after("/p/looplint.toml", "per-file-ignores = 3"), None);
    }
}
