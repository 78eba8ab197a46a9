//! The tables against themselves: every line reads, every result is a type.

use super::rows::{Line, TEXTS, read_line};
use super::*;

fn result(name: &str, arguments: &[&str]) -> String {
    let arguments: Vec<Type> = arguments
        .iter()
        .map(|text| Type::parse(text).unwrap())
        .collect();
    function(name).map_or("nothing".into(), |fact| {
        fact.result(&Type::Unknown, &arguments).to_string()
    })
}

fn called(receiver: &str, name: &str, arguments: &[&str]) -> String {
    let arguments: Vec<Type> = arguments
        .iter()
        .map(|text| Type::parse(text).unwrap())
        .collect();
    result_of(&Type::parse(receiver).unwrap(), name, &arguments).to_string()
}

#[test]
fn every_line_is_read_and_no_member_is_said_twice() {
    let mut wrong = Vec::new();
    let mut owners = std::collections::HashSet::new();
    let mut seen = std::collections::HashSet::new();
    for (file, text) in TEXTS {
        let mut owner = "";
        for (at, line) in text.lines().enumerate() {
            let place = format!("{file}:{}", at + 1);
            match read_line(line) {
                Line::Wrong(why) => wrong.push(format!("{place}: {why}")),
                Line::Owner(name, _) | Line::Module(name) => {
                    owner = name;
                    if !owners.insert(name) {
                        wrong.push(format!("{place}: {name} is there already"));
                    }
                }
                Line::Member(fact) => {
                    if Type::template(fact.result).is_none() {
                        wrong.push(format!("{place}: {} is no type", fact.result));
                    }
                    if !seen.insert((owner, fact.name)) {
                        wrong.push(format!("{place}: {owner}.{} is there already", fact.name));
                    }
                }
                Line::Class(_, of) if Type::parse(of).is_none() => {
                    wrong.push(format!("{place}: {of} is no type"))
                }
                Line::Class(..) | Line::Alias(..) | Line::Nothing => {}
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn results_follow_receiver_and_arguments() {
    assert_eq!(called("str", "split", &[]), "list[str]");
    assert_eq!(
        called("dict[str, list[int]]", "items", &[]),
        "ItemsView[str, list[int]]"
    );
    assert_eq!(called("dict[str, int]", "get", &["str"]), "int | None");
    assert_eq!(called("dict[str, int]", "get", &["str", "int"]), "int");
    assert_eq!(
        called("defaultdict[str, int]", "keys", &[]),
        "KeysView[str]"
    );
    assert_eq!(
        called("Counter[str]", "most_common", &["int"]),
        "list[tuple[str, int]]"
    );
    assert_eq!(called("list[int] | None", "copy", &[]), "list[int]");
    assert_eq!(called("list[int] | str", "copy", &[]), "Unknown");
    assert_eq!(
        called("Pattern[str]", "finditer", &["str"]),
        "Iterator[Match[str]]"
    );
    assert_eq!(
        called("Match[str]", "group", &["int", "int"]),
        "tuple[str | None, str | None]"
    );
    assert_eq!(result("sorted", &["set[str]"]), "list[str]");
    assert_eq!(
        result("enumerate", &["list[str]"]),
        "Iterator[tuple[int, str]]"
    );
    assert_eq!(
        result("zip", &["list[str]", "range"]),
        "Iterator[tuple[str, int]]"
    );
    assert_eq!(result("max", &["list[int]"]), "int");
    assert_eq!(result("max", &["int", "float"]), "int | float");
    assert_eq!(result("sum", &["list[bool]"]), "int");
    assert_eq!(
        result("sum", &["list[list[str]]", "list[Never]"]),
        "list[str]"
    );
    assert_eq!(
        result("dict", &["Iterator[tuple[str, int]]"]),
        "dict[str, int]"
    );
    assert_eq!(result("dict", &["dict[str, int]"]), "dict[str, int]");
    assert_eq!(result("dict.fromkeys", &["list[str]"]), "dict[str, None]");
    assert_eq!(result("nobody.knows", &[]), "nothing");
}

#[test]
fn effects_work_and_escapes() {
    let append = method(&Type::list(Type::Int), "append").unwrap();
    assert_eq!(
        (append.effect, append.work),
        (Effect::Mutates, Work::Constant)
    );
    assert!(append.mutates.has(Slot::Receiver) && append.keeps.has(Slot::Argument(0)));
    assert!(!append.keeps.has(Slot::Argument(1)) && !append.is_pure());
    let sorted = function("sorted").unwrap();
    assert_eq!(
        (sorted.effect, sorted.work),
        (Effect::Fresh, Work::NLogN(Slot::Argument(0)))
    );
    assert!(sorted.calls.has(Slot::Key) && sorted.is_pure());
    let index = method(&Type::list(Type::Int), "index").unwrap();
    assert_eq!(
        (index.effect, index.work),
        (Effect::Pure, Work::UpTo(Slot::Receiver))
    );
    assert!(function("map").unwrap().lazy);
    assert_eq!(function("open").unwrap().sink, Some(Sink::Open));
    assert_eq!(opened(Some("rb")).to_string(), "BinaryIO");
}

/// Runs `check.py` on the tables. `None`, said aloud, where there is no `python3`.
fn run_examples() -> Option<Vec<serde_json::Value>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tables");
    let files = ["builtins.txt", "stdlib.txt", "system.txt"].map(|file| format!("{folder}/{file}"));
    let run = std::process::Command::new("python3")
        .arg(format!("{folder}/check.py"))
        .args(files)
        .output();
    let Ok(run) = run else {
        println!("skipped: there is no python3 to run the examples of the tables");
        return None;
    };
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    Some(
        run.stdout
            .split(|&byte| byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect(),
    )
}

/// Each example gives, in a real interpreter, a value of the type that the row says for these very inputs.
#[test]
fn examples_do_what_the_rows_say() {
    let Some(records) = run_examples() else {
        return;
    };
    let text =
        |record: &serde_json::Value, key: &str| record[key].as_str().unwrap_or_default().to_owned();
    let (mut wrong, mut n_results) = (Vec::new(), 0);
    for record in &records {
        for error in record["errors"].as_array().into_iter().flatten() {
            wrong.push(format!("{} {error}", text(record, "place")));
        }
        let Some(real) = record["result"].as_str() else {
            continue;
        };
        n_results += 1;
        let fact = member_of(&text(record, "owner"), &text(record, "member")).unwrap();
        let receiver = Type::parse(&text(record, "receiver")).unwrap();
        let arguments: Vec<Type> = record["arguments"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|argument| Type::parse(argument.as_str().unwrap()).unwrap())
            .collect();
        let said = fact.result(&receiver, &arguments);
        if !said.accepts(&Type::parse(real).unwrap()) {
            wrong.push(format!(
                "{} {}: said {said}, is {real}",
                text(record, "place"),
                fact.name
            ));
        }
    }
    println!("{n_results} of {} rows ran", records.len());
    assert_eq!(wrong, [""; 0]);
    assert!(n_results > 900, "only {n_results} examples ran");
}

#[test]
fn models_that_come_with_django() {
    let user = Type::Library("django.contrib.auth.models.User".into());
    let manager = attribute(&user, "objects").unwrap();
    assert_eq!(manager.to_string(), "Manager");
    assert_eq!(method(&manager, "get").unwrap().sink, Some(Sink::Query));
    assert_eq!(user.returned().to_string(), "Model[User]");
    let orders = Type::parse("type[Model[Order]]").unwrap();
    let manager = attribute(&orders, "objects").unwrap();
    assert_eq!(
        result_of(&manager, "filter", &[]).to_string(),
        "QuerySet[Model[Order]]"
    );
    assert_eq!(
        result_of(&manager, "first", &[]).to_string(),
        "Model[Order] | None"
    );
    assert!(method(&manager, "filter").unwrap().lazy);
}
