//! `looplint measure`: one finding against its fix, or the reason why not.

use crate::Project;

const SHOP: &str = "\
import requests

LIMIT = 3


def is_long(name):
    return len(name) > LIMIT


class Shop:
    def missing(self, orders: list[str], known: list[str]):
        missing = []
        for order in orders:
            if is_long(order) and order not in known:
                missing.append((order, self.currency))
        return missing


def waiting(items: list[int]):
    queue = list(items)
    total = 0
    while queue:
        total += queue.pop(0)
    return total


def fetched(names: list[str], known: list[str]):
    return [requests.get(name) for name in names if name in known]


def joined(orders: list, customers: list):
    lines = []
    for order in orders:
        for customer in customers:
            if order['customer'] == customer['id']:
                lines.append(customer['name'])
    return lines


def called(names: list[str], known: list[str], show):
    return [show(name) for name in names if name in known]


def copied(names: list[str]):
    upper = []
    for each in names:
        upper.append(each.upper())
    return upper


def written(names: list[str], known: list[str]):
    for name in names:
        if name in known:
            open(name).close()
";

fn line_of(needle: &str) -> usize {
    SHOP.lines().position(|line| line.contains(needle)).unwrap() + 1
}

fn measure(needle: &str, flags: &[&str]) -> crate::Ran {
    let place = format!("shop.py:{}", line_of(needle));
    let mut arguments = vec![
        "measure",
        place.as_str(),
        "--sizes",
        "50,200",
        "--seconds",
        "0.05",
    ];
    arguments.extend(flags);
    Project::new(&[("shop.py", SHOP)]).run(&arguments)
}

fn no_python() -> bool {
    let missing = std::process::Command::new("python3")
        .arg("-V")
        .output()
        .is_err();
    if missing {
        println!("skipped: there is no python3");
    }
    missing
}

#[test]
fn a_finding_in_a_method_with_what_it_needs_of_the_module() {
    if no_python() {
        return;
    }
    let ran = measure("order not in known", &["--json", "--show"]);
    assert_eq!(ran.code, 0, "{}", ran.seen());
    let (code, json) = ran.out.split_once("\n{\n").expect(&ran.out);
    assert!(code.contains("LIMIT = 3\n"), "{code}");
    assert!(
        code.contains("def run(known, orders, self):\n    missing = []\n"),
        "{code}"
    );
    let json: serde_json::Value = serde_json::from_str(&format!("{{{json}")).unwrap();
    let curve = json["curve"].as_array().unwrap();
    assert_eq!(
        curve
            .iter()
            .map(|row| row["n"].as_u64().unwrap())
            .collect::<Vec<_>>(),
        [50, 200]
    );
    assert!(
        curve
            .iter()
            .all(|row| row["before_ns"].as_f64() > Some(0.0)),
        "{json}"
    );
    assert!(json["exponent_before"].as_f64() > Some(0.5), "{json}");
    assert_eq!(json["rule"], "list-membership-in-loop");
    assert_eq!(json["inputs"][1]["shape"], "list of str");
}

#[test]
fn a_fix_that_imports_and_changes_the_line_before_the_loop() {
    if no_python() {
        return;
    }
    let ran = measure("queue.pop(0)", &[]);
    assert_eq!(ran.code, 0, "{}", ran.seen());
    for part in [
        "list-as-queue",
        "given: items, list of int",
        "predicted",
        "time grows as n^",
    ] {
        assert!(ran.out.contains(part), "{part}\n{}", ran.out);
    }
}

#[test]
fn a_rule_that_is_off_and_gains_little_is_measured_where_it_is_named() {
    if no_python() {
        return;
    }
    let ran = measure("upper.append(", &["--rule", "append-loop"]);
    assert_eq!(ran.code, 0, "{}", ran.seen());
    assert!(ran.out.contains("append-loop"), "{}", ran.out);
}

#[test]
fn what_cannot_be_closed_is_refused_with_the_reason() {
    let cases = [
        ("requests.get(name)", "`requests.get(name)` reaches outside"),
        (
            "for customer in customers",
            "there is no rewritten code to measure against",
        ),
        ("show(name)", "`show` is called and nothing is known of it"),
        (
            "for name in names:",
            "nothing in Python code is found at shop.py",
        ),
    ];
    for (needle, reason) in cases {
        let ran = measure(needle, &[]);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (2, ""),
            "{needle}: {}",
            ran.seen()
        );
        assert!(ran.err.contains(reason), "{needle}: {}", ran.seen());
    }
    let written = SHOP
        .lines()
        .position(|line| line.contains("open(name)"))
        .unwrap();
    let place = format!("shop.py:{written}");
    let ran = Project::new(&[("shop.py", SHOP)]).run(&["measure", &place]);
    assert!(ran.err.contains("reaches outside"), "{}", ran.seen());
    let ran = Project::new(&[("shop.py", SHOP)]).run(&["measure", "shop.py"]);
    assert!(
        ran.err
            .contains("`shop.py` is no place\n\nhint: write it as file.py:12"),
        "{}",
        ran.seen()
    );
}
