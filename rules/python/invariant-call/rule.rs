//! Calls that look at everything, or parse it, with arguments that the loop does not change.

use looplint_model::{Confidence, Cost, Cx, Finding, Fix, Safety};
use looplint_python::tables::{Effect, Sink, Slot, Work};
use looplint_python::types::Proof;
use looplint_python::{Kind, Loop, LoopKind, Monomial, Multiplicity, Node, Python, Role, Type, big_o, related_loops};

pub const ON: &[Kind] = &[Kind::Call];

/// Builders of collections: rebuilt-collection speaks for them, except in the header of an inner loop.
const BUILDERS: [&str; 6] = ["set", "frozenset", "list", "dict", "tuple", "sorted"];

/// Builtins that look at one value, or do their work later.
const CHEAP: [&str; 14] = [
    "str", "repr", "ascii", "format", "int", "float", "bytes", "hash", "iter", "enumerate", "zip", "reversed", "map",
    "filter",
];

pub fn check<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    if node.all_loops().next().is_none() {
        return;
    }
    if opens_or_reads(node) {
        return same_file(node, cx);
    }
    let Some(object) = worked_through(node) else { return };
    // The call around it says the same of both.
    if node.parent().and_then(around).is_some_and(|whole| {
        let mut sure = Confidence::Proven;
        worked_through(whole).is_some() && !repeats(whole, &mut sure).is_empty()
    }) {
        return;
    }
    let is_builder = node.builtin().is_some_and(|name| BUILDERS.contains(&name));
    let is_heading = heads_a_loop(node) && node.builtin() == Some("sorted");
    if is_builder && !is_heading {
        if !matches!(node.builtin(), Some("list" | "dict" | "tuple")) {
            once_per_element(node, object, cx);
        }
        return;
    }
    let mut confidence = Confidence::Proven;
    let loops = repeats(node, &mut confidence);
    let Some(&outermost) = loops.last() else { return once_per_element(node, object, cx) };
    let is_small = object.extent().is_small() && loops.iter().all(|each| each.is_small());
    if is_small || object.extent().is_bounded() || object.kind() == Kind::Literal || is_kept(node, outermost) || node.is_rare() {
        return;
    }
    let what = node.text();
    let mut finding = cx.finding(
        node.span(),
        format!("`{what}` gives the same answer in every iteration; call it once before the loop"),
    );
    finding.suggestion = format!("keep the answer of `{what}` in a name before the loop");
    finding.label = "the same call with the same arguments each time".into();
    finding.confidence = confidence;
    finding.related = related_loops(&loops);
    let name = object.size_name();
    let trips = Monomial::of_loops(loops.iter().copied());
    let mut cost = node.scan_cost(object, &loops);
    cost.before = big_o(&[trips.clone().times(name.clone())]);
    cost.after = big_o(&[trips, Monomial::of(name)]);
    cost.shape = shape(node, outermost);
    finding.cost = Some(Cost::Code(cost));
    let fix = fix(node, outermost);
    cx.report(Finding { fix, ..finding });
}

/// Functions of a text, and texts are short.
fn is_about_text(node: Node<'_>) -> bool {
    const ABOUT_TEXT: [&str; 10] = [
        "re.escape", "shlex.quote", "html.escape", "django.utils.encoding.force_str", "os.fsencode", "os.fsdecode",
        "urllib.parse.quote", "urllib.parse.quote_plus", "urllib.parse.urljoin", "urllib.parse.unquote",
    ];
    node.qualified_name().is_some_and(|name| ABOUT_TEXT.contains(&name.as_str()))
}

