//! Any bytes as a document of each kind that is read in isolation, without the limits of a child: what the fuzzer finds
//! here is what the child process is for.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| task_mcp_sources::fuzz::document(bytes));
