//! Prints what is read of each file: `cargo run -p looplint-trace --example render -- FILE...`.

#[path = "../tests/common/mod.rs"]
mod common;

fn main() {
    for name in std::env::args().skip(1) {
        match std::fs::read(&name) {
            Ok(bytes) => print!("{}", common::render_bytes(&name, &bytes)),
            Err(error) => eprintln!("{name}: {error}"),
        }
    }
}
