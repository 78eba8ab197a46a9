//! Prompt states that a llama.cpp server saves to disk and restores after a restart.
//!
//! Keyed by the model, the server's flags and the prompt's beginning. A restore is believed only when the
//! server's own count of reused tokens says that it had an effect. At most [`FILES_MAX`] files are ever used on
//! the server, since it has no way to delete one. A restore of a missing file empties the slot, so only states
//! that were saved by us are asked for.

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::prompt::{Prompt, digest};
use crate::provider::Provider;
use crate::store::{SavedSlot, Store};
use crate::transport::Transport;

/// Files used on a server.
const FILES_MAX: usize = 16;
/// The slot that is used.
pub(crate) const SLOT: u32 = 0;

/// A restored or wanted state.
#[derive(Debug)]
pub(crate) struct Slot {
    key: String,
    /// Tokens that the server said it restored; `None` where nothing was restored.
    restored: Option<u64>,
    /// Share of the first prompt that the group has in common.
    share: f64,
}

/// Restores the state of this beginning, where one was saved. `Err` is a warning for the user.
pub(crate) async fn prepare(
    transport: &Transport,
    provider: &Provider,
    model: &str,
    prompt: &Prompt,
    store: &Store,
) -> Result<Slot, String> {
    let props = ask(transport, provider, "/props", None)
        .await
        .map_err(|failure| format!("no slots are used: the server has no `/props` ({failure})"))?;
    let key = digest(&[&provider.base, model, &flags(&props), &prompt.prefix_id()]);
    let share =
        (prompt.n_bytes() - prompt.question().len()) as f64 / prompt.n_bytes().max(1) as f64;
    let mut slot = Slot {
        key,
        restored: None,
        share,
    };
    let mut saved = store.slots();
    let Some(at) = saved.iter().position(|saved| saved.key == slot.key) else {
        return Ok(slot);
    };
    let found = saved.remove(at);
    let answer = ask(
        transport,
        provider,
        &format!("/slots/{SLOT}?action=restore"),
        Some(json!({"filename": found.file})),
    )
    .await;
    match answer.map(|answer| answer.get("n_restored").and_then(Value::as_u64)) {
        Ok(Some(n)) if n > 0 => {
            slot.restored = Some(n);
            saved.push(found);
        }
        Ok(_) | Err(_) => {
            let _ = store.keep_slots(&saved);
            return Err("the saved slot could not be restored; it is saved anew".into());
        }
    }
    let _ = store.keep_slots(&saved);
    Ok(slot)
}

/// After the first answer of a group: whether the restore had an effect by the server's own count, and where
/// there was none to believe, saves the state. `Err` is a warning for the user.
pub(crate) async fn conclude(
    slot: &Slot,
    cached: u64,
    transport: &Transport,
    provider: &Provider,
    store: &Store,
) -> Result<(), String> {
    if let Some(n) = slot.restored {
        if had_effect(n, slot.share, cached) {
            return Ok(());
        }
        let kept: Vec<SavedSlot> = store
            .slots()
            .into_iter()
            .filter(|saved| saved.key != slot.key)
            .collect();
        let _ = store.keep_slots(&kept);
        return Err(format!(
            "WARNING: restoring the slot had no effect: the server restored {n} tokens and reused {cached}; \
             other flags, another model under the same name, or a sliding window without `--swa-full`"
        ));
    }
    let mut saved = store.slots();
    let file = free_file(&saved);
    let answer = ask(
        transport,
        provider,
        &format!("/slots/{SLOT}?action=save"),
        Some(json!({"filename": file})),
    )
    .await;
    let n_saved = match answer {
        Ok(answer) => answer.get("n_saved").and_then(Value::as_u64).unwrap_or(0),
        Err(failure) => {
            return Err(format!(
                "the slot was not saved ({failure}); start the server with `--slot-save-path`"
            ));
        }
    };
    if n_saved == 0 {
        return Err("the slot was not saved: the server says it holds nothing".into());
    }
    saved.retain(|saved| saved.file != file);
    saved.push(SavedSlot {
        key: slot.key.clone(),
        file,
        n_saved,
    });
    store
        .keep_slots(&saved)
        .map_err(|error| format!("the note of the saved slot was not kept: {error}"))
}

/// Half of what the common beginning should be worth: tokens are not spread evenly over bytes.
fn had_effect(restored: u64, share: f64, cached: u64) -> bool {
    cached as f64 * 2.0 >= restored as f64 * share
}

/// A name that is not in use, else that of the longest unused state.
fn free_file(saved: &[SavedSlot]) -> String {
    let name = |at: usize| format!("looplint-{at}.bin");
    let free = (0..FILES_MAX)
        .map(name)
        .find(|name| !saved.iter().any(|saved| saved.file == *name));
    free.or_else(|| saved.first().map(|saved| saved.file.clone()))
        .unwrap_or_else(|| name(0))
}

/// What makes a saved state useless when it changes.
fn flags(props: &Value) -> String {
    let keys = [
        "/model_path",
        "/model_alias",
        "/model_ftype",
        "/build_info",
        "/total_slots",
        "/chat_template",
        "/default_generation_settings/n_ctx",
    ];
    keys.iter()
        .map(|key| format!("{}\n", props.pointer(key).unwrap_or(&Value::Null)))
        .collect()
}

async fn ask(
    transport: &Transport,
    provider: &Provider,
    path: &str,
    body: Option<Value>,
) -> Result<Value, Failure> {
    let body = body.map(|body| body.to_string());
    let mut reply = transport
        .send(provider, &provider.beside(path), body)
        .await?;
    let text = reply.text().await?;
    if reply.status != 200 {
        return Err(Failure::of_status(
            reply.status,
            None,
            "",
            &crate::redact::Redactor::new(),
        ));
    }
    serde_json::from_str(&text).map_err(|_| Failure::Malformed("no JSON".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_on_the_server_are_few() {
        let mut saved = Vec::new();
        for at in 0..40 {
            let file = free_file(&saved);
            saved.retain(|saved: &SavedSlot| saved.file != file);
            saved.push(SavedSlot {
                key: at.to_string(),
                file,
                n_saved: 1,
            });
        }
        assert_eq!(saved.len(), FILES_MAX);
        assert_eq!(saved[0].key, "24");
    }

    #[test]
    fn only_the_servers_count_tells() {
        assert!(had_effect(1000, 0.95, 900) && had_effect(1000, 0.95, 475));
        assert!(!had_effect(1000, 0.95, 400) && !had_effect(1000, 0.95, 0));
    }

    #[test]
    fn other_flags_are_another_key() {
        let props = |n_ctx: u64| json!({"model_path": "m", "media_marker": n_ctx, "default_generation_settings": {"n_ctx": 5}});
        assert_eq!(flags(&props(1)), flags(&props(2)));
        assert_ne!(flags(&props(1)), flags(&json!({"model_path": "m"})));
    }
}
