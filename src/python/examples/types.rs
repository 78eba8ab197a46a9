//! Prints the type of every name that is read, one a line: file, line, name, type, how sure.
//!
//! `cargo run -p looplint-python --example types -- FILE...`
//! For comparing with what the names hold when the code runs. Does not run anything.

use looplint_model::{Columns, Domain, Settings};
use looplint_python::{Kind, Python};

fn main() {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let run = std::thread::Builder::new()
        .stack_size(64 << 20)
        .spawn(move || run(&files));
    if let Ok(Ok(text)) = run.map(std::thread::JoinHandle::join) {
        print!("{text}");
    }
}

fn run(files: &[String]) -> String {
    let mut out = String::new();
    for file in files {
        let Ok(content) = std::fs::read(file) else {
            continue;
        };
        for source in &Python::decode(file, content).sources {
            Python::open(source, &Settings::default(), |document, source, _| {
                for node in document
                    .of_kind(Kind::Name)
                    .filter(|node| !node.is_stored())
                {
                    let typed = node.typed();
                    if typed.ty.is_unknown() {
                        continue;
                    }
                    let line = source.position(node.span().start, Columns::Utf32).line;
                    let sure = typed.confidence.as_str();
                    out.push_str(&format!(
                        "{file}\t{line}\t{}\t{}\t{sure}\n",
                        node.source(),
                        typed.ty
                    ));
                }
            });
        }
    }
    out
}
