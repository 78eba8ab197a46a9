//! Turns of a loop that do not need one another, and so could be under way at the same time.
//!
//! Knows what a turn asks with, and what in a loop speaks for one after the other. Does not know what is asked.

use crate::dear::words;
use crate::kind::Kind;
use crate::loops::Loop;
use crate::node::Node;

/// What takes one question at a time: a connection, and what hands out its content piece by piece.
const ONE_AT_A_TIME: [&str; 27] = [
    "session",
    "conn",
    "connection",
    "db",
    "database",
    "cursor",
    "cur",
    "tx",
    "txn",
    "transaction",
    "reader",
    "stream",
    "queue",
    "file",
    "fp",
    "ws",
    "websocket",
    "socket",
    "sock",
    "channel",
    "page",
    "browser",
    "driver",
    "lock",
    "semaphore",
    "limiter",
    "bus",
];

impl<'d> Node<'d> {
    /// Whether an `await` is all that the loop waits for, and nothing in the loop speaks for one after the other: a way
    /// out, a lock, something caught, a value handed out in between.
    pub fn is_awaited_alone(self, around: Loop<'d>) -> bool {
        let whole = around.whole();
        !around.is_left_early()
            && !self.is_conditional_in(around)
            && whole.subtree().all(|other| match other.kind() {
                Kind::Await => other == self,
                Kind::With | Kind::Try | Kind::Yield | Kind::While | Kind::Raise => false,
                _ => true,
            })
    }

    /// Whether a call is given nothing but the loop's item and what the loop does not change.
    pub fn depends_on_item_alone(self, around: Loop<'d>) -> bool {
        let is_item = |name: Node<'d>| name.symbol().is_some_and(|symbol| around.gives(symbol));
        let mut mentions_item = false;
        let names = self.subtree().filter(|each| each.kind() == Kind::Name);
        let names_fit = names.into_iter().all(|name| {
            if is_item(name) {
                mentions_item = true;
                return true;
            }
            let is_changed = name.symbol().is_some_and(|symbol| {
                symbol
                    .changes_in(around.whole())
                    .any(|(place, _)| !self.contains(place))
            });
            name.identity_change(around).is_none() && !is_changed
        });
        names_fit && mentions_item
    }

    /// Whether what a call is asked of takes one question at a time, by what it and its arguments are called.
    pub fn asks_one_at_a_time(self) -> bool {
        let Some(function) = self.children().next() else {
            return false;
        };
        let receiver = self.method().map(|(receiver, _)| receiver);
        let of_names = function
            .subtree()
            .chain(self.children().skip(1).flat_map(Node::subtree))
            .filter(|part| matches!(part.kind(), Kind::Name | Kind::Attribute))
            .filter(|part| *part != function || receiver.is_none());
        of_names.into_iter().any(|part| {
            let words = words(part.last_name());
            words
                .last()
                .is_some_and(|word| ONE_AT_A_TIME.contains(&word.as_str()))
        })
    }
}
