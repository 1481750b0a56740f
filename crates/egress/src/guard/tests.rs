use super::*;

/// The first and last address of every special range, and the best-known ones between.
const PRIVATE_V4: [&str; 34] = [
    "0.0.0.0",
    "0.255.255.255",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.0",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.255",
    "168.63.129.16",
    "169.254.0.0",
    "169.254.169.254",
    "169.254.255.255",
    "172.16.0.0",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.192",
    "192.0.2.1",
    "192.31.196.1",
    "192.52.193.1",
    "192.88.99.1",
    "192.168.0.0",
    "192.168.255.255",
    "192.175.48.1",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "250.1.2.3",
    "255.255.255.254",
    "255.255.255.255",
];

const PUBLIC_V4: [&str; 10] = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.169.0.0",
    "223.255.255.255",
];

fn v4(text: &str) -> Ipv4Addr {
    text.parse().unwrap()
}

fn vet(address: &str) -> Result<(), Refusal> {
    vet_url(&Url::parse(address).unwrap())
}

/// The same IPv4 address in every way that IPv6 can carry it.
fn embeddings(ip: Ipv4Addr) -> Vec<(&'static str, Ipv6Addr)> {
    let low = u128::from(ip.to_bits());
    let with = |prefix: &str, bits: u128| {
        Ipv6Addr::from_bits(prefix.parse::<Ipv6Addr>().unwrap().to_bits() | bits)
    };
    vec![
        ("mapped", with("::ffff:0:0", low)),
        ("translated", with("::ffff:0:0:0", low)),
        ("compatible", with("::", low)),
        ("NAT64", with("64:ff9b::", low)),
        ("local NAT64", with("64:ff9b:1::", low)),
        ("6to4", with("2002::", low << 80)),
        ("Teredo server", with("2001::", low << 64)),
        ("Teredo client", with("2001::", low ^ 0xffff_ffff)),
        ("ISATAP, link-local", with("fe80::5efe:0:0", low)),
        ("ISATAP, global", with("2a00:1450::5efe:0:0", low)),
        ("ISATAP, unique", with("2a00:1450::200:5efe:0:0", low)),
    ]
}

#[test]
fn no_special_ipv4_address_is_public_bare_or_embedded() {
    for ip in PRIVATE_V4.map(v4) {
        assert!(!is_public(ip.into()), "{ip}");
        for (how, embedded) in embeddings(ip) {
            assert!(!is_public(embedded.into()), "{ip} as {how}: {embedded}");
        }
    }
}

#[test]
fn the_neighbours_of_special_ranges_are_public() {
    for ip in PUBLIC_V4.map(v4) {
        assert!(is_public(ip.into()), "{ip}");
        assert!(is_public(ip.to_ipv6_mapped().into()), "{ip} mapped");
    }
}

#[test]
fn no_special_ipv6_address_is_public() {
    for text in [
        "::",
        "::1",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "fc00::1",
        "fd00:ec2::254",
        "ff02::1",
        "ff0e::1",
        "100::1",
        "2001::1",
        "2001:2::1",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "2002:808:808::1",
        "2620:4f:8000::1",
        "3ffe::1",
        "3fff::1",
        "4000::1",
        "5f00::1",
        "64:ff9b:1::1",
    ] {
        assert!(!is_public(text.parse().unwrap()), "{text}");
    }
    for text in ["2606:4700::1111", "2a00:1450:4001::200e", "2001:4860:4860::8888", "2620:fe::fe"] {
        assert!(is_public(text.parse().unwrap()), "{text}");
    }
}

#[test]
fn a_literal_address_is_refused_however_it_is_written() {
    for address in [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://0x7f.1/",
        "http://0/",
        "http://127.0.0.1./",
        "http://①②⑦.0.0.1/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:7f00:1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://169.254.169.254/latest/meta-data/",
        "http://3232235777/",
    ] {
        assert_eq!(vet(address), Err(Refusal::Private), "{address}");
    }
}

#[test]
fn local_names_are_refused_before_they_are_resolved() {
    for address in [
        "http://localhost/",
        "http://LOCALHOST./",
        "http://a.localhost/",
        "http://printer.local/",
        "http://metadata.google.internal/",
        "http://router.lan/",
        "http://nas.home.arpa/",
    ] {
        assert_eq!(vet(address), Err(Refusal::Private), "{address}");
    }
    assert_eq!(vet("http://notlocalhost.com/"), Ok(()));
    assert_eq!(vet("http://local.example.org/"), Ok(()));
}

#[test]
fn only_the_two_web_schemes_and_ports_are_spoken() {
    assert_eq!(vet("https://example.org/"), Ok(()));
    assert_eq!(vet("http://example.org:443/"), Ok(()));
    assert_eq!(vet("http://example.org:8080/"), Err(Refusal::Port));
    assert_eq!(vet("http://example.org:22/"), Err(Refusal::Port));
    assert_eq!(vet("ftp://example.org/"), Err(Refusal::Scheme));
    assert_eq!(vet("file:///etc/passwd"), Err(Refusal::Scheme));
    assert_eq!(vet("gopher://example.org:80/"), Err(Refusal::Scheme));
}

