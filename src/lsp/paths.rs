//! Between the protocol's addresses and paths.
//!
//! Does not look at the disk.

use std::path::{Path, PathBuf};

use tower_lsp_server::ls_types::Uri;

/// The path of a file's address; `None` for what is not a file: unsaved texts, cells, revisions.
pub(crate) fn path(uri: &Uri) -> Option<PathBuf> {
    let is_file = uri.scheme().as_str().eq_ignore_ascii_case("file");
    is_file
        .then(|| uri.to_file_path().map(|path| path.into_owned()))
        .flatten()
}

/// The address of an absolute path.
pub(crate) fn uri(path: &Path) -> Option<Uri> {
    if path.is_absolute() {
        Uri::from_file_path(path)
    } else {
        None
    }
}

/// What to call a document in findings: its path, or the last part of its address with the ending that its
/// language has, because the domains go by endings.
pub(crate) fn name(uri: &Uri, language: &str) -> String {
    if let Some(path) = path(uri) {
        let name = path.to_string_lossy().into_owned();
        return if cfg!(windows) {
            name.replace('\\', "/")
        } else {
            name
        };
    }
    let decoded = uri.path().decode().to_string_lossy().into_owned();
    let last = decoded.rsplit('/').next().unwrap_or_default();
    match language {
        "python" if !last.ends_with(".py") => format!("{last}.py"),
        _ => last.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use super::*;

    #[test]
    fn only_files_have_paths() {
        let uri = |text| Uri::from_str(text).unwrap();
        assert_eq!(
            path(&uri("file:///a%20b/c.py")),
            Some(PathBuf::from("/a b/c.py"))
        );
        assert_eq!(path(&uri("untitled:Untitled-1")), None);
        assert_eq!(path(&uri("vscode-notebook-cell:/a/b.ipynb#W0")), None);
        assert_eq!(name(&uri("untitled:Untitled-1"), "python"), "Untitled-1.py");
    }
}
