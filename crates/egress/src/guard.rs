//! Which addresses may be asked: the public web, and nothing else.
//!
//! The guard looks twice. [`vet_url`] judges an address as it is written: scheme, port, user name, and a
//! literal IP. [`is_public`] judges each IP that a name resolves to; `resolve` applies it to
//! the very addresses that are dialled.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Why an address may not be asked. Deliberately says nothing about the address behind a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("only http and https are spoken")]
    Scheme,
    #[error("only the ports 80 and 443 are used, unless the operator allows the exact origin")]
    Port,
    #[error("the address holds a user name or password")]
    UserInfo,
    #[error("it is not on the public network, and the operator does not allow this origin")]
    Private,
    /// A name that leads nowhere and one that leads into a private network are told apart by nobody: who may ask for
    /// names must not learn which ones exist behind the wall.
    #[error("no public address is known for it, and the operator does not allow this origin")]
    Nowhere,
    #[error("nothing outside this machine is asked (egress.mode = offline)")]
    Offline,
    #[error("the settings do not list it (egress.mode = listed; egress.listed takes its host)")]
    NotListed,
    #[error(
        "this run reads own documents, which stay here (egress.documents_stay = true; egress.local takes origins that \
         count as one's own)"
    )]
    DocumentsStay,
    /// Nobody said for whom it is asked, and documents have to stay: a defect, refused to be on the safe side.
    #[error("own documents stay here, and it is not known on whose behalf this is asked")]
    OnNobodysBehalf,
}

impl Refusal {
    /// Whether another run, or the same with other settings, might be let through.
    pub const fn is_by_policy(self) -> bool {
        match self {
            Self::Offline | Self::NotListed | Self::DocumentsStay | Self::OnNobodysBehalf => true,
            Self::Scheme | Self::Port | Self::UserInfo | Self::Private | Self::Nowhere => false,
        }
    }
}

/// Judges an address as it is written. A name still has to be resolved and judged again.
pub fn vet_url(url: &Url) -> Result<(), Refusal> {
    vet_form(url)?;
    if !matches!(url.port_or_known_default(), Some(80 | 443)) {
        return Err(Refusal::Port);
    }
    match url.host() {
        Some(Host::Ipv4(ip)) if is_public(ip.into()) => Ok(()),
        Some(Host::Ipv6(ip)) if is_public(ip.into()) => Ok(()),
        Some(Host::Domain(name)) if !is_local_name(name) => Ok(()),
        Some(_) | None => Err(Refusal::Private),
    }
}

/// What even an allowed origin must keep to: http or https, and no user name or password.
pub fn vet_form(url: &Url) -> Result<(), Refusal> {
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refusal::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::UserInfo);
    }
    Ok(())
}

/// Names that never lie on the public network (RFC 6761, RFC 8375, RFC 9476, and what clouds use).
fn is_local_name(name: &str) -> bool {
    const LOCAL: [&str; 9] =
        ["localhost", "local", "internal", "lan", "intranet", "home", "corp", "home.arpa", "alt"];
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    LOCAL.iter().any(|suffix| {
        name == *suffix || name.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.'))
    })
}

/// Whether an address leads to this machine, as it is written.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name.trim_end_matches('.') == "localhost",
        None => false,
    }
}

/// Whether an address is globally routable, and so is every IPv4 address hidden in it.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// Everything that the IANA registry of special IPv4 ranges does not call globally reachable, and
/// multicast. The few exceptions in 192.0.0.0/24 are no web servers and stay closed.
const SPECIAL_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::UNSPECIFIED, 8),            // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),       // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),    // carrier-grade NAT; some clouds' metadata
    (Ipv4Addr::new(127, 0, 0, 0), 8),      // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32), // Azure's host; public by number, private by use
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local; cloud metadata
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // protocol assignments
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation
    (Ipv4Addr::new(192, 31, 196, 0), 24),  // AS112
    (Ipv4Addr::new(192, 52, 193, 0), 24),  // AMT
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // 6to4 relays
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private
    (Ipv4Addr::new(192, 175, 48, 0), 24),  // AS112
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),      // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),      // reserved, broadcast
];

fn is_public_v4(ip: Ipv4Addr) -> bool {
    !SPECIAL_V4.iter().any(|&(range, bits)| (ip.to_bits() ^ range.to_bits()) >> (32 - bits) == 0)
}

/// Ranges inside `2000::/3`, the only global unicast space, that are nevertheless special.
const SPECIAL_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments, with Teredo and ORCHID
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4: embeds any IPv4
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48), // AS112
    (Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0), 16), // the old 6bone
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

// What embeds an IPv4 address is refused whole where the mechanism is obsolete (compatible, 6to4,
// Teredo), and judged by the IPv4 inside where it is in use (mapped, NAT64, ISATAP).
fn is_public_v6(ip: Ipv6Addr) -> bool {
    let last_v4 = Ipv4Addr::from_bits((ip.to_bits() & 0xffff_ffff) as u32);
    match ip.segments() {
        // Mapped ::ffff:a.b.c.d, and NAT64 with the well-known prefix 64:ff9b::/96.
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => is_public_v4(last_v4),
        // ISATAP: 0000:5efe or 0200:5efe, then the IPv4 address.
        [_, _, _, _, 0 | 0x200, 0x5efe, ..] => is_global_unicast(ip) && is_public_v4(last_v4),
        _ => is_global_unicast(ip),
    }
}

fn is_global_unicast(ip: Ipv6Addr) -> bool {
    let lies_in =
        |&(range, bits): &(Ipv6Addr, u32)| (ip.to_bits() ^ range.to_bits()) >> (128 - bits) == 0;
    ip.segments()[0] & 0xe000 == 0x2000 && !SPECIAL_V6.iter().any(lies_in)
}

#[cfg(test)]
mod tests;
