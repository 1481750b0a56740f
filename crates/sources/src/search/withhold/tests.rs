//! What leaves in queries and what does not.

use super::*;

fn cleared(query: &str) -> (String, Vec<&'static str>) {
    let Cleared { text, withheld } = Cleared::of(query);
    (text, withheld)
}

#[test]
fn mail_addresses_cards_and_keys_are_taken_out_and_named() {
    assert_eq!(
        cleared("Ann Lee ann.lee+x@mail.example.org Acme"),
        ("Ann Lee Acme".into(), vec![MAIL])
    );
    assert_eq!(cleared("<bob@example.org>,"), (String::new(), vec![MAIL]));
    for card in
        ["4111 1111 1111 1111", "4111111111111111", "5500-0000-0000-0004", "3782 822463 10005"]
    {
        let (text, withheld) = cleared(&format!("refund {card} Acme"));
        assert_eq!((text.as_str(), withheld), ("refund Acme", vec![CARD]), "{card}");
    }
    for key in [
        "sk-proj-abc123DEF456ghi789",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N",
        "api_key=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "wJalrXUtnFEMI7K7MDENGbPxRfiCYEXAMPLEKEY",
    ] {
        assert_eq!(cleared(&format!("Acme {key}")), ("Acme".into(), vec![KEY]), "{key}");
    }
}

#[test]
fn what_people_search_for_stays_as_it_is() {
    for query in [
        "Acme Inc. founded 1999",
        "1999 2001 2003 2005",
        "ISBN 978-3-16-148410-0",
        "phone +49 30 901820",
        "10.1038/s41586-020-2649-2",
        "annual-report-2024-of-the-international-company",
        "order 4111 1111 1111 1112",
        "pneumonoultramicroscopicsilicovolcanoconiosis",
        "site:docs.example.org/reference/2024-10-05/release-notes",
        "@acme on social media",
        "sk-learn sk_buff fc-cache",
        "CVE-2024-21626 runc 1.1.12",
        "https://example.org/a?id=9f86d081884c7d659a2feaa0c55ad015",
    ] {
        assert_eq!(cleared(query), (query.to_owned(), vec![]), "{query}");
    }
}

#[test]
fn cards_are_found_whatever_stands_around_and_between_their_digits() {
    for card in [
        "4929 4212 3460 0029 12",
        "4111 1111 1111 1111 12/27",
        "12 4929421234600029",
        "row 7 4929-4212-3460-0029",
        "row 7 4929 4212 3460 0029 3",
        "4929  4212  3460  0029",
        "4929.4212.3460.0029",
        "4929/4212/3460/0029",
        "4929–4212–3460–0029",
        "4929 - 4212 - 3460 - 0029",
        "4929 4212-3460 0029",
        "492942 1234600029",
        "４９２９４２１２３４６０００２９",
        "٤٩٢٩ ٤٢١٢ ٣٤٦٠ ٠٠٢٩",
        "4929%204212%203460%200029",
        "4929\u{200b}421234600029",
        "+4929421234600029",
        "4222222222222",
        "6011 0009 9013 9424",
        "2223 0031 2200 3222",
        "4929,4212,3460,0029",
        "4929, 4212, 3460, 0029",
        "4929|4212|3460|0029",
        "4929;4212;3460;0029",
        "4929*4212*3460*0029",
        "4929+4212+3460+0029",
        "4929'4212'3460'0029",
        "4929=4212=3460=0029",
        "4929~4212~3460~0029",
        "4929#4212#3460#0029",
        "4929\\4212\\3460\\0029",
        "(4929)(4212)(3460)(0029)",
        "(4929) 4212 3460 0029",
        "4,9,2,9,4,2,1,2,3,4,6,0,0,0,2,9",
        "49294212,34600029",
        "4929&nbsp;4212&nbsp;3460&nbsp;0029",
        "4929    4212    3460    0029",
        "card=4929421234600029",
        "card=4012888888881881",
        "\\u0034929421234600029",
        "4\u{fe0f}\u{20e3}9\u{fe0f}\u{20e3}2\u{fe0f}\u{20e3}9\u{fe0f}\u{20e3}421234600029",
        "4\u{fe0f}9\u{fe0f}29421234600029",
        "4\u{336}9\u{336}29421234600029",
        "౪౯౨౯ ౪౨౧౨ ౩౪౬౦ ౦౦౨౯",
        "៤៩២៩ ៤២១២ ៣៤៦០ ០០២៩",
        "໔໙໒໙ ໔໒໑໒ ໓໔໖໐ ໐໐໒໙",
        "೪೯೨೯ ೪೨೧೨ ೩೪೬೦ ೦೦೨೯",
        "༤༩༢༩ ༤༢༡༢ ༣༤༦༠ ༠༠༢༩",
        "𑑔𑑙𑑒𑑙 𑑔𑑒𑑑𑑒 𑑓𑑔𑑖𑑐 𑑐𑑐𑑒𑑙",
        "𝟜𝟡𝟚𝟡 𝟜𝟚𝟙𝟚 𝟛𝟜𝟞𝟘 𝟘𝟘𝟚𝟡",
    ] {
        let (text, withheld) = cleared(&format!("refund {card} Acme"));
        assert_eq!(withheld, [CARD], "{card}");
        assert!(text.starts_with("refund") && text.ends_with("Acme"), "{text}");
        let digits = text.chars().filter(|c| c.is_numeric()).count();
        assert!(digits <= 4 && !text.contains("4212"), "{text}");
    }
}

