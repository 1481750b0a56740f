//! Search providers: each turns a query into hits, and its own kinds of failure into ours.

pub(crate) mod searxng;
