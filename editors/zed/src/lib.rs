//! Tells Zed how to start looplint's language server.
//!
//! Knows where the program may be: in the settings, or on the project's PATH. Downloads nothing.

use zed_extension_api::settings::LspSettings;
use zed_extension_api::{self as zed, serde_json::Value, Command, LanguageServerId, Result, Worktree};

struct Looplint;

impl zed::Extension for Looplint {
    fn new() -> Self {
        Looplint
    }

    fn language_server_command(&mut self, _: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let binary = LspSettings::for_worktree("looplint", worktree)
            .ok()
            .and_then(|settings| settings.binary);
        let (path, arguments) = binary.map_or((None, None), |binary| (binary.path, binary.arguments));
        let command = path
            .or_else(|| worktree.which("looplint"))
            .ok_or("looplint is not on PATH: `pip install looplint`, or set lsp.looplint.binary.path")?;
        Ok(Command {
            command,
            args: arguments.unwrap_or_else(|| vec!["server".to_string()]),
            env: worktree.shell_env(),
        })
    }

    fn language_server_workspace_configuration(
        &mut self,
        _: &LanguageServerId,
        worktree: &Worktree,
    ) -> Result<Option<Value>> {
        let settings = LspSettings::for_worktree("looplint", worktree)
            .ok()
            .and_then(|settings| settings.settings)
            .unwrap_or_default();
        Ok(Some(zed::serde_json::json!({ "looplint": settings })))
    }
}

zed::register_extension!(Looplint);
