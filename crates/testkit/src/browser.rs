//! The browser of this machine, for tests that need a real one.

use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

/// Where Chromium is.
pub fn chromium() -> PathBuf {
    let places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    let found = places.iter().map(PathBuf::from).find(|place| place.is_file());
    found.unwrap_or_else(|| {
        panic!("Chromium is missing: run ./test.sh setup (looked for {places:?})")
    })
}

/// Whether the tests run as root, for whom Chromium has no sandbox.
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0)
}
