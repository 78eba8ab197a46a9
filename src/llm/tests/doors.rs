//! Two doors to the outside, each in one file: the disk and the socket.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;
use std::path::Path;

#[test]
fn one_file_touches_the_disk_and_one_the_socket() {
    for (word, home) in [
        ("std::fs", "store.rs"),
        ("reqwest", "transport.rs"),
        ("std::net", ""),
        ("std::env::", ""),
    ] {
        let mut found = Vec::new();
        look(Path::new(env!("CARGO_MANIFEST_DIR")), word, &mut found);
        let wanted: Vec<String> = (!home.is_empty())
            .then(|| home.to_owned())
            .into_iter()
            .collect();
        assert_eq!(found, wanted, "{word}");
    }
}

/// Names of the files, tests aside, whose code says `word`.
fn look(folder: &Path, word: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = entry.file_name().into_string().unwrap();
        if path.is_dir() {
            if name != "tests" {
                look(&path, word, found);
            }
        } else if name.ends_with(".rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text
                .lines()
                .map(|line| line.split("//").next().unwrap_or(""));
            if code
                .take_while(|line| !line.contains("#[cfg(test)]"))
                .any(|line| line.contains(word))
            {
                found.push(name);
            }
        }
    }
}
