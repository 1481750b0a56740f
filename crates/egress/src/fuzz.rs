//! What holds of any address and any body from outside: for the fuzz targets in `fuzz/`, and in each test run over examples.
//! Not for use.
//!
//! Each panics where something does not hold.

use url::{Host, Url};

use crate::body::Body;
use crate::guard::{is_public, vet_url};

/// Bytes that a body may unpack to here.
const MAX_BYTES: usize = 100_000;

/// Any text as an address: what the guard lets through as it is written is no private machine, on an ordinary port.
///
/// # Panics
///
/// Where it is one.
pub fn address(bytes: &[u8]) {
    let Ok(url) = Url::parse(&String::from_utf8_lossy(bytes)) else { return };
    if vet_url(&url).is_err() {
        return;
    }
    assert!(matches!(url.scheme(), "http" | "https"), "{url}");
    assert!(url.username().is_empty() && url.password().is_none(), "{url}");
    assert!(matches!(url.port_or_known_default(), Some(80 | 443)), "{url}");
    match url.host() {
        Some(Host::Ipv4(ip)) => assert!(is_public(ip.into()), "{url}"),
        Some(Host::Ipv6(ip)) => assert!(is_public(ip.into()), "{url}"),
        Some(Host::Domain(name)) => assert_ne!(name.trim_end_matches('.'), "localhost"),
        None => panic!("{url} has no host"),
    }
}

/// A body, packed or not, in pieces. The first byte chooses the packing: never more comes out than is allowed.
///
/// # Panics
///
/// Where more does.
pub fn body(bytes: &[u8]) {
    let Some((first, packed)) = bytes.split_first() else { return };
    let packing = ["identity", "gzip", "br"][usize::from(first % 3)];
    let Ok(mut body) = Body::new(Some(packing), MAX_BYTES, *first > 127) else { return };
    for piece in packed.chunks(700) {
        if body.push(piece).is_err() {
            return;
        }
    }
    assert!(body.finish().unwrap_or_default().len() <= MAX_BYTES);
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    proptest! {
        #[test]
        fn any_address_that_is_let_through_is_public(text in "(http|https|ftp)?:?/{0,3}[0-9a-fx.:@%\\[\\]]{0,24}(:[0-9]{1,5})?/?") {
            address(text.as_bytes());
        }

        #[test]
        fn any_body_keeps_to_its_limit(
            first in any::<u8>(),
            words in "[a-c ]{0,300}",
            times in 0_usize..600,
            cut in 0_usize..40,
            noise in any::<u8>(),
        ) {
            let plain = words.repeat(times).into_bytes();
            let mut packed = if first % 3 == 1 { gzip(&plain) } else { plain };
            packed.truncate(packed.len().saturating_sub(cut));
            if let Some(byte) = packed.get_mut(usize::from(noise)) {
                *byte ^= noise;
            }
            packed.insert(0, first);
            body(&packed);
        }
    }
}
