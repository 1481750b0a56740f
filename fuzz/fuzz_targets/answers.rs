//! Any bytes as the answer of each search provider.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| task_mcp_sources::fuzz::answer(bytes));
