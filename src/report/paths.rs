//! Paths as CI formats want them: relative to one root, with `/`.
//!
//! Works on text alone: knows no file system, so it follows no link.

/// `name` (relative to `folder`, or absolute) as a path relative to `root`; the cleaned name where it is not inside.
pub(crate) fn relative(name: &str, folder: &str, root: &str) -> String {
    let name = name.replace('\\', "/");
    if root.is_empty() {
        return clean(&name);
    }
    let absolute = if is_absolute(&name) || folder.is_empty() {
        clean(&name)
    } else {
        clean(&format!("{}/{name}", folder.replace('\\', "/")))
    };
    let root = clean(&root.replace('\\', "/"));
    match absolute.strip_prefix(root.trim_end_matches('/')) {
        Some(rest) if rest.starts_with('/') => rest.trim_start_matches('/').to_owned(),
        _ => absolute,
    }
}

/// Whether a path with `/` starts at a root or a drive.
pub(crate) fn is_absolute(path: &str) -> bool {
    let bytes = path.as_bytes();
    path.starts_with('/')
        || (bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && &bytes[1..3] == b":/")
}

/// The path as a URI reference: percent-encoded; with the `file` scheme where it is absolute.
pub(crate) fn uri(path: &str) -> String {
    let mut uri = match (path.starts_with('/'), is_absolute(path)) {
        (true, _) => "file://".to_owned(),
        (false, true) => "file:///".to_owned(),
        (false, false) => String::new(),
    };
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

/// Takes out `.`, empty parts and `..` after a named part.
fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    let start = if path.starts_with('/') { "/" } else { "" };
    format!("{start}{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_root() {
        assert_eq!(relative("./src/a.py", "/repo", "/repo"), "src/a.py");
        assert_eq!(relative("a.py", "/repo/src", "/repo/"), "src/a.py");
        assert_eq!(relative("../b.py", "/repo/src", "/repo"), "b.py");
        assert_eq!(
            relative("/repo/src/a.py", "/elsewhere", "/repo"),
            "src/a.py"
        );
        assert_eq!(
            relative("/repository/a.py", "/repo", "/repo"),
            "/repository/a.py"
        );
        assert_eq!(relative("C:\\repo\\a.py", "C:/repo", "C:/repo"), "a.py");
        assert_eq!(relative("./a//b.py", "", ""), "a/b.py");
        assert_eq!(relative("../a.py", "", ""), "../a.py");
    }

    #[test]
    fn uris_are_percent_encoded() {
        assert_eq!(
            uri("src/a b#c?d%e:f\u{e9}.py"),
            "src/a%20b%23c%3Fd%25e%3Af%C3%A9.py"
        );
        assert_eq!(uri("/tmp/a.py"), "file:///tmp/a.py");
        assert_eq!(uri("C:/a.py"), "file:///C%3A/a.py");
    }
}
