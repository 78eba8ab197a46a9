//! Fixes: what is written, what is shown, and what is left alone.

use std::fs;

use insta::assert_snapshot;

use crate::Project;

/// Two functions whose fix is safe, and one whose fix is not.
const SLOW: &str = "\
def known(orders: list[int], count: int):
    ids = [n for n in range(count)]
    found = []
    for order in orders:
        if order in ids:
            found.append(order)
    return found


def again(orders: list[int], count: int):
    ids = [n for n in range(count)]
    n = 0
    for order in orders:
        if order in ids:  # stays
            n += 1
    return n


def risky(orders, names: list):
    n = 0
    for order in orders:
        if order in names:
            n += 1
    return n
";

const SELECT: [&str; 3] = ["check", "--select", "list-membership-in-loop"];

fn check(project: &Project, arguments: &[&str]) -> String {
    let all = [&SELECT[..], &["--output-format", "concise"], arguments].concat();
    project.run(&all).seen()
}

#[test]
fn a_diff_shows_what_fixing_would_write() {
    let project = Project::new(&[("a.py", SLOW)]);
    let diff = project.run(&[&SELECT[..], &["--diff"]].concat());
    assert_snapshot!(diff.seen(), @"
    -- out
    --- a.py
    +++ a.py
    @@ -1,8 +1,9 @@
     def known(orders: list[int], count: int):
         ids = [n for n in range(count)]
         found = []
    +    ids_set = set(ids)
         for order in orders:
    -        if order in ids:
    +        if order in ids_set:
                 found.append(order)
         return found
     
    @@ -10,8 +11,9 @@
     def again(orders: list[int], count: int):
         ids = [n for n in range(count)]
         n = 0
    +    ids_set = set(ids)
         for order in orders:
    -        if order in ids:  # stays
    +        if order in ids_set:  # stays
                 n += 1
         return n
     
    -- err
    would fix 2 findings in 1 file
    -- exit 1
    ");
    assert_eq!(project.read("a.py"), SLOW);
    assert_snapshot!(check(&project, &["--fix"]), @"
    -- out
    a.py:24:12: warning list-membership-in-loop: `names` is a list and is searched in every iteration; make a set of it once and ask that
    -- err
    fixed 2 findings in 1 file
    1 finding (1 warning) in 1 of 1 file
    -- exit 1
    ");
    let fixed = project.read("a.py");
    // The diff is one that other tools apply.
    let again = Project::new(&[("a.py", SLOW), ("a.patch", &diff.out)]);
    again.git(&["apply", "-p0", "a.patch"]);
    assert_eq!(again.read("a.py"), fixed);
    assert_snapshot!(check(&project, &["--diff"]), @"-- exit 0");
    assert_snapshot!(check(&project, &["--diff", "--unsafe-fixes"]), @"
    -- out
    --- a.py
    +++ a.py
    @@ -20,7 +20,8 @@
     
     def risky(orders, names: list):
         n = 0
    +    names_set = set(names)
         for order in orders:
    -        if order in names:
    +        if order in names_set:
                 n += 1
         return n
    -- err
    would fix 1 finding in 1 file
    -- exit 1
    ");
}

#[test]
fn fixes_are_counted_and_decide_the_exit_code() {
    let safe = SLOW.split("def risky").next().unwrap();
    let project = Project::new(&[("a.py", safe), ("b.py", SLOW)]);
    assert_snapshot!(check(&project, &["--fix", "--show-fixes", "--exit-non-zero-on-fix", "a.py"]), @"
    -- err
    a.py:
      2 list-membership-in-loop
    fixed 2 findings in 1 file
    no findings in 1 file
    -- exit 1
    ");
    assert_snapshot!(check(&project, &["--fix-only"]), @"
    -- err
    fixed 2 findings in 1 file
    -- exit 0
    ");
    assert_snapshot!(check(&project, &["--fix-only", "--exit-non-zero-on-fix", "--unsafe-fixes"]), @"
    -- err
    fixed 1 finding in 1 file
    -- exit 1
    ");
    assert_snapshot!(check(&project, &[]), @"
    -- err
    no findings in 2 files
    -- exit 0
    ");
}

#[test]
fn the_configuration_says_what_is_safe() {
    let project = Project::new(&[
        ("a.py", SLOW),
        ("looplint.toml", "extend-unsafe-fixes = [\"python\"]\n"),
        ("b/a.py", SLOW),
        (
            "b/looplint.toml",
            "extend-safe-fixes = [\"list-membership-in-loop\"]\n",
        ),
    ]);
    assert_snapshot!(check(&project, &["--fix-only", "--show-fixes"]), @"
    -- err
    b/a.py:
      3 list-membership-in-loop
    fixed 3 findings in 1 file
    -- exit 0
    ");
}

#[test]
fn a_file_keeps_its_form() {
    let windows = SLOW.replace('\n', "\r\n");
    let project = Project::new(&[("crlf.py", &windows)]);
    project.write("bom.py", String::from("\u{feff}") + SLOW);
    let latin = String::from("# -*- coding: latin-1 -*-\n# Gr\u{fc}\u{df}e\n") + SLOW;
    let latin: Vec<u8> = latin
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    project.write("latin.py", &latin);
    project.write("no_end.py", SLOW.trim_end());
    project.write("lf.py", SLOW);
    assert_eq!(
        project
            .run(&[&SELECT[..], &["--fix-only", "--unsafe-fixes"]].concat())
            .code,
        0
    );
    let bytes = |name: &str| fs::read(project.path(name)).unwrap();
    let lf = project.read("lf.py");
    assert_ne!(lf, SLOW);
    assert_eq!(project.read("crlf.py"), lf.replace('\n', "\r\n"));
    assert_eq!(project.read("bom.py"), String::from("\u{feff}") + &lf);
    assert_eq!(project.read("no_end.py"), lf.trim_end());
    let head = b"# -*- coding: latin-1 -*-\n# Gr\xfc\xdfe\n";
    assert_eq!(bytes("latin.py"), [&head[..], lf.as_bytes()].concat());
}

#[test]
fn a_notebook_is_fixed_in_its_cells() {
    let lines: Vec<String> = SLOW
        .split_inclusive('\n')
        .map(|line| format!("{line:?}"))
        .collect();
    let notebook = format!(
        "{{\n \"cells\": [\n  {{\"cell_type\": \"markdown\", \"source\": [\"# order in ids\"]}},\n  {{\"cell_type\": \"code\", \"source\": [\"%matplotlib inline\\n\", \"import os\"], \"outputs\": []}},\n  {{\"cell_type\": \"code\",\n   \"source\": [\n    {}\n   ], \"outputs\": [\"caf\\u00e9\"]}}\n ],\n \"metadata\": {{\"language_info\": {{\"name\": \"python\"}}}}, \"nbformat\": 4,  \"nbformat_minor\": 5}}\n",
        lines.join(",\n    ")
    );
    let project = Project::new(&[("a.ipynb", &notebook), ("a.py", SLOW)]);
    assert_snapshot!(check(&project, &["--fix", "a.ipynb"]), @"
    -- out
    a.ipynb:cell 3:24:12: warning list-membership-in-loop: `names` is a list and is searched in every iteration; make a set of it once and ask that
    -- err
    fixed 2 findings in 1 file
    1 finding (1 warning) in 1 of 1 file
    -- exit 1
    ");
    assert_eq!(
        project
            .run(&[&SELECT[..], &["--fix-only", "a.py"]].concat())
            .code,
        0
    );
    let fixed: Vec<String> = project
        .read("a.py")
        .split_inclusive('\n')
        .map(|line| format!("{line:?}"))
        .collect();
    // Only the lines of the fix changed; all else is the same byte for byte.
    assert_eq!(
        project.read("a.ipynb"),
        notebook.replace(&lines.join(",\n    "), &fixed.join(",\n    "))
    );
}

#[test]
fn a_file_with_syntax_errors_is_left_alone() {
    let broken = SLOW.to_owned() + "def broken(:\n";
    let project = Project::new(&[("a.py", &broken)]);
    assert_snapshot!(check(&project, &["--fix"]), @"
    -- out
    a.py:5:12: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    a.py:14:12: warning list-membership-in-loop: `ids` is a list and is searched in every iteration; make a set of it once and ask that
    a.py:22:12: warning list-membership-in-loop: `names` is a list and is searched in every iteration; make a set of it once and ask that
    a.py:25:12: error syntax: Expected a parameter or the end of the parameter list
    a.py:26:1: error syntax: unexpected EOF while parsing
    -- err
    looplint: a.py: not changed: it has syntax errors
    3 findings (3 warnings) in 1 of 1 file; 1 file not checked in full
    -- exit 1
    ");
    assert_eq!(project.read("a.py"), broken);
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let project = Project::new(&[("real/a.py", SLOW)]);
    fs::set_permissions(project.path("real/a.py"), fs::Permissions::from_mode(0o751)).unwrap();
    symlink("real/a.py", project.path("link.py")).unwrap();
    assert_eq!(
        project
            .run(&[&SELECT[..], &["--fix-only", "link.py"]].concat())
            .code,
        0
    );
    assert!(project.path("link.py").is_symlink());
    assert_ne!(project.read("real/a.py"), SLOW);
    let mode = fs::metadata(project.path("real/a.py"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o751);
    let left: Vec<_> = fs::read_dir(project.path("real")).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[cfg(unix)]
#[test]
fn a_read_only_file_is_left_alone() {
    use std::os::unix::fs::PermissionsExt;
    let project = Project::new(&[("a.py", SLOW)]);
    let path = project.path("a.py");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let said = check(&project, &["--fix"]);
    assert!(
        said.contains("looplint: a.py: not changed: it is read-only"),
        "{said}"
    );
    assert_eq!(project.read("a.py"), SLOW);
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o444);
}

#[test]
fn standard_input_is_fixed_to_standard_output() {
    let project = Project::new(&[("a.py", SLOW)]).input(SLOW);
    assert_eq!(
        project
            .run(&[&SELECT[..], &["--fix-only", "a.py"]].concat())
            .code,
        0
    );
    let ran = project.run(&[&SELECT[..], &["--fix", "-", "--output-format=concise"]].concat());
    assert_eq!(ran.out, project.read("a.py"));
    assert_snapshot!(ran.err, @"
    fixed 2 findings in 1 file
    -:24:12: warning list-membership-in-loop: `names` is a list and is searched in every iteration; make a set of it once and ask that
    1 finding (1 warning) in 1 of 1 file
    ");
    let ran = project.run(&[&SELECT[..], &["--diff", "-", "--stdin-filename", "x.py"]].concat());
    assert_eq!(ran.out.lines().next(), Some("--- x.py"));
    let project = project.input("x = 1\n");
    assert_eq!(project.run(&["check", "--fix", "-"]).out, "x = 1\n");
}

#[test]
fn only_what_is_reported_is_fixed() {
    let project = Project::new(&[("a.py", SLOW)]);
    project.run(&["baseline", "--select", "list-membership-in-loop"]);
    let more = SLOW.to_owned() + "\n\n" + &SLOW.replace("ids", "codes").replace("def ", "def new_");
    project.write("a.py", &more);
    assert_snapshot!(check(&project, &["--diff"]), @"
    -- out
    --- a.py
    +++ a.py
    @@ -27,8 +27,9 @@
     def new_known(orders: list[int], count: int):
         codes = [n for n in range(count)]
         found = []
    +    codes_set = set(codes)
         for order in orders:
    -        if order in codes:
    +        if order in codes_set:
                 found.append(order)
         return found
     
    @@ -36,8 +37,9 @@
     def new_again(orders: list[int], count: int):
         codes = [n for n in range(count)]
         n = 0
    +    codes_set = set(codes)
         for order in orders:
    -        if order in codes:  # stays
    +        if order in codes_set:  # stays
                 n += 1
         return n
     
    -- err
    would fix 2 findings in 1 file
    -- exit 1
    ");
}
