//! Any bytes as a page: what they are is found by content, as for a page of the web. A text that comes must be sound.

#![no_main]

use libfuzzer_sys::fuzz_target;
use task_mcp_sources::extract::read_bytes;

fuzz_target!(|bytes: &[u8]| {
    // The first byte chooses the label, the rest is the page.
    let labels = [None, Some("text/html"), Some("text/plain"), Some("text/csv"), Some("application/json"), Some("text/markdown")];
    let Some((first, page)) = bytes.split_first() else { return };
    let label = labels[usize::from(*first) % labels.len()];
    if let Ok(text) = read_bytes(page, "https://a.test/a", label) {
        assert!(text.is_sound());
    }
});
