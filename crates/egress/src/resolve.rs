//! Name resolution that hands out public addresses only, so that what is dialled is what was vetted.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::{Instant, sleep_until};

use crate::guard::{self, Refusal};

/// A refused name is told this long after it was asked for, or twice as long, and so on. How fast a resolver answers would
/// tell whether it knows the name: one of the own network is known at once, one that nobody knows may take a while.
const REFUSED_AFTER: Duration = Duration::from_secs(1);

/// Who knows the addresses of names: the machine's resolver, unless somebody brings another.
#[derive(Clone)]
pub struct Names(Arc<dyn Fn(String) -> Found + Send + Sync>);

type Found = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

impl Names {
    /// The resolver of this machine.
    pub fn of_machine() -> Self {
        Self(Arc::new(|name| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        }))
    }

    /// Answers that are worked out by a function.
    pub fn from_fn(answer: impl Fn(&str) -> Vec<IpAddr> + Send + Sync + 'static) -> Self {
        Self(Arc::new(move |name| {
            let found = answer(&name);
            Box::pin(async move { Ok(found) })
        }))
    }
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Names")
    }
}

/// The resolver of the guarded client.
///
/// One private address among the answers refuses the name: a mix is how rebinding begins.
#[derive(Debug, Clone)]
pub(crate) struct Vetted {
    names: Names,
    refused_after: Duration,
}

impl Vetted {
    pub(crate) const fn new(names: Names) -> Self {
        Self { names, refused_after: REFUSED_AFTER }
    }
}

impl Resolve for Vetted {
    fn resolve(&self, name: Name) -> Resolving {
        let asked = (self.names.0)(name.as_str().to_owned());
        let (asked_at, step) = (Instant::now(), self.refused_after);
        Box::pin(async move {
            let found = asked.await.unwrap_or_default();
            if found.is_empty() || !found.iter().copied().all(guard::is_public) {
                sleep_until(asked_at + whole_steps(asked_at.elapsed(), step)).await;
                return Err(Refusal::Nowhere.into());
            }
            Ok(dialled(found))
        })
    }
}

/// The time that has passed, rounded up to whole steps, at least one.
fn whole_steps(passed: Duration, step: Duration) -> Duration {
    let steps = passed.as_nanos().checked_div(step.as_nanos()).unwrap_or_default() + 1;
    step * u32::try_from(steps).unwrap_or(u32::MAX)
}

/// Port 0 stands for "the port of the address"; the connector fills it in.
fn dialled(found: Vec<IpAddr>) -> Addrs {
    Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0)))
}

/// The resolver of the client for the operator's own origins.
#[derive(Debug, Clone)]
pub(crate) struct Trusted(pub(crate) Names);

impl Resolve for Trusted {
    fn resolve(&self, name: Name) -> Resolving {
        let asked = (self.0.0)(name.as_str().to_owned());
        Box::pin(async move { Ok(dialled(asked.await?)) })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn ips(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn at_once(names: Names) -> Vetted {
        Vetted { names, refused_after: Duration::ZERO }
    }

    /// What is dialled for a name, or why it is refused.
    async fn ask(vetted: &Vetted, name: &str) -> Result<Vec<IpAddr>, Refusal> {
        match vetted.resolve(name.parse().unwrap()).await {
            Ok(addresses) => Ok(addresses.map(|address| address.ip()).collect()),
            Err(why) => Err(*why.downcast_ref::<Refusal>().unwrap()),
        }
    }

    #[tokio::test]
    async fn a_name_with_a_private_address_among_its_answers_is_refused() {
        let answers = |name: &str| match name {
            "public.test" => ips(&["93.184.216.34", "2606:4700::1111"]),
            "mixed.test" => ips(&["93.184.216.34", "127.0.0.1"]),
            "mapped.test" => ips(&["::ffff:10.0.0.1"]),
            "nat64.test" => ips(&["64:ff9b::a9fe:a9fe"]),
            _ => Vec::new(),
        };
        let vetted = at_once(Names::from_fn(answers));
        let public = ips(&["93.184.216.34", "2606:4700::1111"]);
        assert_eq!(ask(&vetted, "public.test").await, Ok(public));
        for name in ["mixed.test", "mapped.test", "nat64.test", "nowhere.test"] {
            assert_eq!(ask(&vetted, name).await, Err(Refusal::Nowhere), "{name}");
        }
        let machine = at_once(Names::of_machine());
        assert_eq!(ask(&machine, "localhost").await, Err(Refusal::Nowhere));
    }

    #[tokio::test]
    async fn a_name_that_changes_its_answer_is_vetted_each_time() {
        let asked = AtomicUsize::new(0);
        let vetted = at_once(Names::from_fn(move |_| {
            let turn = asked.fetch_add(1, Ordering::SeqCst);
            ips(if turn.is_multiple_of(2) { &["93.184.216.34"] } else { &["127.0.0.1"] })
        }));
        for turn in 0..1_000_u32 {
            match ask(&vetted, "rebinding.test").await {
                Ok(dialled) => assert_eq!(dialled, ips(&["93.184.216.34"])),
                Err(why) => assert_eq!((why, turn % 2), (Refusal::Nowhere, 1)),
            }
        }
    }

    #[tokio::test]
    async fn a_name_behind_the_wall_is_refused_as_slowly_as_one_that_does_not_exist() {
        let answers = |name: &str| if name == "inside.test" { ips(&["10.0.0.1"]) } else { vec![] };
        let vetted = Vetted::new(Names::from_fn(answers));
        for name in ["inside.test", "nowhere.test"] {
            let asked_at = Instant::now();
            assert_eq!(ask(&vetted, name).await, Err(Refusal::Nowhere));
            assert!(asked_at.elapsed() >= REFUSED_AFTER, "{name}");
        }
    }

    #[test]
    fn a_resolver_that_takes_its_time_over_what_it_does_not_know_tells_nothing() {
        let told = |passed_ms| whole_steps(Duration::from_millis(passed_ms), REFUSED_AFTER);
        assert_eq!((told(3), told(400)), (REFUSED_AFTER, REFUSED_AFTER));
        assert_eq!(told(1_200), REFUSED_AFTER * 2);
        assert_eq!(whole_steps(Duration::from_millis(3), Duration::ZERO), Duration::ZERO);
    }
}
