//! The country whose view of the web a run asks for.

/// A country by its two letters, ISO 3166-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// Two letters, small or large.
    pub fn parse(text: &str) -> Option<Self> {
        match *text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                Some(Self([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
            }
            _ => None,
        }
    }

    /// In capitals.
    pub fn code(&self) -> String {
        self.0.iter().copied().map(char::from).collect()
    }

    /// The language that most of its web pages are in; search engines want one beside a country. `None` where it is
    /// not known here.
    pub fn language(&self) -> Option<&'static str> {
        let code = self.code();
        let known = LANGUAGES.iter().find(|(_, countries)| countries.split(' ').any(|c| c == code));
        known.map(|(language, _)| *language)
    }
}

/// Languages of countries. Where a country has several, the one that most of its people read.
const LANGUAGES: [(&str, &str); 43] = [
    ("ar", "AE BH DZ EG IQ JO KW LB LY MA OM QA SA SD SY TN YE"),
    ("bg", "BG"),
    ("bn", "BD"),
    ("ca", "AD"),
    ("cs", "CZ"),
    ("da", "DK"),
    ("de", "AT CH DE LI"),
    ("el", "CY GR"),
    (
        "en",
        "AU BB BS BZ CA FJ GB GH GI GM GY IE IN JM KE LR MT MU NA NG NZ PG PH PK SG SL TT UG US ZA ZM ZW",
    ),
    ("es", "AR BO CL CO CR CU DO EC ES GQ GT HN MX NI PA PE PR PY SV UY VE"),
    ("et", "EE"),
    ("fa", "IR"),
    ("fi", "FI"),
    ("fr", "BF BJ CD CG CI CM FR GA GN HT LU MC MG ML NE SN TG"),
    ("he", "IL"),
    ("hr", "BA HR"),
    ("hu", "HU"),
    ("hy", "AM"),
    ("id", "ID"),
    ("is", "IS"),
    ("it", "IT SM VA"),
    ("ja", "JP"),
    ("ka", "GE"),
    ("ko", "KR"),
    ("lt", "LT"),
    ("lv", "LV"),
    ("mk", "MK"),
    ("ms", "BN MY"),
    ("nb", "NO"),
    ("nl", "BE NL SR"),
    ("pl", "PL"),
    ("pt", "AO BR CV MZ PT ST"),
    ("ro", "MD RO"),
    ("ru", "BY KG KZ RU"),
    ("sk", "SK"),
    ("sl", "SI"),
    ("sr", "ME RS"),
    ("sv", "SE"),
    ("th", "TH"),
    ("tr", "TR"),
    ("uk", "UA"),
    ("vi", "VN"),
    ("zh", "CN HK MO TW"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_country_is_two_letters() {
        assert_eq!(Country::parse("de"), Country::parse("DE"));
        assert_eq!(Country::parse("de").unwrap().code(), "DE");
        for wrong in ["", "d", "deu", "d1", "é", "Germany"] {
            assert_eq!(Country::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn no_country_has_two_languages() {
        let codes: Vec<&str> = LANGUAGES.iter().flat_map(|(_, codes)| codes.split(' ')).collect();
        assert!(codes.iter().all(|code| Country::parse(code).is_some()));
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
        assert_eq!(Country::parse("ch").unwrap().language(), Some("de"));
        assert_eq!(Country::parse("aq").unwrap().language(), None);
    }
}