#[test]
fn a_user_name_or_password_is_refused() {
    assert_eq!(vet("https://user@example.org/"), Err(Refusal::UserInfo));
    assert_eq!(vet("https://:secret@example.org/"), Err(Refusal::UserInfo));
    assert_eq!(vet("https://example.org@127.0.0.1/"), Err(Refusal::UserInfo));
}

/// Every way in which the parser of addresses takes an IPv4 address for a host.
fn spellings(ip: Ipv4Addr) -> Vec<String> {
    let [a, b, c, d] = ip.octets();
    let low = ip.to_bits();
    let plain = ip.to_string();
    let mut hosts = vec![
        plain.clone(),
        low.to_string(),
        format!("0x{low:x}"),
        format!("0X{low:08X}"),
        format!("0{low:o}"),
        format!("0x{a:x}.0{b:o}.{c}.{d}"),
        format!("0{a:o}.0x{b:x}.0{c:o}.0x{d:X}"),
        format!("{a}.{}", low & 0x00ff_ffff),
        format!("{a}.{b}.{}", low & 0xffff),
        format!("0x{a:x}.0{:o}", low & 0x00ff_ffff),
        plain.replace('.', "%2e").replace('1', "%31"),
        plain.replace('1', "①").replace('.', "。"),
        plain.replace('2', "２").replace('.', "．"),
        plain.replace('0', "𝟎").replace('.', "｡"),
        format!("{plain}."),
        format!("0x000{a:x}.{b}.{c}.{d}"),
    ];
    hosts.extend(embeddings(ip).iter().map(|(_, embedded)| format!("[{embedded}]")));
    // The same bits with the dotted end, and spelled out in full.
    hosts.push(format!("[::ffff:{plain}]"));
    hosts.push(format!("[64:ff9b::{plain}]"));
    hosts.push(format!("[0:0:0:0:0:FFFF:{:04X}:{:04X}]", low >> 16, low & 0xffff));
    hosts
}

/// Addresses of the range, spread evenly over it.
fn some_of((base, bits): (Ipv4Addr, u32), count: u64) -> impl Iterator<Item = Ipv4Addr> {
    let size = 1_u64 << (32 - bits);
    (0..count).map(move |nth| {
        // A step that shares no factor with a power of two meets every address before it repeats one.
        let offset = (nth.wrapping_mul(2_654_435_761) ^ (size - 1)) % size;
        Ipv4Addr::from_bits(base.to_bits() | u32::try_from(offset).unwrap())
    })
}

/// How many spellings of the ranges in this share of [`SPECIAL_V4`] were refused.
fn refused_spellings(share: usize) -> usize {
    let schemes = ["http", "https"];
    let mut refused = 0;
    for (at, range) in SPECIAL_V4.iter().enumerate().filter(|(at, _)| at % SHARES == share) {
        for (nth, ip) in some_of(*range, PER_RANGE).enumerate() {
            for host in spellings(ip) {
                let address = format!("{}://{host}/{at}", schemes[nth % 2]);
                // What is no address at all cannot be asked either.
                if let Ok(url) = Url::parse(&address) {
                    assert!(vet_url(&url).is_err(), "{address} became {url} and is let through");
                }
                refused += 1;
            }
        }
    }
    refused
}

/// Run side by side: a million in all.
const SHARES: usize = 4;
const PER_RANGE: u64 = 1_900;

#[test]
fn no_spelling_of_a_special_address_passes_first_share() {
    assert!(refused_spellings(0) >= 250_000);
}

#[test]
fn no_spelling_of_a_special_address_passes_second_share() {
    assert!(refused_spellings(1) >= 250_000);
}

#[test]
fn no_spelling_of_a_special_address_passes_third_share() {
    assert!(refused_spellings(2) >= 200_000);
}

#[test]
fn no_spelling_of_a_special_address_passes_fourth_share() {
    assert!(refused_spellings(3) >= 200_000);
}

#[test]
fn the_spellings_are_those_that_the_parser_knows() {
    let ip = v4("10.2.1.0");
    let as_read: Vec<String> = spellings(ip)
        .iter()
        .filter_map(|host| Url::parse(&format!("http://{host}/")).ok())
        .filter_map(|url| url.host_str().map(str::to_owned))
        .collect();
    assert!(as_read.iter().filter(|host| **host == "10.2.1.0").count() >= 14, "{as_read:?}");
}

proptest::proptest! {
    #[test]
    fn no_embedding_of_a_special_address_is_public(range in 0..SPECIAL_V4.len(), host: u32) {
        let (base, bits) = SPECIAL_V4[range];
        let host = if bits == 32 { 0 } else { host >> bits };
        let ip = Ipv4Addr::from_bits(base.to_bits() | host);
        for (how, embedded) in embeddings(ip) {
            proptest::prop_assert!(!is_public(embedded.into()), "{ip} as {how}: {embedded}");
        }
    }

    #[test]
    fn a_global_address_is_public_unless_a_range_says_otherwise(ip: u32) {
        let ip = Ipv4Addr::from_bits(ip);
        let is_special = SPECIAL_V4.iter().any(|&(base, bits)| {
            u64::from(ip.to_bits()) >> (32 - bits) == u64::from(base.to_bits()) >> (32 - bits)
        });
        proptest::prop_assert_eq!(is_public(ip.into()), !is_special);
    }
}
