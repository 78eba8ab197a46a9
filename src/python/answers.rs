//! Calls of code that is not seen, or seen only in part, which most likely answer the same when asked the same.
//!
//! Knows names that read, what a callee of the module is seen to do, callees that remember their answers, and how dear an
//! answer is: one that only hands out a field is not worth keeping. Proves nothing. Does not know which loops ask.

use ruff_python_ast::{self as ast, AnyNodeRef, Expr, ExprContext};

use crate::effects::Role;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;
use crate::tables::{self, Guess, Work};
use crate::types::Type;

/// Methods that are quick whatever they are asked: views, fields, and words.
const QUICK: [&str; 38] = [
    "reshape",
    "ravel",
    "view",
    "transpose",
    "value",
    "getChild",
    "child",
    "in_",
    "isnot",
    "precedence",
    "keys",
    "get",
    "values",
    "items",
    "edges",
    "nodes",
    "strip",
    "lstrip",
    "rstrip",
    "format",
    "size",
    "title",
    "as_posix",
    "name",
    "tolist",
    "cpu",
    "float",
    "group",
    "groups",
    "short",
    "device",
    "shape",
    "has",
    "startswith",
    "endswith",
    "count",
    "isdigit",
    "isalpha",
];

/// Methods of texts that go through them and make new ones.
const OF_TEXT: [&str; 11] = [
    "lower",
    "upper",
    "casefold",
    "replace",
    "split",
    "rsplit",
    "splitlines",
    "translate",
    "encode",
    "decode",
    "swapcase",
];

/// Functions of the library that cost far more than a call: they ask the system, or take a text apart.
const DEAR: [&str; 13] = [
    "os.path.abspath",
    "os.path.realpath",
    "os.path.normpath",
    "os.path.expanduser",
    "os.path.relpath",
    "os.getcwd",
    "pathlib.Path.cwd",
    "pathlib.Path.home",
    "pathlib.Path.resolve",
    "pathlib.Path.absolute",
    "pathlib.Path.expanduser",
    "datetime.datetime.timestamp",
    "datetime.datetime.astimezone",
];

/// Words of names that compute, though nothing is passed.
const COMPUTES: [&str; 30] = [
    "conjugate",
    "inverse",
    "inverted",
    "inv",
    "expand",
    "simplify",
    "evalf",
    "doit",
    "normalize",
    "normalized",
    "norm",
    "determinant",
    "det",
    "timestamp",
    "isoformat",
    "mro",
    "resolve",
    "serialize",
    "urlencode",
    "numpy",
    "compute",
    "diff",
    "derivative",
    "flatten",
    "flattened",
    "ancestors",
    "json",
    "absolute",
    "message",
    "diagonal",
];

/// Words of names that hand out a number which is kept.
const COUNTS: [&str; 16] = [
    "num", "n", "max", "min", "current", "default", "count", "len", "size", "length", "index",
    "width", "type", "name", "id", "key",
];

/// What settings are called: `get_option("timeout")`.
const SETTINGS: [&str; 8] = [
    "option",
    "options",
    "config",
    "setting",
    "param",
    "parameter",
    "property",
    "attribute",
];

/// What draws by chance, by the last word of what it is called on.
const DRAWS: [&str; 8] = [
    "rng",
    "random",
    "prng",
    "seed",
    "rand",
    "rnd",
    "generator",
    "random_state",
];

/// First words of functions that look something up, though nothing is passed.
const LOOKS_UP: [&str; 6] = ["should", "can", "list", "count", "compute", "calc"];

