//! Reads a round's addresses, several at a time, each once.

use std::sync::Arc;

use domain::event::Stage;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::Failed;
use crate::extractive::mentions::Prepared;
use crate::world::World;

/// Pages under way at once within one run; hosts have bounds of their own.
const AT_ONCE: usize = 4;

/// The pages that could be read, in the order asked for. What could not be read is noted in the world.
pub(crate) async fn all(world: &World, addresses: &[String]) -> Result<Vec<Arc<Prepared>>, Failed> {
    let calls: Vec<_> = addresses.iter().map(|address| world.read(address)).collect();
    let read: Vec<_> = stream::iter(calls).buffered(AT_ONCE).try_collect().await?;
    let asked = read.len();
    let is_recent =
        |page: &Arc<Prepared>| match (&world.spec().policy.after, &page.page.text.published) {
            // Both are `YYYY-MM-DD`, which sort as they read. A page without a date is given the benefit of the doubt.
            (Some(after), Some(published)) => published >= after,
            (None, _) | (_, None) => true,
        };
    let pages: Vec<Arc<Prepared>> =
        read.into_iter().filter_map(Result::ok).filter(is_recent).collect();
    if asked > 0 {
        let read = pages.len();
        world.say(Stage::Extract, format!("Read {read} of {asked} pages")).await?;
    }
    Ok(pages)
}
