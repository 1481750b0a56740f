//! Search providers, one file each. [`wire`] says what all have in common; `search` asks them.

mod arxiv;
mod brave;
mod crossref;
pub(crate) mod date;
mod exa;
mod firecrawl;
mod gdelt;
mod jina;
pub(crate) mod json_api;
mod openalex;
mod parallel;
pub(crate) mod searxng;
mod serper;
mod tavily;
#[cfg(test)]
mod tests;
mod wikipedia;
pub(crate) mod wire;

use wire::Wire;

/// All of them, in the order in which they are shown.
pub(crate) const ALL: [&Wire; 14] = [
    &searxng::WIRE,
    &wikipedia::WIRE,
    &arxiv::WIRE,
    &openalex::WIRE,
    &crossref::WIRE,
    &gdelt::WIRE,
    &brave::WIRE,
    &tavily::WIRE,
    &exa::WIRE,
    &serper::WIRE,
    &parallel::WIRE,
    &firecrawl::WIRE,
    &jina::WIRE,
    &json_api::WIRE,
];

pub(crate) fn find(name: &str) -> Option<&'static Wire> {
    ALL.into_iter().find(|wire| wire.name == name)
}
