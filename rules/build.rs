//! Turns the folders beside it into modules, so that a new rule edits no existing file.
//!
//! A folder `python/<id>/` holds `README.md` (the page), `rule.rs` (the function; absent for rules that
//! the engine reports itself) and `measured.toml` (absent until the rule was measured).

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut code = String::new();
    for (domain, kind) in [
        ("python", "looplint_python::Python"),
        ("trace", "looplint_trace::Traces"),
    ] {
        let folder = root.join(domain);
        println!("cargo::rerun-if-changed={}", folder.display());
        write_domain(&mut code, &folder, domain, kind)?;
    }
    let out = PathBuf::from(env::var("OUT_DIR")?).join("rules.rs");
    fs::write(out, code)?;
    Ok(())
}

fn write_domain(
    code: &mut String,
    folder: &Path,
    domain: &str,
    kind: &str,
) -> Result<(), Box<dyn std::error::Error>> {
    let mut rooms: Vec<PathBuf> = fs::read_dir(folder)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect();
    rooms.sort();
    let mut rows = String::new();
    writeln!(
        code,
        "/// The rules of the domain `{domain}`.\npub mod {domain} {{"
    )?;
    for room in &rooms {
        let id = room
            .file_name()
            .and_then(|name| name.to_str())
            .ok_or("a rule's folder is not UTF-8")?;
        let page = room.join("README.md");
        if !page.exists() {
            return Err(format!("rule `{id}` has no page: {} is missing", page.display()).into());
        }
        let module = id.replace('-', "_");
        let rule = room.join("rule.rs");
        let (on, check) = if rule.exists() {
            writeln!(
                code,
                "    #[path = {rule:?}]\n    #[allow(unreachable_pub)] // a rule's file does not know who calls it\n    mod {module};"
            )?;
            (format!("{module}::ON"), format!("Some({module}::check)"))
        } else {
            ("&[]".to_owned(), "None".to_owned())
        };
        let measured = room.join("measured.toml");
        let measured = if measured.exists() {
            format!("include_str!({measured:?})")
        } else {
            "\"\"".to_owned()
        };
        writeln!(
            rows,
            "        looplint_model::Rule::<{kind}>::new({id:?}, {on}, {check}, include_str!({page:?}), {measured}),"
        )?;
    }
    writeln!(
        code,
        "    /// All of them, by id.\n    pub static RULES: [looplint_model::Rule<{kind}>; {}] = [\n{rows}    ];\n}}",
        rooms.len()
    )?;
    Ok(())
}
