//! Any bytes as a page: what they are is found by content, as for a page of the web.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| task_mcp_sources::fuzz::page(bytes));
