//! Any text as an address: what the guard lets through as it is written is no private machine, on an ordinary port.

#![no_main]

use libfuzzer_sys::fuzz_target;
use task_mcp_egress::guard::{is_public, vet_url};
use url::{Host, Url};

fuzz_target!(|text: &str| {
    let Ok(url) = Url::parse(text) else { return };
    if vet_url(&url).is_err() {
        return;
    }
    assert!(matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none());
    assert!(matches!(url.port_or_known_default(), Some(80 | 443)));
    match url.host().expect("an address that is asked has a host") {
        Host::Ipv4(ip) => assert!(is_public(ip.into()), "{url}"),
        Host::Ipv6(ip) => assert!(is_public(ip.into()), "{url}"),
        Host::Domain(name) => assert_ne!(name.trim_end_matches('.'), "localhost"),
    }
});
