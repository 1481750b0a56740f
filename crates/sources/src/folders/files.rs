//! The files of a local source: which there are, and reading one without leaving the source.

use std::fs::{File, Metadata};
use std::io::Read;
use std::path::{Component, Path, PathBuf};
use std::time::UNIX_EPOCH;

use domain::source::Place;
use walkdir::WalkDir;

use crate::Failed;
use crate::extract::kind;

/// Files of one source. Larger folders are data sets, not documents.
const MAX_FILES: usize = 100_000;
/// How deep a folder is read.
const MAX_DEPTH: usize = 32;

/// Folders that hold what machines made or fetched.
const JUNK: &[&str] = &[
    "node_modules",
    "target",
    "__pycache__",
    "venv",
    "site-packages",
    "bower_components",
    "vendor",
    "_sources",
    "_static",
    "_images",
];

/// A file that may be indexed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Relative to the source, parts separated by `/`.
    pub(super) path: String,
    pub(super) size_bytes: u64,
    pub(super) changed_ms: i64,
}

/// Paths and why they could not be looked at.
pub(super) type Unreadable = Vec<(String, String)>;

/// All readable files of a source in order, and what could not be looked at.
pub(super) fn list(place: &Place) -> Result<(Vec<Found>, Unreadable), Failed> {
    let root = root(place)?;
    let mut found = Vec::new();
    let mut unreadable = Vec::new();
    if let Place::File(_) = place {
        let path = file_name(place.location());
        let metadata = root.metadata().map_err(|error| unreadable_file(&path, &error))?;
        found.push(describe(path, &metadata));
        return Ok((found, unreadable));
    }
    let walk = WalkDir::new(&root).follow_links(false).max_depth(MAX_DEPTH).sort_by_file_name();
    let entries = walk
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_junk(&entry.file_name().to_string_lossy()));
    for entry in entries {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().map(|path| relative(&root, path)).unwrap_or_default();
                unreadable.push((path, "it cannot be opened".to_owned()));
                continue;
            }
        };
        let path = relative(&root, entry.path());
        if !kind::is_readable_name(&path) {
            continue;
        }
        // A link is read if it leads to a file inside.
        let metadata = if entry.path_is_symlink() {
            locate(place, &path)
                .and_then(|real| real.metadata().map_err(|e| unreadable_file(&path, &e)))
        } else {
            entry
                .metadata()
                .map_err(|error| Failed::Unreadable { path: path.clone(), why: error.to_string() })
        };
        match metadata {
            Ok(metadata) if metadata.is_file() => found.push(describe(path, &metadata)),
            Ok(_) => {}
            Err(failed) => unreadable.push((path, failed.to_string())),
        }
        if found.len() > MAX_FILES {
            return Err(Failed::Unreadable {
                path: place.location().to_owned(),
                why: format!("it holds more than {MAX_FILES} files; name a folder inside it"),
            });
        }
    }
    Ok((found, unreadable))
}

/// Reads a file of a source, at most `max_bytes`.
pub(super) fn read(place: &Place, path: &str, max_bytes: u64) -> Result<Vec<u8>, Failed> {
    let real = locate(place, path)?;
    let metadata = real.metadata().map_err(|error| unreadable_file(path, &error))?;
    // Asked before it is opened: to open a pipe is to wait for its writer.
    if !metadata.is_file() {
        return Err(Failed::Unreadable { path: path.to_owned(), why: "it is not a file".into() });
    }
    let file = File::open(&real).map_err(|error| unreadable_file(path, &error))?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(max_bytes)).unwrap_or(0));
    file.take(max_bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable_file(path, &error))?;
    if bytes.len() as u64 > max_bytes {
        return Err(Failed::TooLarge { what: path.to_owned(), limit_bytes: max_bytes });
    }
    Ok(bytes)
}

/// The real path behind a relative one. Refuses whatever leads out: `..`, absolute paths, links to
/// elsewhere; and hidden files, which are never read.
fn locate(place: &Place, path: &str) -> Result<PathBuf, Failed> {
    let root = root(place)?;
    if let Place::File(_) = place {
        let is_it = path == file_name(place.location());
        return if is_it { Ok(root) } else { Err(Failed::NotFound { what: path.to_owned() }) };
    }
    let outside = || Failed::Outside { path: path.to_owned() };
    for part in Path::new(path).components() {
        match part {
            Component::Normal(name) if !is_junk(&name.to_string_lossy()) => {}
            Component::Normal(_) => return Err(Failed::NotFound { what: path.to_owned() }),
            Component::CurDir
            | Component::ParentDir
            | Component::RootDir
            | Component::Prefix(_) => {
                return Err(outside());
            }
        }
    }
    if path.is_empty() || path.contains(['\\', '\0']) {
        return Err(outside());
    }
    let real = root.join(path).canonicalize().map_err(|error| unreadable_file(path, &error))?;
    let inside = real.strip_prefix(&root).map_err(|_| outside())?;
    if inside.iter().any(|part| is_junk(&part.to_string_lossy())) {
        return Err(Failed::NotFound { what: path.to_owned() });
    }
    Ok(real)
}

fn root(place: &Place) -> Result<PathBuf, Failed> {
    let location = place.location();
    if !place.is_local() {
        return Err(Failed::Unreadable {
            path: location.to_owned(),
            why: "it is a site, not a folder".into(),
        });
    }
    Path::new(location).canonicalize().map_err(|error| unreadable_file(location, &error))
}

fn is_junk(name: &str) -> bool {
    name.starts_with('.') || JUNK.contains(&name)
}

fn file_name(location: &str) -> String {
    let name = Path::new(location).file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn relative(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

fn describe(path: String, metadata: &Metadata) -> Found {
    let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let changed_ms = changed.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(0);
    Found { path, size_bytes: metadata.len(), changed_ms }
}

fn unreadable_file(path: &str, error: &std::io::Error) -> Failed {
    if error.kind() == std::io::ErrorKind::NotFound {
        return Failed::NotFound { what: path.to_owned() };
    }
    Failed::Unreadable { path: path.to_owned(), why: error.kind().to_string() }
}
