//! The open documents: texts and notebooks, and who waits for a report of which.
//!
//! Does not know what is found in them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use looplint_model::{Columns, Source};
use tokio::sync::oneshot;
use tower_lsp_server::ls_types::{
    NotebookCell, NotebookCellKind, NotebookDocumentCellChange, TextDocumentContentChangeEvent,
    TextDocumentItem, Uri,
};

use crate::paths;
use crate::report::Report;
use crate::text::Text;

/// All open documents.
#[derive(Default)]
pub(crate) struct Documents {
    open: HashMap<String, Open>,
    /// The notebook of each cell.
    notebook_of: HashMap<String, String>,
}

/// A document that is open in the editor.
pub(crate) struct Open {
    pub(crate) uri: Uri,
    pub(crate) name: String,
    pub(crate) path: Option<PathBuf>,
    pub(crate) language: String,
    pub(crate) version: i32,
    pub(crate) body: Body,
    /// Grows with every change of the text and of what governs it; no two documents share one.
    pub(crate) generation: u64,
    /// Whether a worker is on it.
    pub(crate) running: bool,
    /// The newest report, which may be of an older generation.
    pub(crate) latest: Option<Arc<Report>>,
    /// When the configuration was last looked at for it.
    pub(crate) looked: Option<Instant>,
    /// Who waits for a report of the newest generation.
    pub(crate) waiters: Vec<oneshot::Sender<Arc<Report>>>,
    /// Whether reports were pushed that the client still shows.
    pub(crate) pushed: bool,
    /// What the client was told of its configuration.
    pub(crate) status: Option<serde_json::Value>,
    /// Whether the client asked for reports of its parts itself.
    pub(crate) pulled: bool,
}

/// What a document holds.
pub(crate) enum Body {
    /// A text.
    Whole(Text),
    /// The cells of a notebook.
    Cells(Vec<Cell>),
}

/// A cell of a notebook.
pub(crate) struct Cell {
    pub(crate) uri: Uri,
    pub(crate) code: bool,
    pub(crate) language: String,
    pub(crate) version: i32,
    pub(crate) text: Text,
}

/// A text as it was at one moment, with its address.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pub(crate) uri: Uri,
    pub(crate) version: i32,
    pub(crate) source: Arc<Source>,
    /// Whether it is code in the notebook's language; always, for what is no cell.
    pub(crate) code: bool,
}

impl Documents {
    /// The document at `uri`; for a cell, its notebook.
    pub(crate) fn get(&mut self, uri: &str) -> Option<&mut Open> {
        let uri = self.notebook_of.get(uri).map_or(uri, String::as_str);
        self.open.get_mut(uri)
    }

    /// All of them.
    pub(crate) fn all(&mut self) -> impl Iterator<Item = &mut Open> {
        self.open.values_mut()
    }

    /// Opens a text; one that is open already is taken as it is now.
    pub(crate) fn open(&mut self, item: TextDocumentItem, generation: u64) -> &mut Open {
        let name = paths::name(&item.uri, &item.language_id);
        let text = Text::new(&name, item.text);
        let open = Open::new(
            item.uri,
            name,
            item.language_id,
            item.version,
            Body::Whole(text),
            generation,
        );
        self.insert(open)
    }

    /// Opens a notebook.
    pub(crate) fn open_notebook(
        &mut self,
        uri: Uri,
        version: i32,
        cells: Vec<NotebookCell>,
        texts: Vec<TextDocumentItem>,
        generation: u64,
    ) -> &mut Open {
        let mut texts = by_uri(texts);
        let cells = cells
            .into_iter()
            .map(|cell| Cell::new(cell, &mut texts))
            .collect();
        let name = paths::name(&uri, "ipynb");
        let open = Open::new(
            uri,
            name,
            "ipynb".into(),
            version,
            Body::Cells(cells),
            generation,
        );
        self.insert(open)
    }

    fn insert(&mut self, open: Open) -> &mut Open {
        let key = open.uri.as_str().to_owned();
        self.close(&key);
        for cell in open.cells() {
            self.notebook_of
                .insert(cell.uri.as_str().to_owned(), key.clone());
        }
        self.open.entry(key).or_insert(open)
    }

    /// Closes a document.
    pub(crate) fn close(&mut self, uri: &str) -> Option<Open> {
        let open = self.open.remove(uri)?;
        for cell in open.cells() {
            self.notebook_of.remove(cell.uri.as_str());
        }
        Some(open)
    }

