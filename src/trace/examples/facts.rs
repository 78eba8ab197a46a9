//! Prints the facts of each run: `cargo run -p looplint-trace --example facts -- FILE...`.

use looplint_model::{Domain, Settings};
use looplint_trace::{Phrase, Trace, Traces};

fn main() {
    for name in std::env::args().skip(1) {
        let Ok(bytes) = std::fs::read(&name) else {
            continue;
        };
        for source in &Traces::decode(&name, bytes).sources {
            Traces::open(source, &Settings::default(), |document, _, _| {
                document.runs.iter().for_each(|run| show(&name, run));
            });
        }
    }
}

fn show(name: &str, run: &Trace<'_>) {
    println!(
        "== {name} {} passed {:?}",
        run.name(),
        run.outcome.as_ref().map(|it| it.passed)
    );
    for (at, facts) in run.call_facts().iter().enumerate() {
        let call = &run.calls[at];
        let turn = run.turn_of(call).number;
        let result = call.result.as_ref().map_or("", |it| &it.content.text);
        if let Some(failure) = &facts.failure {
            println!(
                "  {turn} FAIL {:?} {:?} {}: {:?}",
                failure.class,
                failure.known,
                call.name.text,
                short(&result[failure.range.clone()])
            );
        } else {
            println!(
                "  {turn} ok {:?} empty={} {} -> {:?}",
                facts.effect,
                facts.empty,
                short(&run.canonical(at)),
                short(result)
            );
        }
    }
    for repeat in run.repeats() {
        println!(
            "  {} REPEAT {repeat:?}",
            run.turn_of(&run.calls[repeat.call]).number
        );
    }
    for stop in run.stops() {
        println!("  {} STOP {:?}", run.turns[stop.turn].number, stop);
    }
    for handoff in run.handoffs() {
        println!(
            "  {} HANDOFF {:?} -> {}",
            run.turns[handoff.turn].number, handoff.from, handoff.to
        );
    }
    for (at, turn) in run.turns.iter().enumerate() {
        let said: Vec<String> = Phrase::ALL
            .iter()
            .filter_map(|phrase| {
                Some(format!(
                    "{phrase:?} {:?}",
                    short(&turn.content.text[turn.says_in_prose(*phrase)?])
                ))
            })
            .collect();
        let news = run.news(at);
        println!(
            "  {} {} says {said:?} news {} numbers {} names",
            turn.number,
            turn.role.as_str(),
            news.numbers.len(),
            news.names.len()
        );
    }
    for at in 0..run.calls.len() {
        for identifier in run.ungrounded(at) {
            println!(
                "  {} UNGROUNDED {} = {}",
                run.turn_of(&run.calls[at]).number,
                identifier.path,
                identifier.value
            );
        }
    }
}

fn short(text: &str) -> String {
    text.chars().take(120).collect()
}
