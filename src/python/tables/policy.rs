//! What a method may do of which only the name is known.
//!
//! The stated policy for receivers of unknown type. Whatever rests on it is evidence, never proof: the rules may use
//! it only for findings of lower confidence. Names not listed may do anything.

/// What a method of unknown receiver probably does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guess {
    /// Reads the receiver and leaves it as it is.
    Reads,
    /// Changes the receiver.
    Mutates,
    /// Reaches outside the process.
    Outside,
    /// Anything.
    Anything,
}

/// What a method called `name` probably does.
///
/// A name says it by its first word (`get_total`, `is_ready`) or as a whole (`append`). Leading underscores are
/// passed over; a dunder may do anything but the few that only read.
pub fn guess(name: &str) -> Guess {
    if name.starts_with("__") {
        let reads = [
            "__len__",
            "__contains__",
            "__getitem__",
            "__eq__",
            "__hash__",
            "__str__",
            "__repr__",
        ];
        return if reads.contains(&name) {
            Guess::Reads
        } else {
            Guess::Anything
        };
    }
    let name = name.trim_start_matches('_');
    let first = name.split('_').next().unwrap_or(name);
    if OUTSIDE.contains(&name) || OUTSIDE_FIRST.contains(&first) {
        Guess::Outside
    } else if MUTATES.contains(&name) || MUTATES_FIRST.contains(&first) {
        Guess::Mutates
    } else if READS.contains(&name) || READS_FIRST.contains(&first) {
        Guess::Reads
    } else {
        Guess::Anything
    }
}

/// Whether what is called `name` probably gives the same answer whenever it is asked the same, and does nothing else.
///
/// True for names that read by [`guess`], for conversions (`radians_to_degrees`), and for words that are not known to
/// make, draw, parse on, wait or act: `conjugate`, `velocity`. Classes (`Point`) make something new.
pub fn answers(name: &str) -> bool {
    let bare = name.trim_start_matches('_');
    let first = bare.split('_').next().unwrap_or(bare);
    let is_class = bare.starts_with(char::is_uppercase);
    let is_drawn = bare.to_ascii_lowercase().contains("random");
    let is_lazy = LAZY.contains(&bare) || first.starts_with("iter");
    if bare.len() < 3 || name.starts_with("__") || is_class || is_drawn || is_lazy {
        return false;
    }
    // What is turned into what, `text_to_id`, is the same whenever it is turned.
    let converts = bare.contains("_to_") && !ACTS.contains(&first) && !GOES.contains(&first);
    match guess(name) {
        Guess::Reads | Guess::Anything if converts => true,
        Guess::Reads => !bare.split('_').any(|word| TURNS.contains(&word)),
        Guess::Mutates | Guess::Outside => false,
        Guess::Anything => {
            !bare
                .split('_')
                .any(|word| TURNS.contains(&word) || ACTS.contains(&word))
                && first != "test"
        }
    }
}

/// Functions that give their items one by one, at no cost before; `range` may come from a library for two Pythons.
const LAZY: &[&str] = &[
    "range",
    "xrange",
    "izip",
    "imap",
    "ifilter",
    "pairwise",
    "chain",
    "islice",
    "takewhile",
    "dropwhile",
    "combinations",
    "permutations",
    "product",
    "cycle",
    "repeat",
    "batched",
    "windowed",
    "chunked",
    "grouper",
    "peekable",
    "tqdm",
    "track",
];

/// What goes to a place, or hands out what it keeps, and turns nothing into another thing: `jump_to_line`,
/// `get_index_to_token`.
const GOES: &[&str] = &[
    "get", "go", "jump", "move", "switch", "scroll", "seek", "step", "return", "back", "fall",
    "forward", "route", "reply", "respond", "talk", "link", "apply", "push", "next", "new",
];

/// Words of what gives something else each time.
const TURNS: &[&str] = &[
    "next",
    "random",
    "rand",
    "randint",
    "uuid",
    "uuid4",
    "uid",
    "unique",
    "fresh",
    "now",
    "today",
    "time",
    "clock",
    "elapsed",
    "seconds",
    "counter",
    "token",
    "nowait",
    "event",
    "message",
    "line",
    "char",
    "byte",
    "bytes",
    "chunk",
    "input",
    "new",
    "nonce",
    "id",
    "seed",
    "sample",
    "choice",
    "noise",
    "tick",
    "progress",
    "status",
    "state",
    "session",
    "clientsession",
    "connection",
    "cursor",
    "permutation",
    "copy",
    "using",
    "logger",
    "zeros",
    "ones",
    "empty",
    "eye",
];

/// Words of what does something.
const ACTS: &[&str] = &[
    "make",
    "create",
    "build",
    "start",
    "stop",
    "open",
    "begin",
    "end",
    "do",
    "process",
    "handle",
    "log",
    "print",
    "debug",
    "info",
    "warn",
    "warning",
    "error",
    "exception",
    "critical",
    "report",
    "try",
    "visit",
    "ask",
    "prompt",
    "choose",
    "pick",
    "draw",
    "generate",
    "gen",
    "roll",
    "shuffle",
    "mock",
    "factory",
    "spawn",
    "submit",
    "schedule",
    "dispatch",
    "call",
    "invoke",
    "exec",
    "eval",
    "peek",
    "accept",
    "expect",
    "eat",
    "skip",
    "match",
    "check",
    "ensure",
    "require",
    "assert",
    "raise",
    "poll",
    "on",
    "notify",
    "publish",
    "subscribe",
    "bind",
    "attach",
    "lock",
    "acquire",
    "release",
    "enter",
    "exit",
    "load",
    "dump",
    "install",
    "setup",
    "teardown",
    "configure",
    "parse",
    "scan",
    "receive",
    "sync",
    "refresh",
    "reload",
    "retry",
    "connect",
    "disconnect",
    "yield",
    "iter",
    "walk",
    "traverse",
    "take",
    "consume",
    "drain",
    "clone",
    "copy",
    "dup",
    "param",
    "symbols",
    "var",
    "patch",
    "fixture",
    "gettext",
    "ngettext",
    "translate",
    "callback",
    "handler",
    "hook",
    "listener",
    "func",
    "function",
    "method",
    "fn",
    "allocate",
    "fail",
    "doctest",
    "select",
    "ordered",
    "order",
    "randomrange",
    "subplots",
    "figure",
    "delayed",
    "action",
    "task",
    "job",
    "command",
    "cmd",
    "worker",
];

