//! A sheet out of a file.

use std::path::Path;

use anyhow::Result;
pub(crate) use api::sheet::{Sheet, cell};

use crate::problem::{refuse, usage};

/// A sheet is kept in memory; larger ones are databases.
const MAX_BYTES: u64 = 256_000_000;

/// The bytes of a sheet, and what they say.
pub(crate) fn open(path: &Path) -> Result<(Vec<u8>, Sheet)> {
    let shown = path.display().to_string();
    let metadata = std::fs::metadata(path).map_err(|why| {
        usage(if why.kind() == std::io::ErrorKind::NotFound {
            format!("the sheet `{shown}` does not exist; check the path")
        } else {
            format!("the sheet `{shown}` cannot be read: {}", why.kind())
        })
    })?;
    if metadata.is_dir() {
        refuse!("`{shown}` is a folder; name a CSV file");
    }
    if metadata.len() > MAX_BYTES {
        refuse!("the sheet `{shown}` has more than {} MB; split it", MAX_BYTES / 1_000_000);
    }
    let bytes = std::fs::read(path)
        .map_err(|why| usage(format!("the sheet `{shown}` cannot be read: {}", why.kind())))?;
    let sheet = parse(&bytes, &shown)?;
    Ok((bytes, sheet))
}

/// Reads a sheet; `shown` is what it is called in messages.
pub(crate) fn parse(bytes: &[u8], shown: &str) -> Result<Sheet> {
    api::sheet::parse(bytes, shown).map_err(|why| usage(why.to_string()))
}
