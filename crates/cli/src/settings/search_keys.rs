//! Settings of search providers.

use sources::JsonApi;

use super::Settings;
use super::keys::{Key, quoted};
use super::values::{list, open_address, yes_or_no};

/// The address and the key of a provider.
macro_rules! account {
    ($name:literal, $variable:literal) => {
        [
            Key {
                name: concat!("search.", $name, ".key"),
                doc: concat!("the key of this search provider; also read from ", $variable),
                set: |all, text| set_key(all, $name, text),
                show: |all| show_key(all, $name),
            },
            url!($name),
        ]
    };
}

macro_rules! url {
    ($name:literal) => {
        Key {
            name: concat!("search.", $name, ".url"),
            doc: "where this search provider is asked instead of its own address",
            set: |all, text| set_url(all, $name, text),
            show: |all| show_url(all, $name),
        }
    };
}

pub(super) fn all() -> impl Iterator<Item = &'static Key> {
    GENERAL.iter().chain(KEYLESS.iter()).chain(ACCOUNTS.iter().flatten()).chain(API.iter())
}

static GENERAL: [Key; 3] = [
    Key {
        name: "search.providers",
        doc: "the search providers that runs ask, by name; unless set, all that have an address or a key here",
        set: |all, text| {
            let names = list(text)?;
            let known = |name: &str| sources::catalogue().any(|about| about.name == name);
            if let Some(name) = names.iter().find(|name| !known(name)) {
                let known: Vec<&str> = sources::catalogue().map(|about| about.name).collect();
                return Err(format!(
                    "`{name}` is no search provider; there are {}",
                    known.join(", ")
                ));
            }
            all.search.providers = Some(names);
            Ok(())
        },
        show: |all| {
            let names = all.search.providers.as_ref()?;
            let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
            Some(format!("[{}]", names.join(", ")))
        },
    },
    Key {
        name: "search.keyless",
        doc: "runs without sources of their own ask what needs no account (Wikipedia; for papers and news also Crossref, arXiv, GDELT), where no provider is set up",
        set: |all, text| yes_or_no(text).map(|keyless| all.search.keyless = keyless),
        show: |all| Some(all.search.keyless.to_string()),
    },
    Key {
        name: "search.contact",
        doc: "an e-mail address that is told to search providers which ask for one; they serve those first who give it",
        set: |all, text| {
            let text = text.trim();
            let is_fine =
                text.is_empty() || (text.contains('@') && text.is_ascii() && !text.contains(' '));
            all.search.contact = (!text.is_empty()).then(|| text.to_owned());
            if is_fine { Ok(()) } else { Err("write an e-mail address".into()) }
        },
        show: |all| all.search.contact.as_deref().map(quoted),
    },
];

static KEYLESS: [Key; 4] = [url!("wikipedia"), url!("arxiv"), url!("crossref"), url!("gdelt")];

static ACCOUNTS: [[Key; 2]; 8] = [
    account!("openalex", "OPENALEX_API_KEY"),
    account!("brave", "BRAVE_API_KEY"),
    account!("tavily", "TAVILY_API_KEY"),
    account!("exa", "EXA_API_KEY"),
    account!("serper", "SERPER_API_KEY"),
    account!("parallel", "PARALLEL_API_KEY, then only with `search.providers`"),
    account!("firecrawl", "FIRECRAWL_API_KEY"),
    account!("jina", "JINA_API_KEY"),
];

/// Pointers of the JSON API.
macro_rules! pointer {
    ($field:ident, $doc:literal) => {
        Key {
            name: concat!("search.api.", stringify!($field)),
            doc: $doc,
            set: |all, text| JsonApi::pointer(text).map(|at| all.search.api.$field = at),
            show: |all| Some(quoted(&all.search.api.$field)),
        }
    };
}

static API: [Key; 7] = [
    Key {
        name: "search.api.url",
        doc: "any API that answers a GET with JSON: its address with {query}, and perhaps {count} and {key}",
        set: |all, text| {
            let text = text.trim();
            if !text.is_empty() {
                JsonApi::base(text)?;
            }
            text.clone_into(&mut all.search.api.template);
            Ok(())
        },
        show: |all| {
            let template = &all.search.api.template;
            (!template.is_empty()).then(|| quoted(template))
        },
    },
    Key {
        name: "search.api.key",
        doc: "its key: for {key} in the address, else as a bearer",
        set: |all, text| set_key(all, "api", text),
        show: |all| show_key(all, "api"),
    },
    pointer!(results, "JSON pointer to the list of results; empty if the answer is the list"),
    pointer!(address, "JSON pointer from a result to its address"),
    pointer!(title, "JSON pointer from a result to its title"),
    pointer!(snippet, "JSON pointer from a result to its snippet"),
    pointer!(date, "JSON pointer from a result to its date, YYYY-MM-DD…; empty if there is none"),
];

fn set_key(all: &mut Settings, name: &str, text: &str) -> Result<(), String> {
    let key = egress::Secret::parse(text);
    if key.is_none() && !text.trim().is_empty() {
        return Err("write the key in one line of plain characters".into());
    }
    all.search.accounts.entry(name.to_owned()).or_default().key = key;
    Ok(())
}

fn show_key(all: &Settings, name: &str) -> Option<String> {
    all.search.accounts.get(name)?.key.as_ref().map(|key| quoted(&key.to_string()))
}

fn set_url(all: &mut Settings, name: &str, text: &str) -> Result<(), String> {
    all.search.accounts.entry(name.to_owned()).or_default().base = open_address(text)?;
    Ok(())
}

fn show_url(all: &Settings, name: &str) -> Option<String> {
    all.search.accounts.get(name)?.base.as_ref().map(|url| quoted(url.as_str()))
}
