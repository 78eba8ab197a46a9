//! How dear it is to ask a call, by its name, its arguments and the tables.
//!
//! Knows words of names that read fields, compute, draw by chance or look up settings. Does not know what a callee is seen
//! to do: that is for `answers`.

use ruff_python_ast::{self as ast, AnyNodeRef, Expr};

use crate::effects::Role;
use crate::few;
use crate::kind::Kind;
use crate::node::Node;
use crate::types::Type;

/// Methods and functions that are quick whatever they are asked: views, fields, words, and names of a column or a value in
/// a query.
pub(crate) const QUICK: [&str; 45] = [
    "col",
    "lit",
    "literal",
    "isdefined",
    "text_type",
    "binary_type",
    "data",
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
pub(crate) const OF_TEXT: [&str; 11] = [
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
pub(crate) const DEAR: [&str; 13] = [
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
pub(crate) const COMPUTES: [&str; 36] = [
    "abspath",
    "realpath",
    "descendants",
    "toarray",
    "todense",
    "hexdigest",
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
pub(crate) const COUNTS: [&str; 16] = [
    "num", "n", "max", "min", "current", "default", "count", "len", "size", "length", "index",
    "width", "type", "name", "id", "key",
];

/// Last words of names that hand out what is kept: `get_build_dir()`.
pub(crate) const FIELDS: [&str; 16] = [
    "class",
    "dir",
    "directory",
    "encoding",
    "folder",
    "format",
    "kind",
    "label",
    "mode",
    "owner",
    "parent",
    "path",
    "prefix",
    "root",
    "url",
    "version",
];

/// What settings are called: `get_option("timeout")`.
pub(crate) const SETTINGS: [&str; 8] = [
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
pub(crate) const DRAWS: [&str; 8] = [
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
pub(crate) const LOOKS_UP: [&str; 6] = ["should", "can", "list", "count", "compute", "calc"];

impl<'d> Node<'d> {
    pub(crate) fn is_dear_by_table(self) -> bool {
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
    pub fn draws(self, name: &str) -> bool {
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
    pub(crate) fn is_quick(self, call: &'d ast::ExprCall, name: &str) -> bool {
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
        // A constant of the program names a setting as its text would.
        let is_fixed = |each: &Expr| {
            is_literal(each) || matches!(each, Expr::Name(name) if few::is_constant(&name.id))
        };
        let all_fixed = call
            .arguments
            .iter_source_order()
            .all(|each| is_fixed(each.value()));
        if all_fixed
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
            || gets && words.last().is_some_and(|word| is(&FIELDS, word))
    }
}

/// The words of a name, in lower case: `get_style`, `getStyle`.
pub(crate) fn words(name: &str) -> Vec<String> {
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