/// The call that works on the result of a call: its method's, or its argument's.
fn around(parent: Node<'_>) -> Option<Node<'_>> {
    match parent.kind() {
        Kind::Call => Some(parent),
        Kind::Attribute => parent.parent().filter(|call| call.method().is_some()),
        _ => None,
    }
}

/// A call that depends on nothing but the variable of an inner loop, so that the outer loop repeats it for each element.
fn once_per_element<'d>(node: Node<'d>, object: Node<'d>, cx: &mut Cx<'d, Python>) {
    let loops = node.loops();
    let Some((&inner, outer)) = loops.split_first() else { return };
    let Some(iterable) = inner.iterable() else { return };
    // Functions of numbers take arrays too, and are quick for one number.
    let is_of_numbers = ["numpy.", "math.", "cmath.", "torch."].iter().any(|module| {
        node.qualified_name().is_some_and(|name| name.starts_with(module))
    });
    let on_text = node.method().is_some_and(|(receiver, _)| matches!(receiver.ty().without_none(), Type::Pattern(_)));
    if on_text || is_of_numbers && object.ty() != Type::Array {
        return;
    }
    if inner.is_bounded() || iterable.ty().is_one_shot() || node.multiplicity(inner) != Multiplicity::Repeated {
        return;
    }
    let mut confidence = Confidence::Likely;
    let mut repeating = Vec::new();
    for each in outer.iter().copied() {
        let (Ok(same), Ok(sure)) = (iterable.invariant(each), node.invariant_but_for(inner, each)) else { break };
        if node.multiplicity(each) != Multiplicity::Repeated {
            break;
        }
        if !each.is_bounded() {
            confidence = confidence.min(same).min(sure);
            repeating.push(each);
        }
    }
    let Some(&outermost) = repeating.last() else { return };
    if object.extent().is_bounded() || is_kept(node, outermost) {
        return;
    }
    let (what, all) = (node.text(), iterable.text());
    let mut finding = cx.finding(
        node.span(),
        format!("`{what}` depends on nothing but the element of `{all}` and is called again for it in every iteration of the outer loop; call it once per element before"),
    );
    finding.suggestion = format!("go through `{all}` once before the outer loop and keep the answers");
    finding.label = "the same call for the same element each time".into();
    finding.confidence = confidence;
    finding.related = related_loops(&repeating);
    let (trips, elements) = (Monomial::of_loops(repeating.iter().copied()), Monomial::of(iterable.size_name()));
    let mut cost = node.scan_cost(iterable, &repeating);
    cost.before = format!("{} calls", big_o(&[trips.times(iterable.size_name())]));
    cost.after = format!("{} calls", big_o(&[elements]));
    cost.shape = "parse";
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

/// Whether the call opens a file or reads one by its path, or lists a folder.
fn opens_or_reads(node: Node<'_>) -> bool {
    let sink = node.fact().and_then(|fact| fact.sink);
    matches!(sink, Some(Sink::Open | Sink::FileRead)) && node.file().is_some() || node.listed().is_some()
}

/// One file read, or opened for more at its end, in every iteration.
fn same_file<'d>(node: Node<'d>, cx: &mut Cx<'d, Python>) {
    let appends = node.argument(1, "mode").and_then(Node::constant_str).is_some_and(|mode| mode.starts_with('a'));
    let all = node.loops();
    // The loop that gives one file after the other; the loops around it come to the same files again.
    let given = all.first().copied().filter(|inner| !appends && !node.rereads(*inner));
    let around = &all[usize::from(given.is_some())..];
    let elements_stay = |each: &Loop<'d>| {
        given.is_none_or(|inner| {
            let files = inner.iterable().filter(|files| !files.ty().is_one_shot() && !inner.is_bounded());
            node.multiplicity(inner) == Multiplicity::Repeated && files.is_some_and(|files| files.invariant(*each).is_ok())
        })
    };
    let same = |each: &Loop<'d>| {
        let is_same_place = || {
            let is_for = matches!(each.kind(), LoopKind::For | LoopKind::Clause) && !each.retries_or_waits();
            is_for && node.file().is_some_and(|file| file.invariant(*each).is_ok())
        };
        if appends { is_same_place() && !waits(*each) } else { node.rereads_but_for(given, *each) }
    };
    let repeated = |each: &Loop<'d>| node.multiplicity(*each) == Multiplicity::Repeated;
    let loops: Vec<Loop<'d>> = around
        .iter()
        .copied()
        .take_while(|each| same(each) && repeated(each) && elements_stay(each))
        .filter(|each| !each.is_bounded())
        .collect();
    if loops.is_empty() || node.is_in_test() || node.role().role == Role::Returns {
        return;
    }
    let what = node.text();
    let (does, again) = match node.listed() {
        Some(_) => ("lists the same folder", "the same folder each time"),
        None => ("opens the same file", "the same file each time"),
    };
    let advice = match (appends, node.listed(), given) {
        (true, ..) => "open it once around the loop".to_owned(),
        (_, None, None) => "read it once before the loop".to_owned(),
        (_, Some(_), None) => "list it once before the loop".to_owned(),
        (_, listed, Some(inner)) => {
            let files = inner.iterable().map_or("them".into(), Node::text);
            let read = if listed.is_some() { "list" } else { "read" };
            format!("{read} each of `{files}` once before the outer loop")
        }
    };
    let mut finding = cx.finding(node.span(), format!("`{what}` {does} in every iteration{}; {advice}", if given.is_some() { " of the outer loop" } else { "" }));
    finding.suggestion = advice;
    finding.label = again.into();
    finding.confidence = Confidence::Likely;
    finding.related = related_loops(&loops);
    let mut cost = node.cost_in_trips(&loops, "opened files");
    cost.shape = "file";
    finding.cost = Some(Cost::Code(cost));
    cx.report(finding);
}

