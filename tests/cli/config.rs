//! Configuration: where it is found, what wins, and what is said about mistakes.

use std::process::Command;

use insta::assert_snapshot;
use serde_json::Value;

use crate::Project;
use crate::schema::faults;

/// The line of `--show-settings` for one key.
fn setting(project: &Project, below: &str, key: &str, arguments: &[&str]) -> String {
    let mut all = vec!["check", "--show-settings"];
    all.extend(arguments);
    let ran = project.run_in(below, &all);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let lines: Vec<&str> = ran
        .out
        .lines()
        .filter(|line| {
            line.trim_start_matches("# ")
                .strip_prefix(key)
                .is_some_and(|rest| rest.starts_with([' ', ':']))
        })
        .collect();
    lines.join("\n")
}

#[test]
fn mistakes_have_a_place_and_a_suggestion() {
    let project = Project::new(&[(
        "looplint.toml",
        "selct = [\"python\"]\n\
         select = [\"ignore-unusd\", 3]\n\
         assume-size = 0\n\
         min-slowdown = \"much\"\n\
         target-version = \"2.7\"\n\
         exclude = [\"a[\"]\n\
         fail-on = \"warnin\"\n\
         output-format = \"jsn\"\n\
         [rules.ignore-unused]\n\
         limit = 3\n\
         [rules.nothing-of-the-kind]\n\
         [per-file-ignores]\n\
         \"tests/**\" = \"python\"\n\
         [[ignore]]\n\
         path = \"*.json\"\n\
         [[ignore]]\n\
         rule = \"ignore-unused\"\n\
         expire = 2020-01-01\n",
    )]);
    assert_snapshot!(project.run(&["check"]).seen(), @r#"
    -- err
    looplint: the configuration cannot be used
      looplint.toml:1:1: unknown key `selct`; did you mean `select`
      looplint.toml:2:11: no rule is called `ignore-unusd`; did you mean `ignore-unused`
      looplint.toml:2:27: `select` wants a list of rule ids, `python`, `trace` or ALL
      looplint.toml:3:15: `assume-size` wants a whole number from 1
      looplint.toml:4:16: `min-slowdown` wants a number from 0
      looplint.toml:5:18: `target-version` wants a Python version such as "3.11"
      looplint.toml:6:12: `a[` is no glob: unclosed character class; missing ']'
      looplint.toml:7:11: `warnin` is nothing for `fail-on`; did you mean `warning`
      looplint.toml:8:17: no output format is called `jsn`; did you mean `json`
      looplint.toml:10:1: `ignore-unused` has no options
      looplint.toml:11:8: no rule is called `nothing-of-the-kind`; `looplint rules` lists them
      looplint.toml:13:14: a glob wants a list of rules
      looplint.toml:14:1: a table [[ignore]] names its `rule`
      looplint.toml:18:1: unknown key `expire`; did you mean `expires`
    -- exit 2
    "#);
}

#[test]
fn a_file_that_is_no_toml_says_where() {
    let project = Project::new(&[("pyproject.toml", "[tool.looplint]\nselect = [\n")]);
    assert_snapshot!(project.run(&["check"]).seen(), @"
    -- err
    looplint: the configuration cannot be used
      pyproject.toml:2:11: not TOML: unclosed array, expected `]`
    -- exit 2
    ");
    let project = Project::new(&[("looplint.toml", "")]);
    project.write("looplint.toml", b"select = \xff\n");
    assert_snapshot!(project.run(&["check"]).seen(), @"
    -- err
    looplint: the configuration cannot be used
      looplint.toml:1:1: not UTF-8
    -- exit 2
    ");
    let project = Project::new(&[("looplint.toml", "assume-size = 3\nassume-size = 4\n")]);
    assert_snapshot!(project.run(&["check"]).seen(), @"
    -- err
    looplint: the configuration cannot be used
      looplint.toml:2:1: not TOML: duplicate key
    -- exit 2
    ");
}

#[test]
fn flags_are_read_like_files() {
    let project = Project::new(&[]);
    assert_snapshot!(project.run(&["check", "--config", "assume-sise=10"]).seen(), @"
    -- err
    looplint: the configuration cannot be used
      --config assume-sise=10: unknown key `assume-sise`; did you mean `assume-size`
    -- exit 2
    ");
    assert_snapshot!(project.run(&["check", "--select", "pythn", "--ignore", "all"]).seen(), @"
    -- err
    looplint: the configuration cannot be used
      --select: no rule is called `pythn`; did you mean `python`
      --ignore: no rule is called `all`; did you mean `ALL`
    -- exit 2
    ");
    assert_snapshot!(project.run(&["check", "--config", "missing.toml"]).seen(), @"
    -- err
    looplint: missing.toml cannot be read
      because no such file or directory
    -- exit 2
    ");
    assert_snapshot!(project.run(&["check", "--fail-on", "always"]).seen(), @"
    -- err
    error: invalid value 'always' for '--fail-on <LEVEL>'
      [possible values: info, warning, error, never]

    For more information, try '--help'.
    -- exit 2
    ");
    assert_snapshot!(project.run(&["check", "--config", "extend=a.toml"]).seen(), @"
    -- err
    looplint: the configuration cannot be used
      --config extend=a.toml: `extend` belongs into a file; name the file itself with --config
    -- exit 2
    ");
    assert_snapshot!(project.run(&["check", "--per-file-ignores", "tests"]).seen(), @"
    -- err
    looplint: `tests` is not GLOB:RULE

    hint: write it as tests/**:list-membership-in-loop
    -- exit 2
    ");
}

#[test]
fn the_nearest_file_alone_counts() {
    let project = Project::new(&[
        ("looplint.toml", "assume-size = 1\nslow-call-ms = 1\n"),
        ("a/.looplint.toml", "assume-size = 2\n"),
        ("a/looplint.toml", "assume-size = 3\n"),
        ("a/pyproject.toml", "[tool.looplint]\nassume-size = 4\n"),
        ("b/pyproject.toml", "[tool.looplint]\nassume-size = 5\n"),
        (
            "b/deep/er/pyproject.toml",
            "[tool.black]\nline-length = 3\n",
        ),
        ("c/.looplint.toml", "assume-size = 6\n"),
    ]);
    let size = |below| setting(&project, below, "assume-size", &[]);
    assert_eq!(size(""), "assume-size = 1  # looplint.toml:1:1");
    assert_eq!(size("a"), "assume-size = 3  # looplint.toml:1:1");
    assert_eq!(size("b"), "assume-size = 5  # pyproject.toml:2:1");
    assert_eq!(
        size("b/deep/er"),
        "assume-size = 5  # [folder]/b/pyproject.toml:2:1"
    );
    assert_eq!(size("c"), "assume-size = 6  # .looplint.toml:1:1");
    // The nearest alone: nothing is taken over from the one above.
    assert_eq!(
        setting(&project, "a", "slow-call-ms", &[]),
        "# slow-call-ms: 5000"
    );
    // Of a file elsewhere, its own folder counts.
    assert_eq!(
        setting(&project, "", "assume-size", &["b/deep/new.py"]),
        "assume-size = 5  # b/pyproject.toml:2:1"
    );
    assert_eq!(
        setting(&project, "c", "assume-size", &["../a/new.py"]),
        "assume-size = 3  # [folder]/a/looplint.toml:1:1"
    );
}

#[test]
fn flags_win_over_settings_over_files() {
    let project = Project::new(&[
        ("looplint.toml", "assume-size = 1\n"),
        ("ci/strict.toml", "assume-size = 2\n"),
    ]);
    let size = |arguments: &[&str]| setting(&project, "", "assume-size", arguments);
    assert_eq!(
        size(&["--config", "ci/strict.toml"]),
        "assume-size = 2  # ci/strict.toml:1:1"
    );
    assert_eq!(
        size(&["--config", "assume-size = 3"]),
        "assume-size = 3  # --config assume-size = 3"
    );
    assert_eq!(
        size(&[
            "--config",
            "ci/strict.toml",
            "--config",
            "assume-size=3",
            "--assume-size",
            "4"
        ]),
        "assume-size = 4  # --assume-size"
    );
    assert_eq!(size(&["--isolated"]), "# assume-size: 1000");
}

#[test]
fn a_file_builds_on_another() {
    let project = Project::new(&[
        (
            "base.toml",
            "assume-size = 1\nslow-call-ms = 7\nextend-exclude = [\"gen\"]\nselect = [\"ALL\"]\n\
             ignore = [\"ignore-unused\"]\n",
        ),
        (
            "a/looplint.toml",
            "extend = \"../base.toml\"\nassume-size = 2\nextend-exclude = [\"out\"]\n\
             extend-select = [\"ignore-unused\"]\n",
        ),
        ("a/gen/x.py", ""),
        ("a/out/x.py", ""),
        ("a/x.py", ""),
    ]);
    assert_eq!(
        setting(&project, "a", "assume-size", &[]),
        "assume-size = 2  # looplint.toml:2:1"
    );
    assert_eq!(
        setting(&project, "a", "slow-call-ms", &[]),
        "slow-call-ms = 7  # [folder]/base.toml:2:1"
    );
    assert_eq!(
        setting(&project, "a", "extend-exclude", &[]),
        "extend-exclude = [\"gen\"]  # [folder]/base.toml:3:1\n\
         extend-exclude += [\"out\"]  # looplint.toml:3:1"
    );
    assert!(setting(&project, "a", "rules that run", &[]).contains("ignore-unused"));
    assert_eq!(
        project.run_in("a", &["check", "--show-files"]).out,
        "x.py\n"
    );
}

#[test]
fn a_circle_and_a_missing_base_are_told_where_they_are_named() {
    let project = Project::new(&[
        ("a/looplint.toml", "\nextend = \"../b/looplint.toml\"\n"),
        ("b/looplint.toml", "extend = \"../a/looplint.toml\"\n"),
        ("c/looplint.toml", "extend = \"nowhere.toml\"\n"),
        ("x.py", ""),
    ]);
    assert_snapshot!(project.run(&["check", "a"]).seen(), @"
    -- err
    looplint: the configuration cannot be used
      b/looplint.toml:1:1: a/looplint.toml extends itself
    -- exit 2
    ");
    assert_snapshot!(project.run(&["check", "c"]).seen(), @"
    -- err
    looplint: the configuration cannot be used
      c/looplint.toml:1:1: c/nowhere.toml cannot be read: no such file or directory
    -- exit 2
    ");
}

#[test]
fn the_python_version_comes_from_requires_python() {
    let project = Project::new(&[
        (
            "pyproject.toml",
            "[project]\nname = \"x\"\nrequires-python = \">=3.9, <4\"\n",
        ),
        ("a/looplint.toml", ""),
        ("b/looplint.toml", "target-version = \"py312\"\n"),
        (
            "c/pyproject.toml",
            "[project]\nrequires-python = \"~=3.8\"\n",
        ),
    ]);
    let version = |below| setting(&project, below, "target-version", &[]);
    assert_eq!(
        version(""),
        "target-version = \"3.9\"  # pyproject.toml:3:19"
    );
    assert_eq!(
        version("a"),
        "target-version = \"3.9\"  # [folder]/pyproject.toml:3:19"
    );
    assert_eq!(
        version("b"),
        "target-version = \"3.12\"  # looplint.toml:1:1"
    );
    assert_eq!(
        version("c"),
        "target-version = \"3.8\"  # pyproject.toml:2:19"
    );
    let ten = setting(
        &project,
        "",
        "target-version",
        &["--config", "target-version=3.10"],
    );
    assert_eq!(
        ten,
        "target-version = \"3.10\"  # --config target-version=3.10"
    );
}

#[test]
fn another_tools_broken_pyproject_is_its_own_matter() {
    let project = Project::new(&[
        ("pyproject.toml", "[project\nrequires-python = looplint\n"),
        ("x.py", ""),
    ]);
    let ran = project.run(&["check", "--show-files"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "x.py\n"));
}

#[test]
fn what_a_walk_leaves_out() {
    let project = Project::new(&[
        (
            "looplint.toml",
            "extend-exclude = [\"gen\", \"/nowhere\", \"src/v?ndor/**\", \"*_pb2.py\"]\ntraces = [\"runs/*.txt\"]\n",
        ),
        ("src/a.py", ""),
        ("src/gen/a.py", ""),
        ("src/vendor/deep/a.py", ""),
        ("lib/vendor/a.py", ""),
        ("a_pb2.py", ""),
        (".venv/a.py", ""),
        (".gitignore", "ignored/\n"),
        ("ignored/a.py", ""),
        ("runs/a.txt", ""),
        ("notes.txt", ""),
        ("own/looplint.toml", "exclude = [\"b.py\"]\n"),
        ("own/a.py", ""),
        ("own/b.py", ""),
        ("own/.venv/a.py", ""),
    ]);
    // .gitignore counts in a repository only.
    project.write(".git/HEAD", "ref: refs/heads/main\n");
    let files = |arguments: &[&str]| {
        let mut all = vec!["check", "--show-files"];
        all.extend(arguments);
        let ran = project.run(&all);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out
    };
    assert_snapshot!(files(&[]), @"
    lib/vendor/a.py
    own/.venv/a.py
    own/a.py
    runs/a.txt
    src/a.py
    ");
    assert_snapshot!(files(&["--no-respect-gitignore", "--exclude", "own,src,lib"]), @"
    .venv/a.py
    ignored/a.py
    runs/a.txt
    ");
    // A named file is checked, a named folder walked; unless excludes are forced.
    let named = [
        "src/gen/a.py",
        "src/gen",
        "a_pb2.py",
        "src/a.py",
        "src",
        "./src/a.py",
    ];
    assert_snapshot!(files(&named), @"
    a_pb2.py
    src/a.py
    src/gen/a.py
    ");
    let forced = [&["--force-exclude"], &named[..]].concat();
    assert_snapshot!(files(&forced), @"src/a.py");
}

#[test]
fn keys_are_explained() {
    let project = Project::new(&[]);
    assert_snapshot!(project.run(&["config", "per-file-ignores"]).seen(), @r#"
    -- out
    per-file-ignores: a table of globs with lists of rules

    Rules that do not run on the files that a glob matches.

    Default: {}
    Example:
      [per-file-ignores]
      "tests/**" = ["python"]
    -- exit 0
    "#);
    assert_snapshot!(project.run(&["config", "per-file-ignore"]).seen(), @"
    -- err
    looplint: no key is called `per-file-ignore`

    hint: did you mean `per-file-ignores`? `looplint config` lists them all
    -- exit 2
    ");
    let all = project.run(&["config"]);
    assert_eq!(all.code, 0);
    assert!(all.out.lines().count() > 15);
}

/// The examples of all keys, by key, with rules that every build has.
fn examples(project: &Project) -> Vec<(String, String)> {
    let keys = project.run(&["config"]).out;
    let keys = keys
        .lines()
        .map(|line| line.split_whitespace().next().unwrap());
    keys.map(|key| {
        let help = project.run(&["config", key]).out;
        let (_, example) = help.split_once("Example:\n").unwrap();
        let example = example.replace("repeated-call", "ignore-unused");
        let example = example.replace("list-membership-in-loop", "ignore-unused");
        let example = example.replace("min-literal = 8", "");
        let lines = example.lines().map(|line| line.trim().to_owned() + "\n");
        (key.to_owned(), lines.collect())
    })
    .collect()
}

#[test]
fn the_examples_of_all_keys_are_taken() {
    let project = Project::new(&[("looplint.toml", "")]);
    for (key, example) in examples(&project) {
        project.write("below/looplint.toml", example.as_bytes());
        let ran = project.run_in("below", &["check", "--show-settings"]);
        assert_eq!(ran.code, 0, "{key}: {}", ran.err);
    }
}

#[test]
fn the_schema_takes_what_the_reader_takes() {
    let project = Project::new(&[]);
    let schema: Value = serde_json::from_str(&project.run(&["config", "--schema"]).out).unwrap();
    let faults = |text: &str| {
        let table: toml::Table = toml::from_str(text).unwrap();
        faults(&schema, &serde_json::to_value(table).unwrap())
    };
    for (key, example) in examples(&project) {
        if key == "rules" {
            continue; // the table of a rule without options is refused
        }
        assert_eq!(faults(&example), Vec::<String>::new(), "{key}");
    }
    for wrong in [
        "selct = []",
        "select = [\"nothing\"]",
        "select = \"python\"",
        "assume-size = 0",
        "assume-size = \"much\"",
        "fail-on = \"always\"",
        "[[ignore]]\npath = \"a\"",
        "[[ignore]]\nrule = \"ignore-unused\"\nlimit = 3",
        "[rules.nothing]",
        "[per-file-ignores]\na = \"python\"",
    ] {
        project.write("looplint.toml", wrong);
        assert_eq!(project.run(&["check"]).code, 2, "{wrong}");
        assert!(!faults(wrong).is_empty(), "{wrong}");
    }
}

#[test]
fn another_judge_takes_the_schema() {
    let project = Project::new(&[]);
    project.write("schema.json", project.run(&["config", "--schema"]).out);
    let judge = |arguments: &[&str]| {
        let mut command = Command::new("check-jsonschema");
        command.args(arguments).current_dir(project.path(""));
        command.output()
    };
    let Ok(metaschema) = judge(&["--check-metaschema", "schema.json"]) else {
        eprintln!("skipped: there is no check-jsonschema here");
        return;
    };
    assert!(metaschema.status.success(), "{metaschema:?}");
    for (text, fits) in [
        (
            "output-format = [\"full\", \"json=a.json\"]\ntarget-version = \"3.9\"",
            true,
        ),
        ("output-format = \"full\"\ntarget-version = \"py312\"", true),
        ("output-format = \"ful\"", false),
        ("target-version = \"2.7\"", false),
        (
            "[[ignore]]\nrule = \"ignore-unused\"\npointer = \"a\"",
            false,
        ),
    ] {
        project.write("looplint.toml", text);
        let judged = judge(&["--schemafile", "schema.json", "looplint.toml"]).unwrap();
        assert_eq!(judged.status.success(), fits, "{text}: {judged:?}");
        let read = project.run(&["check", "--show-settings"]);
        assert_eq!(read.code == 0, fits, "{text}");
    }
}
