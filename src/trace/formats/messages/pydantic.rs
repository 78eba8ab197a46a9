//! Pydantic AI's own messages: requests and responses of parts.
//!
//! Does not know its spans, which follow OpenTelemetry.

use crate::builder::Message;
use crate::formats::messages::chat::read_parts;
use crate::formats::messages::tools::result;
use crate::formats::parts;
use crate::json::Value;
use crate::run::Role;
use crate::text::Text;

/// Pydantic AI's own messages: a request's parts are several people's words.
pub(super) fn read_pydantic<'d>(value: Value<'d>, kind: &str) -> Vec<Message<'d>> {
    let parts_list = value.get("parts").into_iter().flat_map(Value::items);
    if kind == "response" {
        let mut message = Message::new(Role::Agent, value.span());
        if let Some(list) = value.get("parts") {
            read_parts(list, &mut message);
        }
        message.tokens = parts::usage(value.get("usage"));
        message.time_ms = parts::time_ms(value.get("timestamp"));
        return vec![message];
    }
    let one = |part: Value<'d>| {
        let role = match part.text_at("part_kind").as_deref() {
            Some("system-prompt") => Role::System,
            Some("tool-return" | "retry-prompt") => Role::Tool,
            _ => Role::User,
        };
        let mut message = Message::new(role, part.span());
        message.content =
            parts::content(part.get("content")).unwrap_or_else(|| Text::apart("", part.span()));
        message.time_ms = parts::time_ms(part.get("timestamp"));
        if role == Role::Tool {
            message.results.extend(result(part));
        }
        message
    };
    parts_list.map(one).collect()
}