    /// Applies a change of a notebook's cells; the addresses of cells that are gone.
    pub(crate) fn change_notebook(
        &mut self,
        uri: &str,
        version: i32,
        change: NotebookDocumentCellChange,
        columns: Columns,
    ) -> Vec<Uri> {
        let Some(open) = self.open.get_mut(uri) else {
            return Vec::new();
        };
        open.version = version;
        let Body::Cells(cells) = &mut open.body else {
            return Vec::new();
        };
        let mut gone = Vec::new();
        if let Some(structure) = change.structure {
            let mut texts = by_uri(structure.did_open.unwrap_or_default());
            let start = (structure.array.start as usize).min(cells.len());
            let end = start
                .saturating_add(structure.array.delete_count as usize)
                .min(cells.len());
            let removed: Vec<Cell> = cells.drain(start..end).collect();
            let mut moved: HashMap<String, Cell> = removed
                .into_iter()
                .map(|cell| (cell.uri.as_str().to_owned(), cell))
                .collect();
            let added: Vec<Cell> = structure
                .array
                .cells
                .unwrap_or_default()
                .into_iter()
                // A cell that only moved keeps its text: it is not opened again.
                .map(|cell| {
                    moved
                        .remove(cell.document.as_str())
                        .unwrap_or_else(|| Cell::new(cell, &mut texts))
                })
                .collect();
            for cell in &added {
                self.notebook_of
                    .insert(cell.uri.as_str().to_owned(), uri.to_owned());
            }
            cells.splice(start..start, added);
            for (key, cell) in moved {
                self.notebook_of.remove(&key);
                gone.push(cell.uri);
            }
        }
        for data in change.data.unwrap_or_default() {
            if let Some(cell) = cells.iter_mut().find(|cell| cell.uri == data.document) {
                cell.code = data.kind == NotebookCellKind::CODE;
            }
        }
        for content in change.text_content.unwrap_or_default() {
            let target = &content.document;
            if let Some(cell) = cells.iter_mut().find(|cell| cell.uri == target.uri) {
                cell.version = target.version;
                cell.text.change(content.changes, columns);
            }
        }
        gone
    }
}

impl Open {
    fn new(
        uri: Uri,
        name: String,
        language: String,
        version: i32,
        body: Body,
        generation: u64,
    ) -> Open {
        Open {
            path: paths::path(&uri),
            uri,
            name,
            language,
            version,
            body,
            generation,
            running: false,
            latest: None,
            looked: None,
            waiters: Vec::new(),
            pushed: false,
            status: None,
            pulled: false,
        }
    }

    /// Applies changes to a text.
    pub(crate) fn change(
        &mut self,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        columns: Columns,
    ) {
        self.version = version;
        if let Body::Whole(text) = &mut self.body {
            text.change(changes, columns);
        }
    }

    /// Whether it is a notebook.
    pub(crate) fn is_notebook(&self) -> bool {
        matches!(self.body, Body::Cells(_))
    }

    /// The cells; none for a text.
    pub(crate) fn cells(&self) -> &[Cell] {
        match &self.body {
            Body::Whole(_) => &[],
            Body::Cells(cells) => cells,
        }
    }

    /// Its texts as they are now.
    pub(crate) fn snapshots(&self) -> Vec<Snapshot> {
        match &self.body {
            Body::Whole(text) => vec![Snapshot {
                uri: self.uri.clone(),
                version: self.version,
                source: Arc::clone(text.source()),
                code: true,
            }],
            Body::Cells(cells) => cells.iter().map(Cell::snapshot).collect(),
        }
    }

    /// The newest report, where it is of the newest generation.
    pub(crate) fn current(&self) -> Option<&Arc<Report>> {
        self.latest
            .as_ref()
            .filter(|report| report.generation == self.generation)
    }
}

impl Cell {
    fn new(cell: NotebookCell, texts: &mut HashMap<String, TextDocumentItem>) -> Cell {
        let item = texts.remove(cell.document.as_str());
        let (language, version, text) = match item {
            Some(item) => (item.language_id, item.version, item.text),
            // A cell whose text the client did not send is a cell of a kind that it does not sync.
            None => (String::new(), 0, String::new()),
        };
        Cell {
            text: Text::new(cell.document.as_str(), text),
            uri: cell.document,
            code: cell.kind == NotebookCellKind::CODE,
            language,
            version,
        }
    }

    fn snapshot(&self) -> Snapshot {
        Snapshot {
            uri: self.uri.clone(),
            version: self.version,
            source: Arc::clone(self.text.source()),
            code: self.code && self.language == "python",
        }
    }
}

fn by_uri(texts: Vec<TextDocumentItem>) -> HashMap<String, TextDocumentItem> {
    texts
        .into_iter()
        .map(|item| (item.uri.as_str().to_owned(), item))
        .collect()
}
