//! Which processor suits a task, by the number of its fields.

use domain::processor::{Engine, Processor};

/// The smallest that suits so many fields, then larger ones; never the very smallest, which checks nothing twice.
pub(crate) fn recommended(all: &[Processor], choose_from: &[String], fields: u32) -> Vec<String> {
    let is_offered = |processor: &&Processor| {
        let name = &processor.name;
        let is_named = choose_from.contains(name);
        let is_usual = choose_from.is_empty() && !name.ends_with("-fast");
        processor.engine != Engine::Noop && !name.starts_with("lite") && (is_named || is_usual)
    };
    let mut offered: Vec<&Processor> = all.iter().filter(is_offered).collect();
    offered.sort_by_key(|processor| (processor.fields < fields, processor.caps.wall));
    offered.into_iter().map(|processor| processor.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use domain::processor;

    use super::*;

    #[test]
    fn the_smallest_that_suits_comes_first_and_lite_never() {
        let first = |fields| recommended(&processor::defaults(), &[], fields)[0].clone();
        assert_eq!([first(1), first(8), first(20)], ["base", "core", "pro"]);
        let all = recommended(&processor::defaults(), &[], 1);
        assert!(!all.iter().any(|name| name.starts_with("lite") || name == "noop"), "{all:?}");
    }

    #[test]
    fn only_what_was_named_is_chosen_from() {
        let named = ["ultra".to_owned(), "base-fast".to_owned(), "unknown".to_owned()];
        assert_eq!(recommended(&processor::defaults(), &named, 10), ["ultra", "base-fast"]);
    }
}
