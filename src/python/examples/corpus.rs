//! Opens every Python file below the given folders and asks each node a few questions; prints counts and CPU time.
//!
//! `cargo run --release -p looplint-python --example corpus -- [open|ask] FOLDER...`
//! Does not report anything about the code.

use std::path::{Path, PathBuf};

use looplint_model::{Domain, ProblemKind, Settings};
use looplint_python::{Kind, Python};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let asks = arguments.next().as_deref() == Some("ask");
    let mut files = Vec::new();
    for folder in arguments {
        collect(Path::new(&folder), &mut files);
    }
    files.sort();
    let run = std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(move || run(&files, asks));
    if let Ok(Ok(text)) = run.map(std::thread::JoinHandle::join) {
        println!("{text}");
    }
}

fn run(files: &[PathBuf], asks: bool) -> String {
    let (mut bytes, mut lines, mut nodes, mut loops, mut problems) =
        (0usize, 0usize, 0usize, 0usize, 0usize);
    let (mut typed, mut known) = (0usize, 0usize);
    for file in files {
        let Ok(content) = std::fs::read(file) else {
            continue;
        };
        let decoded = Python::decode(&file.to_string_lossy(), content);
        for problem in &decoded.problems {
            println!("{}: {}", file.display(), problem.message);
        }
        for source in &decoded.sources {
            bytes += source.text.len();
            lines += source.lines().len();
            Python::open(source, &Settings::default(), |document, _, _| {
                nodes += document.nodes().count();
                loops += document.loops().count();
                for problem in Python::problems(document) {
                    problems += 1;
                    if problem.kind != ProblemKind::Syntax {
                        println!("{}: {}", file.display(), problem.message);
                    }
                }
                Python::silence(document);
                if !asks {
                    return;
                }
                for node in document.nodes() {
                    if matches!(node.kind(), Kind::Name | Kind::Attribute | Kind::Call) {
                        typed += 1;
                        known += usize::from(!node.ty().is_unknown());
                    }
                    if node.kind() == Kind::Call {
                        node.extent();
                        node.role();
                        for each in node.loops() {
                            let _ = node.invariant(each);
                        }
                    }
                    if matches!(node.kind(), Kind::Name | Kind::Attribute) {
                        node.depth_gap();
                    }
                }
            });
        }
    }
    format!(
        "{} files, {lines} lines, {bytes} bytes, {nodes} nodes, {loops} loops, {problems} problems, {known} of {typed} types known",
        files.len()
    )
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        if kind.is_dir() {
            collect(&path, files);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "py" || extension == "pyi")
        {
            files.push(path);
        }
    }
}