/// Whether the loop waits for something while the file is not open.
fn waits(around: Loop<'_>) -> bool {
    around.whole().subtree().any(|part| {
        matches!(part.kind(), Kind::Await | Kind::Yield)
            || part.fact().is_some_and(|fact| matches!(fact.sink, Some(Sink::Sleep | Sink::Request | Sink::Process)))
    })
}

/// The argument or receiver that the call goes through completely; none for calls that are cheap or not known.
fn worked_through(node: Node<'_>) -> Option<Node<'_>> {
    let fact = node.fact()?;
    // Joining goes through all parts, not through the text between them.
    if let Some((receiver, "join")) = node.method()
        && matches!(receiver.ty().without_none(), Type::Str | Type::Bytes)
    {
        // What only some turns join, or what somebody is asked, is mostly a few words of a message.
        let is_message = |around: Loop<'_>| around.kind() == LoopKind::While || node.is_conditional_in(around);
        if node.innermost_loop().is_some_and(is_message) {
            return None;
        }
        return node.argument(0, "").filter(|parts| !parts.drains());
    }
    // What is lazy has done nothing yet; texts are short, and making one of a value is cheap.
    let is_cheap = fact.lazy
        || node.argument(0, "").is_some_and(|first| first.ty().is_number())
        || node.ty().is_one_shot()
        || node.builtin().is_some_and(|name| CHEAP.contains(&name))
        || node.method().is_some_and(|(receiver, _)| matches!(receiver.ty().without_none(), Type::Str | Type::Bytes));
    let compares_a_few = matches!(node.builtin(), Some("min" | "max")) && node.argument(1, "").is_some();
    if is_cheap || compares_a_few || is_about_text(node) || node.drains() {
        return None;
    }
    let slot = match fact.work {
        Work::Linear(slot) | Work::NLogN(slot) => slot,
        Work::LinearAll => Slot::Argument(0),
        Work::Constant | Work::Log(_) | Work::UpTo(_) => return None,
    };
    let through = match slot {
        Slot::Receiver => node.method().map(|(receiver, _)| receiver),
        Slot::Argument(at) => node.argument(usize::from(at), ""),
        _ => None,
    };
    through.filter(|object| !is_scalar(node, *object) && !changes_inside(node, *object))
}

/// Functions of numpy that take a number as readily as an array.
const BY_ELEMENT: [&str; 22] = [
    "abs", "absolute", "ceil", "conj", "cos", "deg2rad", "exp", "floor", "isfinite", "isinf", "isnan", "log", "log10",
    "log2", "maximum", "minimum", "rint", "round", "sign", "sin", "sqrt", "tan",
];

/// Whether the call works on one number, or on an array of a written size.
fn is_scalar<'d>(node: Node<'d>, object: Node<'d>) -> bool {
    let by_element = node
        .qualified_name()
        .is_some_and(|name| name.strip_prefix("numpy.").is_some_and(|name| BY_ELEMENT.contains(&name)));
    let may_be_number = by_element && !matches!(object.ty(), Type::Array | Type::List(_) | Type::Series | Type::Frame);
    let is_written = |value: Node<'d>| value.constant_int().is_some_and(|n| n <= 64);
    let made_small = object.qualified_name().is_some_and(|name| name.starts_with("numpy."))
        && object.kind() == Kind::Call
        && object.argument(0, "shape").is_some_and(is_written);
    may_be_number || made_small || object.constant_int().is_some()
}

