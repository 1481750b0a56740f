//! Name resolution that hands out public addresses only, so that what is dialled is what was vetted.

use std::net::SocketAddr;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::guard::{self, Refusal};

/// The resolver of the guarded client.
///
/// One private address among the answers refuses the name: a mix is how rebinding begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vetted;

impl Resolve for Vetted {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // Port 0 stands for "the port of the address"; the connector fills it in.
            let found: Vec<SocketAddr> =
                tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().any(|address| !guard::is_public(address.ip())) {
                return Err(Refusal::Private.into());
            }
            let addresses: Addrs = Box::new(found.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_with_a_private_address_is_refused() {
        let answer = Vetted.resolve("localhost".parse().unwrap()).await;
        let refused = answer.err().and_then(|error| error.downcast_ref::<Refusal>().copied());
        assert_eq!(refused, Some(Refusal::Private));
    }
}
