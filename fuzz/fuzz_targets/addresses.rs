//! Any text as an address.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| task_mcp_egress::fuzz::address(bytes));
