//! What the user chose in the editor.
//!
//! Read leniently: a value of the wrong kind is reported and its default stands in, because a typing mistake
//! in an editor's settings must not switch the linter off. Does not know what the choices do.

use std::path::PathBuf;

use serde_json::{Map, Value};

/// The section that clients are asked for.
pub(crate) const SECTION: &str = "looplint";

/// The editor's settings, as section `looplint` or as initialization options.
#[derive(Clone, Debug, PartialEq)]
pub struct Choices {
    /// Whether anything is checked at all.
    pub enable: bool,
    /// A configuration file to use instead of the one that is found.
    pub configuration: Option<PathBuf>,
    /// Settings in the form of a configuration file, as JSON.
    pub inline: Option<Map<String, Value>>,
    /// Whether the editor's settings or the file's win.
    pub preference: Preference,
    /// Run only these rules.
    pub select: Option<Vec<String>>,
    /// Run these rules too.
    pub extend_select: Vec<String>,
    /// Leave these rules out.
    pub ignore: Vec<String>,
    /// Keep findings whose measured slowdown is at least this, in percent.
    pub min_slowdown: Option<f64>,
    /// The n to assume where the program does not tell.
    pub assume_size: Option<u64>,
    /// The Python version, `3.11`.
    pub target_version: Option<String>,
    /// Whether to show what kept a file from being understood.
    pub show_syntax_errors: bool,
    /// Whether to show costs at loop headers.
    pub inlay_hints: bool,
    /// Whether to show counts above functions and runs.
    pub code_lens: bool,
    /// Whether to answer for files that are not open.
    pub workspace_diagnostics: bool,
}

/// Whose settings win.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Preference {
    /// The editor's over the file's.
    #[default]
    EditorFirst,
    /// The file's over the editor's.
    FilesystemFirst,
    /// The editor's alone; no file is looked for.
    EditorOnly,
}

impl Default for Choices {
    fn default() -> Choices {
        Choices {
            enable: true,
            configuration: None,
            inline: None,
            preference: Preference::default(),
            select: None,
            extend_select: Vec::new(),
            ignore: Vec::new(),
            min_slowdown: None,
            assume_size: None,
            target_version: None,
            show_syntax_errors: true,
            inlay_hints: false,
            code_lens: false,
            workspace_diagnostics: false,
        }
    }
}

impl Choices {
    /// Reads a settings object, which may be wrapped in `settings` or `looplint`; says what it could not use.
    pub(crate) fn read(value: &Value) -> (Choices, Vec<String>) {
        let mut reader = Reader {
            object: unwrapped(value),
            said: Vec::new(),
        };
        let mut choices = Choices::default();
        reader.flag("enable", &mut choices.enable);
        reader.configuration(&mut choices);
        reader.preference(&mut choices.preference);
        choices.select = reader.words("select");
        choices.extend_select = reader.words("extendSelect").unwrap_or_default();
        choices.ignore = reader.words("ignore").unwrap_or_default();
        choices.min_slowdown = reader.get("minSlowdown", "a number", Value::as_f64);
        choices.assume_size = reader.get("assumeSize", "a whole number from 1", |value| {
            value.as_u64().filter(|&n| n > 0)
        });
        choices.target_version = reader.get("targetVersion", "a version such as \"3.11\"", text);
        reader.flag("showSyntaxErrors", &mut choices.show_syntax_errors);
        reader.flag("inlayHints", &mut choices.inlay_hints);
        reader.flag("codeLens", &mut choices.code_lens);
        reader.flag("workspaceDiagnostics", &mut choices.workspace_diagnostics);
        (choices, reader.said)
    }
}

/// The object with the settings: editors wrap it differently.
fn unwrapped(value: &Value) -> Option<&Map<String, Value>> {
    let object = value.as_object()?;
    ["settings", SECTION]
        .into_iter()
        .find_map(|key| object.get(key).and_then(|inner| unwrapped(inner)))
        .or(Some(object))
}

fn text(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

struct Reader<'v> {
    object: Option<&'v Map<String, Value>>,
    said: Vec<String>,
}

impl<'v> Reader<'v> {
    /// The value of `key`; absent, `null` and the empty text are no choice.
    fn get<T>(
        &mut self,
        key: &str,
        wanted: &str,
        read: impl Fn(&'v Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.object?.get(key)?;
        if value.is_null() || value.as_str().is_some_and(str::is_empty) {
            return None;
        }
        let read = read(value);
        if read.is_none() {
            self.said.push(format!(
                "the setting `{SECTION}.{key}` must be {wanted}; it was left out"
            ));
        }
        read
    }

    fn flag(&mut self, key: &str, into: &mut bool) {
        if let Some(value) = self.get(key, "true or false", Value::as_bool) {
            *into = value;
        }
    }

    fn words(&mut self, key: &str) -> Option<Vec<String>> {
        self.get(key, "a list of rules", |value| {
            value.as_array()?.iter().map(text).collect()
        })
    }

    fn configuration(&mut self, choices: &mut Choices) {
        let read = self.get("configuration", "a path or an object", |value| {
            (value.is_string() || value.is_object()).then_some(value)
        });
        match read {
            Some(Value::Object(inline)) if !inline.is_empty() => {
                choices.inline = Some(inline.clone())
            }
            Some(Value::String(path)) => choices.configuration = Some(PathBuf::from(path)),
            _ => {}
        }
    }

    fn preference(&mut self, into: &mut Preference) {
        let wanted = "editorFirst, filesystemFirst or editorOnly";
        let read = self.get("configurationPreference", wanted, |value| {
            match value.as_str()? {
                "editorFirst" => Some(Preference::EditorFirst),
                "filesystemFirst" => Some(Preference::FilesystemFirst),
                "editorOnly" => Some(Preference::EditorOnly),
                _ => None,
            }
        });
        *into = read.unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_fits_is_used_and_the_rest_is_named() {
        let (choices, said) = Choices::read(&json!({"settings": {"looplint": {
            "select": ["a", "b"], "inlayHints": true, "codeLens": "yes", "minSlowdown": null,
            "configuration": {"ignore": ["c"]}, "assumeSize": 0, "targetVersion": "",
        }}}));
        assert_eq!(choices.select, Some(vec!["a".to_owned(), "b".to_owned()]));
        assert!(choices.inlay_hints && !choices.code_lens && choices.enable);
        assert!(choices.inline.is_some() && choices.configuration.is_none());
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].contains("assumeSize") && said[1].contains("codeLens"));
    }

    #[test]
    fn nothing_is_the_default() {
        for value in [Value::Null, json!({}), json!([1]), json!({"looplint": {}})] {
            assert_eq!(Choices::read(&value), (Choices::default(), Vec::new()));
        }
    }
}