#[test]
fn keys_are_found_whatever_they_hang_on() {
    for (query, left) in [
        ("Acme,sk-proj-abc123DEF456ghi789", "Acme,"),
        ("Acme {\"key\":\"sk-proj-abc123DEF456ghi789\"}", "Acme"),
        ("Acme token=sk-proj-abc123DEF456ghi789&x=1", "Acme"),
        ("Acme https://a.test/?key=sk-proj-abc123DEF456ghi789", "Acme"),
        ("Acme SK-PROJ-ABC123DEF456GHI789", "Acme"),
        ("Acme wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "Acme"),
        ("Acme secret=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "Acme"),
        ("Acme ｓｋ-proj-abc123DEF456ghi789", "Acme"),
        ("Acme x/sk_live_4eC39HqLyjWDarjtT1zdp7dc", "Acme"),
        ("Acme (ghp_16C7e42F292c6912E7710c838347Ae178B4a)", "Acme"),
        (
            "which commit leaked api_key=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
            "which commit leaked",
        ),
        ("Spaced r1FqXSTs98vPlL2aEJXq contact", "Spaced contact"),
        ("Acme https://x.test/?token=9wJalrXUtnFEMIK7MDENGbPxRfiCYEXA tides", "Acme tides"),
        ("Acme https://x.test/?a=1&api_key=9f86d081884c7d659a2feaa0c55ad015", "Acme"),
        (
            "Acme https://hooks.slack.com/services/T01AB2CD3/B04EF5GH6/abcdefghijklmnopqrstuvwx",
            "Acme",
        ),
        ("Acme api_key=9f86d081884c7d65", "Acme"),
        ("Acme X-Api-Key: 9f86d081884c7d65", "Acme X-Api-Key:"),
        ("Acme token = 9f86d081884c7d65", "Acme token ="),
        ("Acme password: hunter2Secret!", "Acme password:"),
        ("Acme Passwort: Geheim99x", "Acme Passwort:"),
        ("Acme mot de passe : Secret99x", "Acme mot de passe :"),
        ("Acme contraseña: Secreto99", "Acme contraseña:"),
        ("Acme \"password\": \"hunter2Secret!\"", "Acme \"password\":"),
        ("Acme token 550e8400-e29b-41d4-a716-446655440000", "Acme token"),
        ("Acme key is 550e8400-e29b-41d4-a716-446655440000", "Acme key is"),
        ("Acme aB3dE9fGhJk-L2mN4pQrSt_vW6xYz8AbC1dEfGh", "Acme"),
        ("Acme git token 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "Acme git token"),
        ("Acme api\u{200b}_key=9f86d081884c7d65", "Acme"),
        ("my password is hunter2abc9", "my password is"),
        ("Acme wifi password is now Sommer2024!", "Acme wifi password is now"),
        ("Das Passwort lautet Geheim99x Acme", "Das Passwort lautet Acme"),
        ("Acme Kennwort ist: „Geheim99x“", "Acme Kennwort ist:"),
        ("le mot de passe est Secret99x", "le mot de passe est"),
        ("la contraseña es Secreto99 Acme", "la contraseña es Acme"),
        ("het wachtwoord is Geheim99x", "het wachtwoord is"),
        ("the password for the portal is hunter2abc9", "the password for the portal is"),
        ("Passwort für das Portal ist Geheim99x", "Passwort für das Portal ist"),
        ("my api key is abc123def456", "my api key is"),
        ("access token was abc123def456", "access token was"),
        ("our secret is blue42horse", "our secret is"),
        ("the key is a8f3k2m9q1", "the key is"),
        ("passcode's hunter2abc9", "passcode's"),
    ] {
        assert_eq!(cleared(query), (left.to_owned(), vec![KEY]), "{query}");
    }
}

#[test]
fn mail_addresses_are_found_however_they_are_written() {
    for (query, left) in [
        ("Acme ann.lee%40example.org", "Acme"),
        ("Acme ann.lee%2540example.org", "Acme"),
        ("Acme ann.lee＠example.org", "Acme"),
        ("Acme ann.lee@example。org", "Acme"),
        ("Acme a @ b.org today", "Acme today"),
        ("Acme ann@ example.org", "Acme"),
        ("Acme \"ann lee\"@example.org", "Acme"),
        ("Acme https://a.test/?to=ann.lee%40example.org", "Acme"),
        ("Lee,ann@example.org,Berlin", "Lee, Berlin"),
        ("Acme ann@xn--bcher-kva.example", "Acme"),
        ("Acme ann[at]example.org", "Acme"),
        ("Acme ann [at] example [dot] org", "Acme"),
        ("Acme ann&#64;example.org", "Acme"),
        ("Acme ann&amp;#x40;example&period;org", "Acme"),
        ("Acme ann @ example.photography", "Acme"),
        ("Acme ann     @     example.org", "Acme"),
        ("Acme ann\u{202e}@\u{202c}example.org", "Acme"),
        ("Acme ann\\u0040example.org", "Acme"),
        ("Acme ann=40example=2Eorg", "Acme"),
        ("Acme ann\u{fe0f}@\u{fe0f}example.org", "Acme"),
        ("Acme a\u{e0061}n\u{e0062}n@\u{e0063}example.org", "Acme"),
        ("Acme ann\u{2066}@\u{2069}example.org", "Acme"),
        ("jane at acme dot com", ""),
        ("contact jane at acme dot com today", "contact today"),
        ("jane [at] acme [dot] com", ""),
        ("Acme jane(at)acme.com", "Acme"),
        ("jane AT acme DOT co DOT uk Berlin", "Berlin"),
        ("write to jane dot doe at mail dot acme dot de, please", "write to please"),
        ("jane_doe at acme dot org?", ""),
        ("Acme jane at acme [dot] com", "Acme"),
        ("Acme jane (at) acme dot com", "Acme"),
        ("Acme jane@acme dot com", "Acme"),
        ("Acme jane @ acme dot io now", "Acme now"),
        ("Acme anna at firma punkt de Kontakt", "Acme Kontakt"),
        ("Acme anna (ät) firma (punkt) de", "Acme"),
        ("Acme marie arobase societe point fr", "Acme"),
        ("Acme jose arroba empresa punto es", "Acme"),
        ("jane at acme dot it", ""),
    ] {
        assert_eq!(cleared(query), (left.to_owned(), vec![MAIL]), "{query}");
    }
}

#[test]
fn ordinary_questions_leave_whole() {
    for query in [
        "boiling point of C12H22O11 and CH3(CH2)16COOH",
        "InChI=1S/C8H10N4O2/c1-10-4-9-6-5(10)7(13)12(3)8(14)11(6)2/h4H,1-3H3",
        "InChIKey RYYVLZVUVIJVGH-UHFFFAOYSA-N",
        "SMILES CN1C=NC2=C1C(=O)N(C(=O)N2C)C",
        "what did commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b change in git",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "github.com/acme/tools/commit/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "doi 10.1016/j.cell.2020.02.058 and 10.1103/PhysRevLett.116.061102",
        "ISBN 9783161484100 or 3-16-148410-X",
        "EAN 4006381333931 price",
        "part number 6ES7214-1AG40-0XB0 or 5962-8876901XA",
        "phone +49 176 12345678, +44 20 7946 0958 or 0049 30 901820",
        "415-555-0132 650-555-0199 212-555-0173",
        "415 555 0132 650 555 0199 212 555 0173",
        "52.520008 13.404954 in Berlin",
        "2.718281828459045 and 3.14159265358979323846",
        "52.14.201.17 34.201.9.12 owner",
        "IMEI 490154203237518",
        "ORCID 0000-0002-1825-0097 works",
        "IBAN check digits DE89 3704 0044 0532 0130 00",
        "2001 2003 2005 2007 2009 2011 2013",
        "GeForce RTX 4090 24 GB vs 3080 Ti 12 GB",
        "https://example.org/a%20b?id=9f86d081884c7d659a2feaa0c55ad015&x=%40home",
        "550e8400-e29b-41d4-a716-446655440000 uuid",
        "npm lodash@4.17.21 react@18.2.0-beta.rc1 @types/node@18.11.9",
        "matrix product a @ b.T in numpy",
        "posts by @jay.bsky.social and meet @ noon",
        "sk-learn-tutorial-2024 asiapacific2024report",
        "Acme/Widgets/Model7/ReferenceManual2024/Chapter3",
        "Apple/iPhone15ProMax256GB/Specs/2024/Overview",
        "Apple/iOS17/iPhone15/SwiftUI4/DataModelingGuide",
        "TCP/IP/UDP/HTTP2/TLS13/QUIC/DNSv4/SCTP",
        "Acme-Widgets_Model7-ReferenceManual2024_Chapter3",
        "weights @ inputs.transpose and X @ w.reshape",
        "polka [dots] and roses (attic) <a>",
        "limit=40 size=40px a=40.5",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
        "GalaxyS24Ultra5G512GB iPhone15ProMax256GB getURLForHTTP2Request",
        "K2Al4Si6Al2O20OH4 mica",
        "prices $4,999, $5,499, $6,299 and 4,299,999,999,999,999",
        "(415) 555-0132, (650) 555-0199, (212) 555-0173",
        "030 901820; 040 428280; 089 233960",
        "5, 10, 15, 20, 25, 30, 35, 40 percent",
        "ISBN 978-3-16-148410-0, 978-0-306-40615-7",
        "EAN 4006381333931, 4006381333948",
        "48.137154, 11.576124; 52.520008, 13.404954",
        "key 2024-report token ERC20 password: forgotten",
        "primary key of Sakila2024Rental table",
        "git token of commit 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
        "https://hooks.slack.com/services",
        "می\u{200c}خواهم",
    ] {
        assert_eq!(cleared(query), (query.to_owned(), vec![]), "{query}");
    }
}

#[test]
fn sentences_with_names_of_secrets_and_words_of_addresses_leave_whole() {
    for query in [
        "meeting at noon",
        "arrive at st. pancras by train",
        "python at dot operator",
        "look at polka dot dresses 2024",
        "excitons at quantum dot interfaces",
        "gain at quantum dot in glass",
        "look at amazon dot com prices",
        "a @ b dot product in numpy",
        "arriver à la gare at lyon point de vente",
        "llegar at madrid punto de encuentro",
        "maximum memory usage occurs, at which point it will abort",
        "no parallelism at this point so it is safe to use color",
        "store opening at acme.com and acme.co.uk",
        "phone at work dot matrix printer",
        "the key is chromosome 17q21",
        "the key is C12H22O11",
        "the secret is vitaminB12shots",
        "token is ERC20 or ERC721token",
        "primary key is customer_id2",
        "what is the key of Mozart K331",
        "password is required on windows11pro",
        "the password is forgotten",
        "password is 12-character minimum",
        "password is sha256-hashed in postgres15",
        "Passwort ist abgelaufen",
        "le mot de passe est expiré",
        "is 1Password8 a password manager",
        "password policy of NIST is SP800-63B",
        "license key is missing in office2021pro",
        "my token is invalid",
        "mein Passwort ist zu kurz",
    ] {
        assert_eq!(cleared(query), (query.to_owned(), vec![]), "{query}");
    }
}

#[test]
fn what_nobody_sees_does_not_leave() {
    let tags: String =
        "ann".chars().filter_map(|c| char::from_u32(0xe0000 + u32::from(c))).collect();
    let query = format!("high\u{202e} tide\u{2066}\u{fe0f}{tags}\u{ad}");
    assert_eq!(cleared(&query), ("high tide".into(), vec![]));
}

#[test]
fn what_is_taken_out_does_not_bring_another_together() {
    let (text, withheld) = cleared("refund 4929 4212 a@b.org 3460 0029 Acme");
    assert_eq!((text.as_str(), withheld), ("refund Acme", vec![MAIL, CARD]));
    let nested = format!("Acme {}{}", "4111 1111 ".repeat(40), "1111 1111 ".repeat(40));
    let (text, _) = cleared(&nested);
    assert!(!text.contains("4111 1111 1111 1111"), "{text}");
}

proptest::proptest! {
    #[test]
    fn any_text_can_be_cleared_and_clearing_twice_changes_nothing(query in ".{0,80}") {
        let once = Cleared::of(&query);
        let twice = Cleared::of(once.text());
        proptest::prop_assert_eq!(twice.text(), once.text());
    }
}
