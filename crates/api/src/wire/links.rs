//! Where a cited page is found, which differs between a browser and the machine that has the documents.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::sharing::with_token;
use domain::evidence::Evidence;
use domain::ids::PageId;
use domain::source::{Place, Source, SourceName, split_doc_address};

/// How addresses of cited pages are written.
#[derive(Debug, Clone)]
pub enum Links {
    /// For callers elsewhere: a local document is shown as its archived page under this address. The token opens it
    /// without a key.
    Public { base: Arc<str>, token: Option<String> },
    /// For this machine: a local document is shown as its path, below the folder of its source.
    Local(HashMap<SourceName, PathBuf>),
}

impl Links {
    pub(crate) fn public(base: &Arc<str>, token: Option<String>) -> Self {
        Self::Public { base: Arc::clone(base), token }
    }

    /// Paths below the places of these sources.
    pub fn local(sources: &[Source]) -> Self {
        let root = |source: &Source| match &source.place {
            Place::Folder(path) => Some(PathBuf::from(path)),
            Place::File(path) => Some(Path::new(path).parent()?.to_owned()),
            Place::Site(_) => None,
        };
        let roots = sources.iter().filter_map(|source| Some((source.name.clone(), root(source)?)));
        Self::Local(roots.collect())
    }

    /// The address a reader is given for a citation.
    pub fn address(&self, evidence: &Evidence) -> String {
        let address = &evidence.address;
        let Some((name, path)) = split_doc_address(address) else {
            return if is_web(address) {
                address.clone()
            } else {
                self.page(evidence.page).unwrap_or_else(|| address.clone())
            };
        };
        match self {
            Self::Public { base, token } => {
                let file = path.rsplit('/').next().unwrap_or_default();
                let address = format!("{base}/pages/{}/{}", evidence.page, encoded(file));
                with_token(address, token.as_deref())
            }
            Self::Local(roots) => match roots.get(&name) {
                Some(root) => root.join(path).display().to_string(),
                None => address.clone(),
            },
        }
    }

    /// The archived page, where a server shows it.
    pub fn page(&self, page: PageId) -> Option<String> {
        match self {
            Self::Public { base, token } => {
                Some(with_token(format!("{base}/pages/{page}"), token.as_deref()))
            }
            Self::Local(_) => None,
        }
    }
}

pub(crate) fn is_web(address: &str) -> bool {
    address.starts_with("https://") || address.starts_with("http://")
}

/// A file name as one segment of a path.
pub(crate) fn encoded(segment: &str) -> String {
    let mut text = String::with_capacity(segment.len());
    for byte in segment.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
