//! What a file is for, as far as its name and what it imports say, and whether that means that it sees little.
//!
//! Knows programs for the devices of a household, windows and forms that a person looks at, and files of a command line or
//! of settings. Does not know what the file does.

use crate::document::Document;

/// Libraries whose users have devices: each program sees the dozens that one house has.
const HOUSEHOLDS: [&str; 1] = ["homeassistant"];

/// Libraries of windows, forms and dashboards: what is searched there is what fits a screen, once per click.
const SCREENS: [&str; 14] = [
    "PyQt5",
    "PyQt6",
    "PySide2",
    "PySide6",
    "bokeh",
    "gi",
    "ipywidgets",
    "kivy",
    "panel",
    "param",
    "qtpy",
    "textual",
    "tkinter",
    "wx",
];

/// Names of files that read what somebody typed or configured.
const TYPED: [&str; 8] = [
    "argparse",
    "cli",
    "cmdline",
    "config",
    "configuration",
    "options",
    "optparse",
    "settings",
];

impl<'d> Document<'d> {
    /// Whether its searches are among few, whatever they are called: once per click, per command or per device.
    pub(crate) fn sees_little(&'d self) -> bool {
        *self.memo.sees_little.get_or_init(|| {
            let stem = self
                .source
                .name
                .rsplit('/')
                .next()
                .and_then(|file| file.split('.').next());
            stem.is_some_and(|stem| TYPED.contains(&stem))
                || self.imports_any(&HOUSEHOLDS)
                || self.imports_any(&SCREENS)
        })
    }
}
