//! Facts about runs, as detectors see them.

#![allow(clippy::unwrap_used)] // a test that cannot go on says so by stopping

use looplint_model::{Domain, Settings, Source};
use looplint_trace::{
    Effect, ErrorClass, Known, Phrase, StopKind, Trace, Traces, content_words, ledger, page, prose,
    shingles,
};

/// Opens the run that `turns`, native turns in JSON, make up.
fn with<R>(turns: &str, look: impl FnOnce(&Trace<'_>) -> R) -> R {
    with_settings(turns, &Settings::default(), look)
}

fn with_settings<R>(turns: &str, settings: &Settings, look: impl FnOnce(&Trace<'_>) -> R) -> R {
    let source = Source::new(
        "t.json",
        format!("{{\"original_goal\":\"do it\",\"turns\":[{turns}]}}"),
    );
    Traces::open(&source, settings, |document, _, _| look(&document.runs[0]))
}

/// A native turn that makes one call and gets its result.
fn call(tool: &str, arguments: &str, result: &str) -> String {
    let json = |text: &str| serde_json::to_string(text).unwrap();
    format!(
        r#"{{"turn_number":1,"role":"agent","content":"","tool_name":{},"tool_input":{arguments},"tool_output":{}}}"#,
        json(tool),
        json(result)
    )
}

fn failure(result: &str) -> Option<(ErrorClass, String)> {
    with(&call("search", "{}", result), |run| {
        let failure = run.failure(0)?;
        assert_eq!(failure.known, Known::Text);
        Some((failure.class, result[failure.range.clone()].to_owned()))
    })
}

#[test]
fn results_that_are_errors() {
    use ErrorClass::*;
    for (result, class) in [
        ("Error: user not found", NotFound),
        (
            "Error: payment amount does not add up, total price is 305, but paid 255",
            Other,
        ),
        ("error executing tool: TimeoutError", Timeout),
        ("Request timed out after 30s", Timeout),
        ("HTTP 429 Too Many Requests", RateLimit),
        (
            "{\"error\": {\"code\": 429, \"message\": \"Rate limit exceeded\"}}",
            RateLimit,
        ),
        (
            "{\"status\": \"error\", \"message\": \"missing required parameter: city\"}",
            Validation,
        ),
        ("{\"ok\": false}", Other),
        ("401 Client Error: Unauthorized for url: https://x", Auth),
        ("bash: line 1: foo: command not found", NotFound),
        ("cat: /x: No such file or directory", NotFound),
        (
            "<tool_use_error>String to replace not found in file.</tool_use_error>",
            Validation,
        ),
        (
            "exitcode: 1 (execution failed)\nCode output: Traceback (most recent call last):\n  File \"a\", line 1\nZeroDivisionError: division by zero",
            Exception,
        ),
        (
            "exitcode: 124 (execution failed)\nCode output: Timeout",
            Timeout,
        ),
        (
            "exitcode: 0 (execution succeeded)\nCode output: Error: Cannot open video file",
            Other,
        ),
        ("running 3 tests\n...\nmake: *** [test] Error 2", Exception),
        ("The specified CSV file was not found.", NotFound),
        ("Tool 'fly' does not exist", UnknownTool),
        (
            "1 validation error for Search\nquery\n  Field required",
            Validation,
        ),
        ("An error occurred: connection refused", Unavailable),
    ] {
        let found = failure(result);
        assert_eq!(
            found.as_ref().map(|found| found.0),
            Some(class),
            "{result}: {found:?}"
        );
    }
    let raised =
        failure("Traceback (most recent call last):\n  File \"a\", line 1, in f\nKeyError: 'x'\n")
            .unwrap();
    assert_eq!(
        raised.1, "KeyError: 'x'",
        "the line that names the exception"
    );
}

#[test]
fn results_that_only_speak_of_errors() {
    for result in [
        "",
        "255.0",
        "The page explains error handling: a TimeoutError is raised when a request times out.",
        "Results for 'error 404':\n1. HTTP 404 - Wikipedia\n2. How to fix 404 Not Found",
        "{\"errors\": [], \"data\": {\"note\": \"failed before\"}}",
        "{\"status\": \"ok\", \"message\": \"no error\"}",
        "src/a.py:10: raise ValueError(\"bad\")",
        "class NotFoundError(Exception):\n    pass\n",
        "12 passed in 0.4s",
        "# Errors\n\nErrors are values.",
        "Failure is not an option, said the director of the flight.",
        "exitcode: 0 (execution succeeded)\nCode output: 4\n",
        "Invalidation of caches is hard. Two hard things.",
    ] {
        assert_eq!(failure(result), None, "{result}");
    }
}

#[test]
fn a_flag_counts_more_than_words() {
    let flagged = r#"{"turn_number":1,"role":"agent","content":"","tool_name":"f","tool_input":{},"tool_output":"all fine","is_error":true}"#;
    assert_eq!(
        with(flagged, |run| run.failure(0).unwrap().known),
        Known::Flag
    );
    let denied = flagged
        .replace("all fine", "Error: no")
        .replace("true", "false");
    assert!(with(&denied, |run| run.failure(0).is_none()));
}

#[test]
fn results_that_bring_nothing() {
    let empty = |result: &str| {
        with(&call("search", "{}", result), |run| {
            run.call_facts()[0].empty
        })
    };
    for result in [
        "",
        "  \n",
        "null",
        "[]",
        "{}",
        "None",
        "{\"results\": []}",
        "No results found.",
        "exitcode: 0 (execution succeeded)\nCode output: \n",
    ] {
        assert!(empty(result), "{result}");
    }
    for result in [
        "0",
        "false is a word",
        "[1]",
        "No results were found for x, but see y",
        "nothing to see",
    ] {
        assert!(!empty(result), "{result}");
    }
}

#[test]
fn equal_calls_are_equal_and_others_are_not() {
    let same = |left: &str, right: &str| {
        with(
            &format!("{},{}", call("f", left, "r"), call("f", right, "r")),
            |run| run.repeats().len() == 1,
        )
    };
    assert!(same(r#"{"a":1,"b":[1,2]}"#, r#"{"b":[1.0,2],"a":1}"#));
    assert!(
        same(r#""{\"a\": 1}""#, r#"{"a":1}"#),
        "JSON in a string is the JSON"
    );
    assert!(same(
        r#"{"path":"/tmp/tmpab12cd34/x.txt"}"#,
        r#"{"path":"/tmp/tmpzz98yy77/x.txt"}"#
    ));
    assert!(same(
        r#"{"q":"x","request_id":"1"}"#,
        r#"{"q":"x","request_id":"2"}"#
    ));
    assert!(same(
        r#"{"q":"now 2024-05-01T10:11:12.345Z"}"#,
        r#"{"q":"now 2024-05-01T10:13:59.001Z"}"#
    ));
    assert!(same(r#""print( 1 )""#, r#""print( 1  )""#));
    assert!(
        !same(
            r#"{"order":"a1b2c3d4e5f60718"}"#,
            r#"{"order":"ffee112233445566"}"#
        ),
        "another id is another question"
    );
    assert!(!same(r#"{"day":"2024-05-01"}"#, r#"{"day":"2024-05-02"}"#));
    assert!(!same(r#"{"a":1}"#, r#"{"a":2}"#));
    assert!(!same(r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#));
    assert!(!same(r#"{"a":"Paris"}"#, r#"{"a":"paris"}"#));
}

#[test]
fn equal_results_are_equal_but_for_clocks_and_addresses() {
    let same = |left: &str, right: &str| {
        with(
            &format!("{},{}", call("f", "{}", left), call("f", "{}", right)),
            |run| run.repeats()[0].same_result,
        )
    };
    assert!(same(
        "done in 0.41s at 10:11:12",
        "done in 0.55s at 10:12:59"
    ));
    assert!(same("<obj at 0x7f3a2b1c0d00>", "<obj at 0x7f3a2b1c0e10>"));
    assert!(!same("3 items", "4 items"));
}

#[test]
fn a_change_between_gives_reason_to_ask_again() {
    let run = |between: &str| {
        let read = call("read_file", r#"{"path":"a.py"}"#, "x = 1");
        with(&format!("{read},{between},{read}"), |run| run.repeats()[0])
    };
    assert!(run(&call("search", r#"{"q":"b"}"#, "b")).is_idle());
    assert!(!run(&call("edit_file", r#"{"path":"a.py"}"#, "ok")).is_idle());
    assert!(!run(&call("bash", r#"{"command":"sed -i s/1/2/ a.py"}"#, "")).is_idle());
    assert!(run(&call("bash", r#"{"command":"ls -la"}"#, "a.py")).is_idle());
    assert!(
        !run(&call("bash", r#"{"command":"make"}"#, "ok")).is_idle(),
        "what make does is not known"
    );
    assert!(
        run(&call("edit_file", r#"{"path":"a.py"}"#, "Error: denied")).is_idle(),
        "a failed edit changed nothing"
    );
    assert!(!run(r#"{"turn_number":2,"role":"user","content":"again please"}"#).is_idle());
    let repeat = run(r#"{"turn_number":2,"role":"agent","content":"hm"}"#);
    assert!(repeat.is_idle() && repeat.consecutive && repeat.same_result && repeat.count == 2);
}

#[test]
fn polling_is_no_loop() {
    let twice = |tool: &str, settings: &Settings| {
        let one = call(tool, "{}", "pending");
        with_settings(&format!("{one},{one}"), settings, |run| {
            run.repeats()[0].polling
        })
    };
    let settings = Settings {
        polling_tools: vec!["job_*".into(), "*Output".into()],
        ..Settings::default()
    };
    assert!(
        twice("job_state", &settings)
            && twice("BashOutput", &settings)
            && twice("get_status", &settings)
    );
    assert!(!twice("read_file", &settings) && !twice("job_state", &Settings::default()));
}

#[test]
fn effects_by_name_and_command() {
    let effect = |tool: &str, arguments: &str| {
        with(&call(tool, arguments, ""), |run| run.call_facts()[0].effect)
    };
    for tool in [
        "get_user_details",
        "search",
        "readFile",
        "Grep",
        "calculate",
        "list_files",
        "web_search",
    ] {
        assert_eq!(effect(tool, "{}"), Effect::None, "{tool}");
    }
    for tool in [
        "update_reservation_flights",
        "createIssue",
        "Write",
        "book_reservation",
        "send_email",
        "browser_click",
    ] {
        assert_eq!(effect(tool, "{}"), Effect::Change, "{tool}");
    }
    assert_eq!(effect("frobnicate", "{}"), Effect::Maybe);
    for (command, wanted) in [
        ("ls -la | grep x", Effect::None),
        ("git status", Effect::None),
        ("cd /a && cat b", Effect::None),
        ("ls 2>&1", Effect::None),
        ("cat a > b", Effect::Change),
        ("cat a 2>/dev/null", Effect::None),
        ("git commit -m x", Effect::Change),
        ("pip install x", Effect::Change),
        ("rm -rf x", Effect::Change),
        ("pytest -q", Effect::Maybe),
        ("python a.py", Effect::Maybe),
    ] {
        let arguments = serde_json::json!({ "command": command }).to_string();
        assert_eq!(effect("bash", &arguments), wanted, "{command}");
    }
    assert_eq!(
        effect("str_replace_editor", r#"{"command":"view"}"#),
        Effect::None
    );
    assert_eq!(
        effect("str_replace_editor", r#"{"command":"create"}"#),
        Effect::Change
    );
}

#[test]
fn phrases_and_their_look_alikes() {
    use Phrase::*;
    for (phrase, says, says_not) in [
        (
            Refusal,
            "I'm sorry, but I can't help with that.",
            "I'm sorry to hear that. Let me help.",
        ),
        (
            GiveUp,
            "I was unable to find the date.",
            "I found the date.",
        ),
        (
            NoAccess,
            "I don't have access to real-time data.",
            "You have access to the file.",
        ),
        (
            Success,
            "The file was successfully verified.",
            "Verification comes next.",
        ),
        (
            Executed,
            "I ran the tests: 12 passed in 3s",
            "You should run the tests.",
        ),
        (
            ClaimedChange,
            "Your order has been cancelled.",
            "Shall I cancel it?",
        ),
        (
            Placeholder,
            "api_key = 'YOUR_API_KEY'",
            "the api key is read from the environment",
        ),
        (Hedge, "It is probably 12.", "It is 12."),
        (
            AskUser,
            "Could you please provide your user id?",
            "Here is your user id.",
        ),
        (Terminate, "TERMINATE", "The process terminates."),
        (
            Restart,
            "Let's start over from the beginning.",
            "Let's start.",
        ),
        (
            NoCall,
            "There is no code from the last 1 message for me to execute.",
            "There is code.",
        ),
        (
            CallInProse,
            "{\"name\": \"search\", \"arguments\": {\"q\": 1}}",
            "{\"name\": \"Ann\", \"age\": 3}",
        ),
        (
            PolicyQuoted,
            "According to the airline policy, basic economy cannot be changed.",
            "The policy is long.",
        ),
    ] {
        assert!(phrase.find(says).is_some(), "{phrase:?}: {says}");
        assert!(phrase.find(says_not).is_none(), "{phrase:?}: {says_not}");
    }
    let text = "Look:\n```python\nx = 'mock data'\n```\nDone.";
    assert!(Placeholder.find(text).is_some() && Placeholder.find(&prose(text)).is_none());
    assert_eq!(prose(text).len(), text.len());
}

#[test]
fn words_and_shingles() {
    let goal = content_words("Find the population of Reykjav\u{ed}k in 2020");
    assert_eq!(goal.len(), 4);
    assert_eq!(goal.shared(&content_words("population 2020 of OSLO")), 2);
    assert_eq!(goal.covered_by(&goal), 1.0);
    assert_eq!(goal.likeness(&content_words("")), 0.0);
    assert!(
        content_words("\u{6771}\u{4eac}\u{306e}\u{5929}\u{6c17}").len() >= 5,
        "scripts without spaces have words too"
    );
    let (one, two) = (
        "a quick brown fox jumps over it",
        "a quick brown fox jumps over them",
    );
    assert_eq!(shingles(one, 5).shared(&shingles(two, 5)), 2);
    assert_eq!(shingles("one two", 5).len(), 1);
}

#[test]
fn what_a_turn_brings_that_nobody_had_said() {
    let turns = r#"{"turn_number":1,"role":"user","content":"How many people live in Bergen? I think 1,200."},
        {"turn_number":2,"role":"agent","content":"In Bergen there are 1200 or 285601 people, says Ola Nordmann."}"#;
    with(turns, |run| {
        let news = run.news(1);
        let text = &run.turns[1].content.text;
        let words = |places: &[std::ops::Range<usize>]| {
            places
                .iter()
                .map(|at| text[at.clone()].to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(words(&news.numbers), ["285601"]);
        assert_eq!(words(&news.names), ["Ola Nordmann"]);
    });
}

#[test]
fn identifiers_that_came_from_nowhere() {
    let turns = [
        r#"{"turn_number":1,"role":"user","content":"My order is #W1234567, mail ann.lee99@x.org"}"#.to_owned(),
        call("get_order", r##"{"id":"#W1234567","user":"ann_9","n":12}"##, "{\"user_id\":\"lee_4821\"}"),
        call("get_user", r#"{"user":"lee_4821","alias":"ann.lee99","other":["zz_7777"]}"#, "ok"),
    ];
    with(&turns.join(","), |run| {
        let values = |call| {
            run.ungrounded(call)
                .into_iter()
                .map(|it| format!("{}={}", it.path, it.value))
                .collect::<Vec<_>>()
        };
        assert_eq!(values(0), ["user=ann_9"]);
        assert_eq!(values(1), ["other[0]=zz_7777"]);
        assert_eq!(run.first_mention("lee_4821"), Some(1));
        assert_eq!(
            run.first_mention("LEE99"),
            Some(0),
            "inside a longer text too"
        );
        assert_eq!(run.first_mention("nowhere1"), None);
    });
}

#[test]
fn pages_ledgers_handoffs_and_stops() {
    let shot = "I clicked 'Go'.\n\nHere is a screenshot of [Just a moment...](https://a.example/x?y=(1)). The viewport shows 56% of the webpage, and is positioned at the top of the page.\nbody";
    let seen = page(shot).unwrap();
    assert_eq!(
        (seen.title, seen.viewport, seen.position),
        ("Just a moment...", Some(56), "at the top of the page")
    );
    assert!(seen.body.contains("body"));
    let file = page(
        "Address: file:///a.txt\nTitle: A\nViewport position: Showing page 1 of 3.\n=====\ntext",
    )
    .unwrap();
    assert_eq!(
        (file.url, file.title, file.position),
        ("file:///a.txt", "A", "Showing page 1 of 3.")
    );
    assert!(page("Address book").is_none());
    let record = ledger(r#"Updated Ledger: {"is_request_satisfied": {"reason": "no", "answer": false}, "is_in_loop": {"reason": "x", "answer": true}, "is_progress_being_made": false, "next_speaker": {"reason": "r", "answer": "Web"}}"#).unwrap();
    assert_eq!(
        (record.satisfied, record.in_loop, record.progress),
        (Some(false), Some(true), Some(false))
    );
    assert_eq!(record.next_speaker.as_deref(), Some("Web"));
    let json = serde_json::to_string(shot).unwrap();
    let turns = format!(
        r#"{{"turn_number":0,"role":"agent","agent_name":"Boss","kind":"-> Web","content":"go"}},
        {{"turn_number":1,"role":"agent","agent_name":"Web","content":{json}}},
        {{"turn_number":2,"role":"agent","content":"","tool_calls":[{{"id":"1","name":"transfer_to_billing_agent","arguments":{{}}}}]}},
        {{"turn_number":3,"role":"agent","kind":"termination condition","content":"Max rounds (30) reached."}},
        {{"turn_number":4,"role":"agent","content":"cut","finish_reason":"length"}},
        {{"turn_number":5,"role":"user","content":"solve this captcha article for me"}}"#
    );
    with(&turns, |run| {
        let handoffs: Vec<(usize, &str)> = run
            .handoffs()
            .iter()
            .map(|it| (it.turn, it.to.as_str()))
            .collect();
        assert_eq!(handoffs, [(0, "Web"), (2, "billing_agent")]);
        let stops: Vec<(usize, StopKind)> =
            run.stops().iter().map(|it| (it.turn, it.kind)).collect();
        assert_eq!(
            stops,
            [
                (1, StopKind::BotWall),
                (3, StopKind::Budget),
                (4, StopKind::Length)
            ]
        );
    });
}

#[test]
fn what_is_wasted() {
    let one = r#"{"turn_number":1,"role":"agent","content":"","tool_name":"read","tool_input":{},"tool_output":"x","latency_ms":40,"tokens_in":100,"tokens_out":7}"#;
    with(&[one; 4].join(","), |run| {
        let cost = run.waste(&[2, 3]);
        assert_eq!((cost.calls, cost.tokens, cost.milliseconds), (2, 214, 80));
        assert_eq!(run.tokens_of(0), (107, true));
        assert_eq!(run.last_news(), Some(0), "the others bring the same");
    });
    with(&call("read", "{}", "12345678"), |run| {
        assert!(!run.tokens_of(0).1, "an estimate says that it is one")
    });
}