/// Whether a method of this name reads, whatever has it: those of texts and dictionaries that hardly anything else has.
pub fn reads_by_name(name: &str) -> bool {
    matches!(
        name,
        "keys"
            | "values"
            | "items"
            | "split"
            | "rsplit"
            | "splitlines"
            | "lower"
            | "upper"
            | "casefold"
            | "capitalize"
            | "strip"
            | "lstrip"
            | "rstrip"
            | "startswith"
            | "endswith"
            | "removeprefix"
            | "removesuffix"
            | "encode"
            | "isdigit"
            | "isalpha"
            | "isupper"
            | "islower"
    )
}

/// Whole names that reach outside.
const OUTSIDE: &[&str] = &[
    "save",
    "commit",
    "rollback",
    "flush",
    "execute",
    "executemany",
    "fetchone",
    "fetchall",
    "fetchmany",
    "send",
    "recv",
    "request",
    "connect",
    "post",
    "patch",
    "get_or_create",
    "update_or_create",
    "refresh_from_db",
    "download",
    "upload",
    "sleep",
    "wait",
    "run",
];

/// First words that reach outside.
const OUTSIDE_FIRST: &[&str] = &[
    "fetch", "download", "upload", "send", "save", "execute", "query",
];

/// Whole names that change the receiver.
const MUTATES: &[&str] = &[
    "append",
    "appendleft",
    "add",
    "extend",
    "extendleft",
    "insert",
    "update",
    "set",
    "setdefault",
    "pop",
    "popleft",
    "popitem",
    "remove",
    "discard",
    "clear",
    "sort",
    "reverse",
    "rotate",
    "write",
    "writelines",
    "push",
    "enqueue",
    "dequeue",
    "put",
    "merge",
    "delete",
    "reset",
    "close",
    "seek",
    "read",
    "readline",
    "next",
    "advance",
    "move",
    "increment",
    "register",
    "unregister",
    "feed",
    "emit",
    "apply",
    "step",
    "consume",
];

/// First words that change the receiver.
const MUTATES_FIRST: &[&str] = &[
    "add",
    "append",
    "insert",
    "update",
    "set",
    "pop",
    "remove",
    "discard",
    "clear",
    "sort",
    "write",
    "push",
    "delete",
    "reset",
    "register",
    "unregister",
    "move",
    "merge",
    "swap",
    "increment",
    "decrement",
    "init",
    "close",
    "read",
    "consume",
    "advance",
    "assign",
    "store",
    "mark",
];

/// Whole names that only read. `index` and `count` belong to lists, texts and query sets alike.
const READS: &[&str] = &[
    "keys",
    "values",
    "items",
    "index",
    "count",
    "copy",
    "lower",
    "upper",
    "strip",
    "split",
    "join",
    "startswith",
    "endswith",
    "encode",
    "decode",
    "format",
    "isdigit",
    "isalpha",
    "group",
    "groups",
    "name",
    "size",
    "length",
    "total",
    "replace",
    "exists",
    "contains",
    "matches",
    "equals",
    "compare",
    "distance",
    "hash",
];

/// First words that only read.
const READS_FIRST: &[&str] = &[
    "get", "find", "is", "has", "can", "should", "in", "contains", "supports", "to", "as", "count",
    "len", "calc", "compute", "estimate", "distance",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_they_do() {
        for (name, expected) in [
            ("get", Guess::Reads),
            ("get_total", Guess::Reads),
            ("is_ready", Guess::Reads),
            ("_has_parent", Guess::Reads),
            ("find_by_id", Guess::Reads),
            ("append", Guess::Mutates),
            ("set_name", Guess::Mutates),
            ("setdefault", Guess::Mutates),
            ("write_row", Guess::Mutates),
            ("save", Guess::Outside),
            ("fetch_page", Guess::Outside),
            ("frobnicate", Guess::Anything),
            ("issue", Guess::Anything),
            ("__enter__", Guess::Anything),
            ("__len__", Guess::Reads),
            ("", Guess::Anything),
        ] {
            assert_eq!(guess(name), expected, "{name}");
        }
    }

    #[test]
    fn names_say_whether_they_answer() {
        for name in [
            "get_names",
            "conjugate",
            "str_to_version",
            "restrs",
            "sympify",
            "get_proper_type",
        ] {
            assert!(answers(name), "{name}");
        }
        for name in [
            "next_token",
            "randomrange",
            "now",
            "make_row",
            "Point",
            "pop",
            "save",
            "iteritems",
            "pairwise",
            "_",
            "read",
            "create_session",
            "getrandbits_random",
            "uuid4",
        ] {
            assert!(!answers(name), "{name}");
        }
    }
}
