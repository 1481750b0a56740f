//! Any bytes as a document of each kind that is read in isolation, without the limits of a child: what the
//! fuzzer finds here is what the child process is for.

#![no_main]

use libfuzzer_sys::fuzz_target;
use task_mcp_sources::extract::isolated::answer;

fuzz_target!(|bytes: &[u8]| {
    let kinds = ["pdf", "docx", "pptx", "xlsx", "epub"];
    let Some((first, document)) = bytes.split_first() else { return };
    answer(kinds[usize::from(*first) % kinds.len()], document).expect("a known kind");
});
