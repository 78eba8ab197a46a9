//! Globs over paths: `*` stays within a folder, `**` does not, and what matches a folder holds for all in it.
//!
//! A glob without `/` is matched against names, another against the path from the folder it was written in.

use std::path::{Path, PathBuf};

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

/// Several globs at once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Globs {
    names: GlobSet,
    paths: GlobSet,
    /// For each name glob and each path glob, its number in the order given.
    numbers: (Vec<usize>, Vec<usize>),
    n: usize,
}

/// Whether a glob can be read.
///
/// # Errors
/// Why not, in one line.
pub(crate) fn check(glob: &str) -> Result<(), String> {
    match build(glob) {
        Ok(_) => Ok(()),
        Err(error) => Err(format!("`{glob}` is no glob: {}", error.kind())),
    }
}

fn build(glob: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(glob).literal_separator(true).build()
}

impl Globs {
    /// The globs of `patterns`, each with the absolute folder it was written in.
    /// What is no glob is left out; [`check`] told the user before.
    pub(crate) fn new<'p>(patterns: impl IntoIterator<Item = (&'p str, &'p Path)>) -> Globs {
        let (mut names, mut paths) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        let mut numbers = (Vec::new(), Vec::new());
        let mut n = 0;
        for (pattern, folder) in patterns {
            let (anywhere, whole) = anchor(pattern, folder);
            if let Ok(glob) = build(&whole) {
                if anywhere {
                    names.add(glob);
                    numbers.0.push(n);
                } else {
                    paths.add(glob);
                    numbers.1.push(n);
                }
            }
            n += 1;
        }
        Globs {
            names: names.build().unwrap_or_default(),
            paths: paths.build().unwrap_or_default(),
            numbers,
            n,
        }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// Whether one of the globs matches the file or folder itself.
    pub(crate) fn matches(&self, path: &Path) -> bool {
        let named = path
            .file_name()
            .is_some_and(|name| self.names.is_match(name));
        named || (!self.paths.is_empty() && self.paths.is_match(path))
    }

    /// Whether one of the globs matches the file or a folder that it is in.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        !self.is_empty() && path.ancestors().any(|path| self.matches(path))
    }

    /// The numbers of all globs that match the file or a folder that it is in.
    pub(crate) fn holding(&self, path: &Path) -> Vec<usize> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for path in path.ancestors() {
            let named = path.file_name().map(|name| self.names.matches(name));
            found.extend(named.into_iter().flatten().map(|at| self.numbers.0[at]));
            found.extend(
                self.paths
                    .matches(path)
                    .into_iter()
                    .map(|at| self.numbers.1[at]),
            );
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Whether a pattern is for names alone, and the pattern as it is matched.
fn anchor(pattern: &str, folder: &Path) -> (bool, String) {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let pattern = if pattern.len() > 1 {
        pattern.trim_end_matches('/')
    } else {
        pattern
    };
    let anywhere = !pattern.contains('/');
    // `src/vendor/**` shall leave out the folder too, not only each thing in it.
    let pattern = match pattern.strip_suffix("/**") {
        Some(folder) if !folder.is_empty() => folder,
        _ => pattern,
    };
    if anywhere {
        return (true, pattern.to_owned());
    }
    if Path::new(pattern).is_absolute() {
        return (false, pattern.to_owned());
    }
    let folder = globset::escape(&slashed(folder));
    (false, format!("{}/{pattern}", folder.trim_end_matches('/')))
}

fn slashed(folder: &Path) -> String {
    let text = folder.to_string_lossy();
    if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    }
}

/// The path from the root of the file system; where it climbs with `..`, links in its folders are followed.
pub(crate) fn absolute(path: &Path, folder: &Path) -> PathBuf {
    let joined = folder.join(path);
    let climbs = joined
        .components()
        .any(|part| matches!(part, std::path::Component::ParentDir));
    if climbs {
        // A file that is yet to be made has a folder at least.
        let folder = joined
            .parent()
            .and_then(|folder| folder.canonicalize().ok());
        if let (Some(folder), Some(name)) = (folder, joined.file_name()) {
            return folder.join(name);
        }
        if let Ok(real) = joined.canonicalize() {
            return real;
        }
    }
    joined
        .components()
        .filter(|part| !matches!(part, std::path::Component::CurDir))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_paths_and_all_that_lies_in_a_folder() {
        let folder = Path::new("/p[1]");
        let cases = [
            ("*_pb2.py", "/p[1]/a/x_pb2.py", true),
            ("*_pb2.py", "/p[1]/a/x_pb.py", false),
            ("build", "/p[1]/a/build/x.py", true),
            ("build/", "/p[1]/a/build/x.py", true),
            ("tests/*", "/p[1]/tests/deep/x.py", true),
            ("tests/*.py", "/p[1]/tests/deep/x.py", false),
            ("tests/**/*.py", "/p[1]/tests/deep/x.py", true),
            ("tests/**", "/p[1]/tests/x.py", true),
            ("tests/**", "/p[1]/src/tests/x.py", false),
            ("./src", "/p[1]/a/src/x.py", true),
            ("src/a", "/elsewhere/src/a", false),
            ("/elsewhere/src", "/elsewhere/src/a", true),
            ("**/gen/*.py", "/p[1]/a/gen/x.py", true),
        ];
        for (pattern, path, expected) in cases {
            let globs = Globs::new([(pattern, folder)]);
            assert_eq!(
                globs.holds(Path::new(path)),
                expected,
                "{pattern} on {path}"
            );
        }
        let globs = Globs::new([("a/**", folder), ("*.py", folder), ("b", folder)]);
        assert_eq!(globs.holding(Path::new("/p[1]/a/b.py")), [0, 1]);
    }
}