impl<'d> Node<'d> {
    /// Whether the call most likely gives the same whenever it is asked the same, does nothing else, and costs more than
    /// to read a field.
    pub fn answers_dearly(self) -> bool {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return false;
        };
        let Some(name) = self.called_name() else {
            return false;
        };
        // Names first: they cost nothing to ask.
        let may_be_dear = DEAR.iter().any(|dear| dear.ends_with(name));
        let may_answer = !QUICK.contains(&name) && tables::answers(name);
        if !(OF_TEXT.contains(&name) || may_be_dear || may_answer) || self.builtin().is_some() {
            return false;
        }
        if self.fact().is_some() || self.is_of_text() {
            return self.is_of_text() || self.is_dear_by_table();
        }
        may_answer
            && !self.is_quick(call, name)
            && !self.draws(name)
            && !self.is_seen_to_act()
            && !self.is_short_callee()
    }

    /// Whether it makes a new text of a whole text: `line.replace(..)`, `name.lower()`.
    pub fn is_of_text(self) -> bool {
        let Some((receiver, name)) = self.method() else {
            return false;
        };
        OF_TEXT.contains(&name)
            && receiver.kind() != Kind::Literal
            && match receiver.ty().without_none() {
                Type::Str | Type::Bytes => true,
                Type::Unknown => {
                    tables::reads_by_name(name) || matches!(name, "replace" | "translate")
                }
                _ => false,
            }
    }

    /// The name of what is called: of the method, the function, or the entry of a table of functions.
    pub fn called_name(self) -> Option<&'d str> {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return None;
        };
        match &*call.func {
            Expr::Name(_) => Some(self.at(&*call.func).source()),
            Expr::Attribute(each) => Some(each.attr.as_str()),
            // `modules["pkg.list_all"](..)`
            Expr::Subscript(each) => {
                let key = self.at(&*each.slice).constant_str()?;
                key.contains('.').then(|| key.rsplit('.').next())?
            }
            _ => None,
        }
    }

    /// Whether what the call is asked, and what it looks at, stays the same within `around`.
    pub fn is_asked_the_same(self, around: Loop<'d>) -> bool {
        let AnyNodeRef::ExprCall(call) = self.ast() else {
            return false;
        };
        let same = |value: Node<'d>| value.invariant(around).is_ok();
        let receiver_stays = match self.method() {
            None => same(self.at(&*call.func)),
            Some((receiver, _)) => {
                same(receiver)
                    || self.reads_what_stays(receiver, around)
                    || receiver.is_only_asked(around)
            }
        };
        receiver_stays
            && call
                .arguments
                .iter_source_order()
                .all(|each| same(self.at(each.value())))
    }

    /// Whether the loop does nothing with what a name or attribute holds but to call methods that answer by their names.
    fn is_only_asked(self, around: Loop<'d>) -> bool {
        let Some(symbol) = self.root().symbol() else {
            return false;
        };
        let is_chain = matches!(self.kind(), Kind::Name | Kind::Attribute);
        let is_plain = || {
            self.subtree()
                .all(|part| matches!(part.kind(), Kind::Name | Kind::Attribute))
        };
        let answers = |place: Node<'d>| {
            let mut above = place;
            while let Some(parent) = above
                .parent()
                .filter(|parent| parent.kind() == Kind::Attribute)
            {
                above = parent;
            }
            above
                .parent()
                .and_then(Node::method)
                .is_some_and(|(_, name)| tables::answers(name))
        };
        is_chain
            && is_plain()
            && self.identity_change(around).is_none()
            && !symbol.is_captured()
            && symbol
                .changes_in(around.whole())
                .all(|(place, found)| found.role == Role::Escapes && answers(place))
    }

    /// Whether nothing in the loop changes what an own method reads of its receiver, though other methods change other
    /// things of it.
    fn reads_what_stays(self, receiver: Node<'d>, around: Loop<'d>) -> bool {
        let Some(summary) = self.summary() else {
            return false;
        };
        let Some(root) = receiver.symbol().filter(|_| receiver.kind() == Kind::Name) else {
            return false;
        };
        !summary.reads.is_empty()
            && receiver.identity_change(around).is_none()
            && summary
                .reads
                .iter()
                .all(|name| !self.sees_change_of(name, root, around))
    }

    /// Whether each iteration of `around` wants an object of its own, because it changes, keeps or hands out what the
    /// call gives.
    pub fn is_kept_in(self, around: Loop<'d>) -> bool {
        let role = self.role().role;
        if role != Role::Aliases {
            return role.may_change();
        }
        let statement = self.statement();
        let AnyNodeRef::StmtAssign(assign) = statement.ast() else {
            return true;
        };
        let [target] = assign.targets.as_slice() else {
            return true;
        };
        let Some(symbol) = statement
            .at(target)
            .symbol()
            .filter(|_| statement.at(&*assign.value) == self)
        else {
            return true;
        };
        symbol.is_captured() || symbol.changes_in(around.node()).next().is_some()
    }

    /// Whether the callee is of the module and seen to do more than answer: it changes what it is given, waits, gives its
    /// items one by one, or changes its object for more than to remember the answer.
    fn is_seen_to_act(self) -> bool {
        let Some(summary) = self.summary() else {
            return false;
        };
        // What sets names of functions around it moves on: a reader of the next portion.
        let sets_others = |part: Node<'d>| {
            matches!(
                part.ast(),
                AnyNodeRef::StmtGlobal(_) | AnyNodeRef::StmtNonlocal(_)
            )
        };
        if self
            .callee()
            .is_some_and(|callee| callee.subtree().any(sets_others))
        {
            return true;
        }
        let remembers = || self.callee().is_some_and(Node::only_remembers);
        let changes_given = self.callee().is_some_and(Node::changes_what_it_is_given);
        let changes_own = !summary.writes.is_empty();
        changes_given || summary.asynchronous || summary.generator || changes_own && !remembers()
    }

    /// Whether a function itself changes the object of one of its parameters.
    fn changes_what_it_is_given(self) -> bool {
        let is_method = self.parent_class().is_some();
        self.children()
            .filter(|child| child.kind() == Kind::Parameter)
            .skip(usize::from(is_method))
            .filter_map(Node::symbol)
            .any(|symbol| {
                symbol
                    .uses()
                    .any(|each| matches!(each.role().role, Role::Mutates | Role::Stores))
            })
    }

    /// Whether a method changes its object only where it has no answer yet: each change stands under a condition.
    fn only_remembers(self) -> bool {
        if self.parent_class().is_none() {
            return false;
        }
        let is_conditional = |place: Node<'d>| {
            place
                .ancestors()
                .take_while(|above| *above != self)
                .any(|above| matches!(above.kind(), Kind::If | Kind::Arm | Kind::Except))
        };
        let changes = |place: Node<'d>| match place.ast() {
            AnyNodeRef::ExprAttribute(each) => {
                let is_own = place.root().source() == "self";
                is_own
                    && (each.ctx != ExprContext::Load
                        || matches!(place.role().role, Role::Mutates | Role::Stores))
            }
            AnyNodeRef::ExprCall(_) => {
                let is_own = place
                    .method()
                    .is_some_and(|(receiver, _)| receiver.source() == "self");
                is_own
                    && place.callee() != Some(self)
                    && place
                        .summary()
                        .is_some_and(|known| !known.writes.is_empty())
            }
            _ => false,
        };
        let mut gives = false;
        let all = self.subtree().all(|place| {
            gives |= matches!(place.ast(), AnyNodeRef::StmtReturn(each) if each.value.is_some());
            !changes(place) || is_conditional(place)
        });
        all && gives
    }

    fn is_dear_by_table(self) -> bool {
        let by_name = self.qualified_name().is_some_and(|name| {
            let name = name
                .replace("posixpath.", "os.path.")
                .replace("ntpath.", "os.path.");
            DEAR.contains(&name.as_str())
        });
        if by_name {
            return true;
        }
        let Some((receiver, name)) = self.method() else {
            return false;
        };
        let class = match receiver.ty().without_none() {
            Type::Path => "pathlib.Path",
            Type::Object(class) if &*class == "datetime.datetime" => "datetime.datetime",
            _ => return false,
        };
        DEAR.iter().any(|dear| {
            dear.strip_prefix(class)
                .is_some_and(|rest| rest.strip_prefix('.') == Some(name))
        })
    }

    /// Whether it draws by chance: `rng.uniform(0, 1)`.
    fn draws(self, name: &str) -> bool {
        let by_receiver = self.method().is_some_and(|(receiver, _)| {
            let last = receiver
                .source()
                .rsplit('.')
                .next()
                .unwrap_or_default()
                .to_lowercase();
            DRAWS.iter().any(|word| last.ends_with(word))
        });
        let is_chance = |each: &Expr| {
            let last = self
                .at(each)
                .source()
                .rsplit('.')
                .next()
                .unwrap_or_default()
                .to_lowercase();
            DRAWS.contains(&last.as_str())
        };
        let by_argument = matches!(self.ast(), AnyNodeRef::ExprCall(call) if call.arguments.iter_source_order().any(|each| is_chance(each.value())));
        by_receiver
            || by_argument
            || name.starts_with("rng_")
            || matches!(
                name,
                "uniform" | "normal" | "gauss" | "integers" | "poisson"
            )
    }

    /// Whether the name or the arguments say that there is nothing to gain.
    fn is_quick(self, call: &'d ast::ExprCall, name: &str) -> bool {
        // `get_figure(root=False)` is asked for nothing, too.
        let is_flag = |each: &Expr| each.is_boolean_literal_expr() || each.is_none_literal_expr();
        let is_asked_nothing = call
            .arguments
            .iter_source_order()
            .all(|each| is_flag(each.value()));
        let asks = matches!(self.role().role, Role::Iterates | Role::Contains);
        let words = words(name);
        // What is cached is cheap to ask for, and so are a number and a name.
        let is_cheap_word = |word: &String| matches!(word.as_str(), "is" | "has" | "num" | "n");
        let is_cheap_end =
            |word: &String| matches!(word.as_str(), "cached" | "name" | "shape" | "device");
        if words.first().is_some_and(is_cheap_word)
            || words.last().is_some_and(is_cheap_end) && !asks
        {
            return true;
        }
        let is_literal = |each: &Expr| each.is_literal_expr();
        let all_literal = call
            .arguments
            .iter_source_order()
            .all(|each| is_literal(each.value()));
        if all_literal
            && words
                .last()
                .is_some_and(|word| SETTINGS.contains(&word.as_str()))
        {
            return true;
        }
        // `matrix.col(-1)` picks one.
        let picks = match &*call.arguments.args {
            [one] => self.at(one).constant_int().is_some() && call.arguments.keywords.is_empty(),
            _ => false,
        };
        let converts = words
            .first()
            .is_some_and(|word| matches!(word.as_str(), "convert" | "to" | "compute"));
        if picks && !converts && !asks && self.free_receiver().is_some() {
            return true;
        }
        let Some((receiver, _)) = self.free_receiver() else {
            // A function of another module, asked nothing that varies, is a constant of the program.
            let looks_up = words.len() > 1 && (asks || LOOKS_UP.contains(&words[0].as_str()));
            return all_literal && !looks_up;
        };
        let last = receiver.source().rsplit('.').next().unwrap_or_default();
        // What a class says of itself, asked for nothing, is a constant.
        let is_of_class = last.starts_with(char::is_uppercase);
        is_asked_nothing && (is_of_class || !asks && self.hands_out_a_field(&words))
    }

    /// The receiver of a method; none for functions, those of modules among them.
    fn free_receiver(self) -> Option<(Node<'d>, &'d str)> {
        self.method()
            .filter(|(receiver, _)| !matches!(receiver.ty(), Type::Module(_) | Type::Library(_)))
    }

    /// Whether a method that is passed nothing by its name hands out what it keeps: `node.label()`, `get_style()`,
    /// `get_paths()[0]`.
    fn hands_out_a_field(self, words: &[String]) -> bool {
        let is = |list: &[&str], word: &String| list.contains(&word.as_str());
        if words.iter().any(|word| is(&COMPUTES, word)) {
            return false;
        }
        let gets = words.first().is_some_and(|word| word == "get");
        let words = &words[usize::from(gets)..];
        let is_looked_into = self
            .parent()
            .is_some_and(|parent| matches!(parent.kind(), Kind::Subscript | Kind::Attribute));
        words.len() < 2
            || gets && is_looked_into
            || words.first().is_some_and(|word| is(&COUNTS, word))
            || words.last().is_some_and(|word| is(&COUNTS, word))
    }

    /// Whether the callee is of the module and does next to nothing: no loop, no call but of quick builtins.
    fn is_short_callee(self) -> bool {
        let Some(AnyNodeRef::StmtFunctionDef(each)) = self.callee().map(Node::ast) else {
            return false;
        };
        let Some(callee) = self.callee() else {
            return false;
        };
        each.body.len() <= 4
            && callee.subtree().all(|part| match part.kind() {
                Kind::Call => {
                    let is_quick = matches!(
                        part.called_name(),
                        Some("isinstance" | "len" | "str" | "getattr" | "cast")
                    );
                    is_quick
                        || part.is_of_text()
                        || part
                            .fact()
                            .is_some_and(|fact| fact.work == Work::Constant && fact.is_pure())
                }
                Kind::For
                | Kind::While
                | Kind::Comprehension
                | Kind::With
                | Kind::Try
                | Kind::Yield
                | Kind::Await => false,
                _ => true,
            })
    }

    /// Whether what is called on the answer changes or sends it: then each turn wants an answer of its own.
    pub fn is_acted_on(self) -> bool {
        let Some(next) = self.parent().and_then(Node::parent) else {
            return false;
        };
        let Some((receiver, name)) = next.method() else {
            return false;
        };
        let acts = matches!(tables::guess(name), Guess::Mutates | Guess::Outside)
            || words(name).first().is_some_and(|word| {
                matches!(word.as_str(), "add" | "set" | "copy" | "execute" | "send")
            });
        receiver == self && acts
    }
}

/// The words of a name, in lower case: `get_style`, `getStyle`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_open = false;
    for letter in name.chars() {
        if letter == '_' {
            is_open = false;
            continue;
        }
        if !is_open || letter.is_uppercase() && words.last().is_some_and(|word| word.len() > 1) {
            words.push(String::new());
        }
        is_open = true;
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
    }
    words
}
