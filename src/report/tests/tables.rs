//! Tables for a terminal.
#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use common::*;
use looplint_model::*;
use looplint_report::{Format, Heat, Heats, Options, Report, write_hot, write_statistics};

fn shown(run: impl FnOnce(&Report<'_>, &mut Vec<u8>)) -> String {
    shown_with(options(), run)
}

fn shown_with(options: Options, run: impl FnOnce(&Report<'_>, &mut Vec<u8>)) -> String {
    let text = "for row in range(50000):\n    text += row\n";
    let files = [
        checked(
            Source::new("b.py", text),
            vec![concat(text), concat(text)],
            vec![],
        ),
        checked(
            Source::new("a.py", ORDERS),
            vec![membership(ORDERS)],
            vec![],
        ),
        checked(
            Source::new("c.py", "x\n"),
            vec![bare("no-such-page", "python", Span::at(0), "a\nb")],
            vec![],
        ),
    ];
    with(&files, options, |report| {
        let mut out = Vec::new();
        run(report, &mut out);
        String::from_utf8(out).unwrap()
    })
}

#[test]
fn findings_by_rule() {
    let table = shown(|report, out| write_statistics(report, Format::Full, out).unwrap());
    assert_eq!(
        table,
        "\
findings   fixable  worst  rule
       1  1 unsafe   780x  list-membership-in-loop
       2         2   4.4x  str-concat-in-loop
       1                   no-such-page
"
    );
    let lines = shown(|report, out| write_statistics(report, Format::JsonLines, out).unwrap());
    assert_eq!(
        lines.lines().next().unwrap(),
        r#"{"rule":"list-membership-in-loop","domain":"python","findings":1,"fixable":0,"fixable_unsafe":1,"worst_slowdown_pct":78220.0}"#
    );
}

#[test]
fn findings_by_the_time_a_profile_saw() {
    let heat = |seconds, share| Heat {
        seconds: Some(seconds),
        share,
        runs: None,
        is_cold: share < 0.001,
    };
    let heats = Heats {
        kind: "cProfile",
        seconds: Some(12.5),
        by_finding: BTreeMap::from([
            ((0, 0), heat(0.5, 0.04)),
            ((1, 0), heat(11.25, 0.9)),
            ((2, 0), heat(0.0, 0.0)),
            ((9, 9), heat(1.0, 0.1)),
        ]),
        n_top: 3,
    };
    let options = Options {
        heats: Some(heats),
        ..options()
    };
    let table = shown_with(options, |report, out| write_hot(report, 3, out).unwrap());
    assert_eq!(
        table,
        "\
top 2 by seconds
seconds  share  cost                   place      finding
  11.25   90 %  O(orders * customers)  a.py:5:12  list-membership-in-loop: `known` is a list, so each test scans it once per order; build a set before…
   0.50    4 %  O(rows ** 2)           b.py:2:10  str-concat-in-loop: `text` grows by copying itself; collect the parts and join them
"
    );
}