/// What a deep copy copies may be changed through any part of it that the loop holds.
fn changes_inside<'d>(node: Node<'d>, object: Node<'d>) -> bool {
    if !node.is_qualified("copy.deepcopy") {
        return false;
    }
    let (Some(symbol), Some(around)) = (object.root().symbol(), node.all_loops().last()) else { return true };
    symbol.uses().any(|place| around.repeats(place) && !node.contains(place))
}

/// Whether the call stands in the header of a loop: what the loop goes through.
fn heads_a_loop(node: Node<'_>) -> bool {
    node.role().role == Role::Iterates
}

fn repeats<'d>(node: Node<'d>, confidence: &mut Confidence) -> Vec<Loop<'d>> {
    let mut loops = Vec::new();
    for each in node.loops() {
        if each.sleeps() {
            break;
        }
        let Ok(sure) = node.invariant(each) else { break };
        if node.multiplicity(each) != Multiplicity::Repeated || each.sleeps() {
            break;
        }
        if !each.is_bounded() {
            *confidence = sure.min(*confidence);
            loops.push(each);
        }
    }
    loops
}

/// Whether each iteration wants an object of its own, because it changes, keeps or hands it out.
fn is_kept<'d>(node: Node<'d>, around: Loop<'d>) -> bool {
    let fresh = node.fact().is_some_and(|fact| fact.effect == Effect::Fresh);
    // A copy that stands in for what is not there is made to be another one's own: `known.get(name, copy(usual))`.
    let is_copy = node.is_qualified("copy.copy") || node.is_qualified("copy.deepcopy");
    let stands_in = || node.parent().and_then(Node::method).is_some_and(|(_, name)| matches!(name, "get" | "setdefault" | "pop"));
    if is_copy && stands_in() {
        return true;
    }
    if !fresh && node.ty().is_mutable() == Proof::No {
        return false;
    }
    node.is_kept_in(around)
}

fn shape<'d>(node: Node<'d>, outermost: Loop<'d>) -> &'static str {
    if heads_a_loop(node) {
        "inner-header"
    } else if outermost.is_clause() {
        "comprehension"
    } else if node.builtin().is_some() {
        "1"
    } else {
        "parse"
    }
}

/// A name before the loop for the answer.
fn fix<'d>(node: Node<'d>, around: Loop<'d>) -> Option<Fix> {
    if node.source().contains('\n') || node.source().len() > 60 || !node.can_go_before(around) {
        return None;
    }
    let words: Vec<&str> = node
        .source()
        .split(|character: char| !character.is_ascii_alphanumeric() && character != '_')
        .filter(|word| !word.is_empty())
        .collect();
    let base = words.join("_").to_lowercase();
    if base.len() > 40 || base.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let name = node.document().fresh_name(&base);
    let before = around.whole().statement().line_before(&format!("{name} = {}", node.source()))?;
    let edits = vec![before, node.replace(name)];
    let may_change = node.subtree().any(|part| part.kind() == Kind::Name && !part.is_left_alone_in(around));
    let may_run_out = worked_through(node).is_none_or(|object| object.ty().is_sized() != Proof::Yes);
    let mut unproven = vec!["the call may raise where the loop would not run, or another name may change what it looks at"];
    if may_run_out {
        unproven.push("what the call goes through may be an iterator, which gives its items once");
    }
    if may_change {
        unproven.push("something else in the loop may change what the call looks at");
    }
    let safety = match node.hinges_on(around, &[node]) {
        Some(_) => Safety::Guidance,
        None => Safety::Unsafe(unproven.join("; ")),
    };
    Some(Fix { title: "Call it once before the loop".into(), edits, safety })
}
