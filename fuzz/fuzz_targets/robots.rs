//! Any bytes as a robots.txt.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| task_mcp_sources::fuzz::robots(bytes));
