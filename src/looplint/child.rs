//! A Python script in a child process: text in, text out, and an end to it.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::tell::hinted;

/// How often it is looked whether the child is done.
const LOOK: Duration = Duration::from_millis(5);

/// Runs `script` with `input` on its standard input and gives its standard output.
///
/// The child sees neither the user's modules nor the environment's Python settings.
///
/// # Errors
/// The interpreter cannot be started, the script fails (the end of its message is the error), or it takes longer
/// than `limit`.
pub(crate) fn python(python: &Path, script: &str, input: &str, limit: Duration) -> Result<Vec<u8>> {
    let mut child = Command::new(python)
        .args(["-I", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| {
            hinted(
                format!("{} cannot be started: {error}", python.display()),
                "name an interpreter with --python",
            )
        })?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (out, err, ended) = thread::scope(|scope| {
        let input = scope.spawn(move || {
            // A child that fails reads nothing; its message says why.
            if let Some(mut stdin) = stdin {
                let _ = stdin.write_all(input.as_bytes());
            }
        });
        let out = scope.spawn(move || read(stdout));
        let err = scope.spawn(move || read(stderr));
        let ended = wait(&mut child, limit);
        let _ = input.join();
        (
            out.join().unwrap_or_default(),
            err.join().unwrap_or_default(),
            ended,
        )
    });
    match ended? {
        Some(true) => Ok(out),
        Some(false) => bail!("{}", String::from_utf8_lossy(&err).trim_end()),
        None => bail!("it took longer than {} s and was stopped", limit.as_secs()),
    }
}

fn read(pipe: Option<impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        let _ = pipe.read_to_end(&mut bytes);
    }
    bytes
}

/// Whether the child succeeded; `None` where it had to be stopped.
fn wait(child: &mut Child, limit: Duration) -> Result<Option<bool>> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(LOOK);
    }
}
