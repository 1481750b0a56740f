//! Which search providers are asked, and what each needs: from settings to what the sources are built with.

use std::collections::BTreeMap;

use egress::{HostRule, Origin, Purpose};
use sources::{About, Account, JsonApi, Key};
use url::Url;

#[derive(Debug, Clone)]
pub(crate) struct Search {
    pub(crate) searxng_url: Option<Url>,
    /// Those that are named; unless set, all that have an address or a key.
    pub(crate) providers: Option<Vec<String>>,
    pub(crate) keyless: bool,
    pub(crate) contact: Option<String>,
    /// Addresses and keys by provider.
    pub(crate) accounts: BTreeMap<String, Account>,
    pub(crate) api: JsonApi,
    /// Keys that lie in the environment for something else as well, and are used only where `providers` names them.
    pub(crate) borrowed: Vec<String>,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            searxng_url: None,
            providers: None,
            keyless: true,
            contact: None,
            accounts: BTreeMap::new(),
            api: JsonApi::default(),
            borrowed: Vec::new(),
        }
    }
}

impl Search {
    /// What the operator says about a provider.
    fn account(&self, name: &str) -> Account {
        let mut account = self.accounts.get(name).cloned().unwrap_or_default();
        account.contact.clone_from(&self.contact);
        if name == sources::SEARXNG {
            account.base.clone_from(&self.searxng_url);
        }
        if name == "api" && !self.api.template.is_empty() {
            account.base = JsonApi::base(&self.api.template).ok();
            account.api = Some(self.api.clone());
        }
        account
    }

    /// The providers that every run asks.
    pub(crate) fn chosen(&self) -> Vec<String> {
        if let Some(named) = &self.providers {
            return named.clone();
        }
        let is_set_up = |about: &About| {
            let account = self.account(about.name);
            // An address of one's own for a public service changes where it is asked, not whether.
            let is_own = about.base.is_empty() && account.base.is_some();
            let is_borrowed = self.borrowed.iter().any(|name| name == about.name);
            is_own || (account.key.is_some() && !is_borrowed)
        };
        sources::catalogue().filter(is_set_up).map(|about| about.name.to_owned()).collect()
    }

    /// Everything that could be asked, for runs that were made under other settings too.
    pub(crate) fn all_accounts(&self) -> Vec<(String, Account)> {
        let chosen = self.chosen();
        sources::catalogue()
            .map(|about| (about, self.account(about.name)))
            .filter(|(about, account)| {
                let has_address = !about.base.is_empty() || account.base.is_some();
                let is_chosen = chosen.iter().any(|name| name == about.name);
                has_address && (about.key != Key::Required || is_chosen)
            })
            .map(|(about, account)| (about.name.to_owned(), account))
            .collect()
    }

    /// The origins of addresses that the operator gave: leave to ask them, and not to read pages there.
    pub(crate) fn services(&self) -> Vec<(Purpose, Origin)> {
        let bases = self.all_accounts().into_iter().filter_map(|(_, account)| account.base);
        bases.filter_map(|base| Some((Purpose::Search, Origin::of(&base)?))).collect()
    }

    /// The hosts of the chosen providers, which need not be listed once more.
    pub(crate) fn hosts(&self) -> Vec<HostRule> {
        let chosen = self.chosen();
        sources::catalogue()
            .filter(|about| chosen.iter().any(|name| name == about.name))
            .filter_map(|about| Url::parse(about.base).ok())
            .filter_map(|base| HostRule::parse(base.host_str()?).ok())
            .collect()
    }

    /// What is named and cannot be asked, with what to set.
    pub(crate) fn check(&self) -> Result<(), String> {
        for name in self.providers.iter().flatten() {
            let account = self.account(name);
            let Some(about) = sources::catalogue().find(|about| about.name == name) else {
                continue;
            };
            if about.key == Key::Required && account.key.is_none() {
                let variable = about.variable.map_or(String::new(), |name| format!(" or {name}"));
                return Err(format!(
                    "`search.providers` names `{name}`, which needs a key: set search.{name}.key{variable}"
                ));
            }
            if about.base.is_empty() && account.base.is_none() {
                return Err(format!(
                    "`search.providers` names `{name}`, whose address is not known: set search.{name}.url"
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_key(mut search: Search, name: &str) -> Search {
        search.accounts.entry(name.into()).or_default().key = egress::Secret::parse("k");
        search
    }

    #[test]
    fn what_has_an_address_or_a_key_is_asked_unless_others_are_named() {
        let search = with_key(Search::default(), "brave");
        let search = Search { searxng_url: Url::parse("http://localhost:8888").ok(), ..search };
        assert_eq!(search.chosen(), ["searxng", "brave"]);
        let named = Search { providers: Some(vec!["wikipedia".into()]), ..search };
        assert_eq!(named.chosen(), ["wikipedia"]);
        assert_eq!(Search::default().chosen(), Vec::<String>::new());
    }

    #[test]
    fn a_key_that_lies_there_for_something_else_is_used_only_when_its_provider_is_named() {
        let search = with_key(Search::default(), "parallel");
        let search = Search { borrowed: vec!["parallel".into()], ..search };
        assert_eq!(search.chosen(), Vec::<String>::new());
        assert!(search.all_accounts().iter().all(|(name, _)| name != "parallel"));
        let named = Search { providers: Some(vec!["parallel".into()]), ..search };
        assert_eq!(named.chosen(), ["parallel"]);
        assert!(named.all_accounts().iter().any(|(name, _)| name == "parallel"));
    }

    #[test]
    fn a_named_provider_without_what_it_needs_is_refused_with_what_to_set() {
        let named = |name: &str| Search { providers: Some(vec![name.into()]), ..Search::default() };
        assert_eq!(
            named("brave").check().unwrap_err(),
            "`search.providers` names `brave`, which needs a key: set search.brave.key or BRAVE_API_KEY"
        );
        assert!(named("searxng").check().unwrap_err().ends_with("set search.searxng.url"));
        assert_eq!(named("wikipedia").check(), Ok(()));
        assert_eq!(with_key(named("brave"), "brave").check(), Ok(()));
    }

    #[test]
    fn an_address_of_ones_own_may_be_private_for_searching_only() {
        let search =
            Search { searxng_url: Url::parse("http://10.0.0.7:8888/x").ok(), ..Search::default() };
        let origin = Origin::parse("http://10.0.0.7:8888").unwrap();
        assert_eq!(search.services(), [(Purpose::Search, origin)]);
    }
}
