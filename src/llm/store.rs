//! What is kept on disk: answers, records of calls, and which slots a server saved.
//!
//! The one file of this crate that touches files. Shared by processes: every write is a rename or one appended
//! line, and a reader takes a broken entry for none. Bounded in size, the longest unused goes first.
//! Holds answers and counts; never a prompt, a key or an address.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::metrics::Record;
use crate::wire::Usage;

/// Bytes that answers may take together, unless told otherwise.
pub const BYTES_MAX: u64 = 64 << 20;
/// Bytes of records that are kept.
const RECORDS_MAX: u64 = 8 << 20;
/// A larger answer is not kept.
const ENTRY_MAX: usize = 1 << 20;

/// A kept answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The key again: an entry under a wrong name is none.
    pub key: String,
    /// The model that answered.
    pub model: String,
    /// The answer.
    pub text: String,
    /// What the call used.
    pub usage: Usage,
}

/// A prompt state that a server saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct SavedSlot {
    /// Model, server flags and prefix, as one digest.
    pub(crate) key: String,
    /// The file's name on the server.
    pub(crate) file: String,
    /// Tokens that the server said it saved.
    pub(crate) n_saved: u64,
}

/// A folder on disk.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    bytes_max: u64,
    /// Bytes of all answers as far as this process knows; 0 until the folder was looked through.
    known: AtomicU64,
    counter: AtomicU64,
}

impl Store {
    /// The store in `folder`, which is made when something is kept.
    pub fn new(folder: impl Into<PathBuf>, bytes_max: u64) -> Store {
        Store {
            folder: folder.into(),
            bytes_max,
            known: AtomicU64::new(0),
            counter: AtomicU64::new(0),
        }
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn answers(&self) -> PathBuf {
        self.folder.join("answers")
    }

    fn path(&self, key: &str) -> PathBuf {
        let (head, tail) = key.split_at(key.len().min(2));
        self.answers().join(head).join(format!("{tail}.json"))
    }

    /// The answer kept under `key`.
    pub fn get(&self, key: &str) -> Option<Entry> {
        let path = self.path(key);
        let bytes = fs::read(&path).ok()?;
        let entry = serde_json::from_slice::<Entry>(&bytes)
            .ok()
            .filter(|entry| entry.key == key);
        if entry.is_none() {
            // Whatever it is, it is not ours to trust, and it would never heal.
            let _ = fs::remove_file(&path);
            return None;
        }
        // A read counts as use; a store that cannot be written is still read.
        if let Ok(file) = File::options().append(true).open(&path) {
            let _ = file.set_modified(SystemTime::now());
        }
        entry
    }

    /// Keeps an answer, and lets the longest unused ones go where there are too many.
    ///
    /// # Errors
    /// The folder cannot be written; the caller has the answer all the same.
    pub fn put(&self, entry: &Entry) -> io::Result<()> {
        let bytes = serde_json::to_vec(entry)?;
        if bytes.len() > ENTRY_MAX || bytes.len() as u64 > self.bytes_max {
            return Ok(());
        }
        self.replace(&self.path(&entry.key), &bytes)?;
        let mut known = self.known.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        if known == 0 {
            known = self.files().iter().map(|file| file.n_bytes).sum();
            self.known.store(known, Ordering::Relaxed);
        }
        if known + bytes.len() as u64 > self.bytes_max {
            self.evict();
        }
        Ok(())
    }

    /// Writes a file so that a reader sees the old or the new one, whole.
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let folder = path.parent().unwrap_or(&self.folder);
        make_folder(folder)?;
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let temporary = folder.join(format!(".{}-{number}.tmp", std::process::id()));
        let written = private_file(&temporary).and_then(|mut file| file.write_all(bytes));
        let renamed = written.and_then(|()| fs::rename(&temporary, path));
        if renamed.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        renamed
    }

