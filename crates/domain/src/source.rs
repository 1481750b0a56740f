//! Sources: the documents and sites that a run may read.

/// A named place with documents, as the store keeps it.
///
/// Callers name a source and never locate it: over REST and MCP only the name is spoken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub seq: i64,
    pub name: SourceName,
    pub place: Place,
    /// The machine that can read a local place; `None` for addresses.
    pub host: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// A folder, read recursively. Absolute.
    Folder(String),
    /// One file. Absolute.
    File(String),
    /// A page and what it links to on the same site.
    Site(String),
}

impl Place {
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Folder(_) => "folder",
            Self::File(_) => "file",
            Self::Site(_) => "site",
        }
    }

    /// The absolute path or the address.
    pub fn location(&self) -> &str {
        match self {
            Self::Folder(at) | Self::File(at) | Self::Site(at) => at,
        }
    }

    pub fn from_parts(kind: &str, location: String) -> Option<Self> {
        match kind {
            "folder" => Some(Self::Folder(location)),
            "file" => Some(Self::File(location)),
            "site" => Some(Self::Site(location)),
            _ => None,
        }
    }

    pub const fn is_local(&self) -> bool {
        matches!(self, Self::Folder(_) | Self::File(_))
    }
}

/// What a source is called: 1 to 64 of lower-case letters, digits, `-`, `_` and `.`, not beginning with
/// `.` or `-`. Letters are lowered, anything else becomes `-`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceName(String);

pub const MAX_SOURCE_NAME: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` cannot be the name of a source: use 1 to 64 of a-z, 0-9, `-`, `_`, `.`")]
pub struct NotAName(String);

impl SourceName {
    pub fn parse(text: &str) -> Result<Self, NotAName> {
        let is_fine = (1..=MAX_SOURCE_NAME).contains(&text.len())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.'))
            && !text.starts_with(['.', '-']);
        if is_fine { Ok(Self(text.to_owned())) } else { Err(NotAName(text.to_owned())) }
    }

    /// The nearest allowed name for any text, for example a folder's name.
    pub fn nearest(text: &str) -> Self {
        let mapped: String = text
            .to_lowercase()
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') { c } else { '-' })
            .collect();
        let name: String = mapped.trim_matches(['-', '.']).chars().take(MAX_SOURCE_NAME).collect();
        Self(if name.is_empty() { "documents".into() } else { name })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for SourceName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// `doc://NAME/relative/path`: the stored address of a document in a local source.
pub fn doc_address(name: &SourceName, relative_path: &str) -> String {
    format!("doc://{name}/{relative_path}")
}

/// The name and relative path of a `doc://` address.
pub fn split_doc_address(address: &str) -> Option<(SourceName, &str)> {
    let (name, path) = address.strip_prefix("doc://")?.split_once('/')?;
    Some((SourceName::parse(name).ok()?, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_name_becomes_an_allowed_name() {
        assert_eq!(SourceName::nearest("My Docs (2024)").as_str(), "my-docs--2024");
        assert_eq!(SourceName::nearest("...").as_str(), "documents");
        assert!(SourceName::parse("../etc").is_err());
    }

    #[test]
    fn a_doc_address_splits_into_name_and_path() {
        let name = SourceName::parse("manual").unwrap();
        let address = doc_address(&name, "a/b.html");
        assert_eq!(split_doc_address(&address), Some((name, "a/b.html")));
        assert_eq!(split_doc_address("https://manual/a"), None);
    }
}