    /// Every file below the answers, temporary ones of dead processes too.
    fn files(&self) -> Vec<Kept> {
        let mut kept = Vec::new();
        for folder in entries(&self.answers()) {
            for path in entries(&folder) {
                if let Ok(data) = fs::metadata(&path) {
                    let used = data.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                    kept.push(Kept {
                        path,
                        n_bytes: data.len(),
                        used,
                    });
                }
            }
        }
        kept
    }

    /// Deletes the longest unused answers until four fifths of the limit are left.
    fn evict(&self) {
        let mut files = self.files();
        files.sort_by(|a, b| a.used.cmp(&b.used).then(a.path.cmp(&b.path)));
        let mut total: u64 = files.iter().map(|file| file.n_bytes).sum();
        for file in files {
            if total <= self.bytes_max / 5 * 4 {
                break;
            }
            // Another process may have been faster.
            let _ = fs::remove_file(&file.path);
            total -= file.n_bytes;
        }
        self.known.store(total.max(1), Ordering::Relaxed);
    }

    fn records_path(&self) -> PathBuf {
        self.folder.join("metrics.jsonl")
    }

    /// Adds one record as one line.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn record(&self, record: &Record) -> io::Result<()> {
        make_folder(&self.folder)?;
        let mut line = serde_json::to_vec(record)?;
        line.push(b'\n');
        let path = self.records_path();
        if fs::metadata(&path).is_ok_and(|data| data.len() > RECORDS_MAX) {
            let bytes = fs::read(&path)?;
            let half = &bytes[bytes.len() / 2..];
            let start = half
                .iter()
                .position(|&byte| byte == b'\n')
                .map_or(half.len(), |at| at + 1);
            self.replace(&path, &half[start..])?;
        }
        append_file(&path)?.write_all(&line)
    }

    /// Every record, oldest first; lines that are none are passed over.
    pub fn records(&self) -> Vec<Record> {
        let Ok(bytes) = fs::read(self.records_path()) else {
            return Vec::new();
        };
        bytes
            .split(|&byte| byte == b'\n')
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect()
    }

    /// The slots that servers saved, the longest unused first.
    pub(crate) fn slots(&self) -> Vec<SavedSlot> {
        let bytes = fs::read(self.folder.join("slots.json")).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or_default()
    }

    pub(crate) fn keep_slots(&self, slots: &[SavedSlot]) -> io::Result<()> {
        self.replace(&self.folder.join("slots.json"), &serde_json::to_vec(slots)?)
    }

    /// Deletes answers, records and notes of slots, and returns how many answers and bytes went. Only files of
    /// the store's own making are touched: a folder named by mistake loses nothing else.
    ///
    /// # Errors
    /// A file cannot be deleted.
    pub fn clear(&self) -> io::Result<(usize, u64)> {
        let mut gone = (0, 0);
        for file in self.files() {
            let ours = file
                .path
                .extension()
                .is_some_and(|extension| extension == "json" || extension == "tmp");
            if ours {
                fs::remove_file(&file.path)?;
                gone = (gone.0 + 1, gone.1 + file.n_bytes);
            }
        }
        for folder in entries(&self.answers()) {
            // Only an empty one goes.
            let _ = fs::remove_dir(folder);
        }
        let _ = fs::remove_dir(self.answers());
        for name in ["metrics.jsonl", "slots.json"] {
            match fs::remove_file(self.folder.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.known.store(0, Ordering::Relaxed);
        Ok(gone)
    }
}

struct Kept {
    path: PathBuf,
    n_bytes: u64,
    used: SystemTime,
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect()
}

/// Answers quote code, so nobody else on the machine may read them.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn append_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, text: &str) -> Entry {
        Entry {
            key: key.into(),
            model: "m".into(),
            text: text.into(),
            usage: Usage::default(),
        }
    }

    #[test]
    fn what_is_kept_comes_back_and_what_is_broken_does_not() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("a/b"), BYTES_MAX);
        assert_eq!(store.get("abcdef"), None);
        store.put(&entry("abcdef", "because\n\u{1f600}")).unwrap();
        assert_eq!(store.get("abcdef").unwrap().text, "because\n\u{1f600}");
        let path = store.path("abcdef");
        for broken in [&b""[..], b"{", b"{\"key\":\"other\",\"model\":\"m\",\"text\":\"x\",\"usage\":{\"prompt\":0,\"cached\":0,\"completion\":0}}", b"\xff"] {
            fs::write(&path, broken).unwrap();
            assert_eq!(store.get("abcdef"), None);
            assert!(!path.exists());
        }
    }

    #[test]
    fn the_size_is_bounded_and_the_longest_unused_goes() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), 10_000);
        for at in 0..100 {
            store
                .put(&entry(&format!("{at:04}"), &"x".repeat(400)))
                .unwrap();
            let old = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1000 + at);
            File::options()
                .append(true)
                .open(store.path(&format!("{at:04}")))
                .unwrap()
                .set_modified(old)
                .unwrap();
            if at == 60 {
                // A second process starts with what is there.
                assert!(
                    Store::new(folder.path(), 10_000)
                        .put(&entry("zz", "x"))
                        .is_ok()
                );
            }
            assert!(store.files().iter().map(|file| file.n_bytes).sum::<u64>() <= 11_000);
        }
        assert!(store.get("0099").is_some() && store.get("0000").is_none());
    }

    #[test]
    fn many_writers_of_one_entry_leave_it_whole() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), BYTES_MAX);
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let store = &store;
                scope.spawn(move || {
                    for _ in 0..50 {
                        let text = writer.to_string().repeat(5000);
                        store.put(&entry("same", &text)).unwrap();
                        let read = store.get("same").unwrap().text;
                        assert!(
                            read.len() == 5000
                                && read.bytes().all(|byte| byte == read.as_bytes()[0])
                        );
                        store
                            .record(&Record {
                                ms: f64::from(writer),
                                ..Record::default()
                            })
                            .unwrap();
                    }
                });
            }
        });
        assert_eq!(store.records().len(), 200);
        assert_eq!(store.files().len(), 1);
    }

    #[test]
    fn clearing_takes_only_what_is_ours() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), BYTES_MAX);
        store.put(&entry("abcdef", "x")).unwrap();
        store.record(&Record::default()).unwrap();
        fs::write(folder.path().join("thesis.tex"), "mine").unwrap();
        fs::write(folder.path().join("answers/ab/notes.txt"), "mine").unwrap();
        let (n, n_bytes) = store.clear().unwrap();
        assert!(n == 1 && n_bytes > 0);
        assert!(store.records().is_empty() && store.get("abcdef").is_none());
        assert!(
            folder.path().join("thesis.tex").exists()
                && folder.path().join("answers/ab/notes.txt").exists()
        );
        assert_eq!(store.clear().unwrap(), (0, 0));
    }

    #[test]
    fn records_are_bounded_and_broken_lines_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), BYTES_MAX);
        fs::write(store.records_path(), "{broken\n\n{\"model\":\"a\"}\n").unwrap();
        assert_eq!(store.records().len(), 1);
        let line = format!("{}\n", serde_json::to_string(&Record::default()).unwrap());
        fs::write(
            store.records_path(),
            line.repeat(RECORDS_MAX as usize / line.len() + 2),
        )
        .unwrap();
        store
            .record(&Record {
                model: "last".into(),
                ..Record::default()
            })
            .unwrap();
        assert!(fs::metadata(store.records_path()).unwrap().len() < RECORDS_MAX * 2 / 3);
        assert_eq!(store.records().last().unwrap().model, "last");
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path().join("x"), BYTES_MAX);
        store.put(&entry("abcdef", "x")).unwrap();
        store.record(&Record::default()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&store.path("abcdef")), 0o600);
        assert_eq!(mode(&store.records_path()), 0o600);
        assert_eq!(mode(store.folder()), 0o700);
    }
}
