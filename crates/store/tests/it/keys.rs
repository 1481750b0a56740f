use task_mcp_store::{Added, Owner};
use testkit::Database;

use crate::bench::{Bench, ME};

async fn added(bench: &Bench, name: &str, owner: &str) -> String {
    match bench.store.add_key(name, owner).await.unwrap() {
        Added::Key(key) => key,
        Added::NameTaken => panic!("{name} is taken"),
    }
}

on_both! {
    a_key_shows_its_owner_and_is_kept_as_a_hash_only(bench) {
        assert!(!bench.store.needs_keys().await.unwrap());
        let (ana, second, local) =
            (added(&bench, "ana", "ana").await, added(&bench, "second", "ana").await, added(&bench, "l", "local").await);
        assert!(bench.store.needs_keys().await.unwrap());
        let owner = bench.store.owner_of_key(&ana).await.unwrap();
        assert!(owner.is_some_and(|owner| owner != ME));
        assert_eq!(bench.store.owner_of_key(&second).await.unwrap(), owner);
        assert_eq!(bench.store.owner_of_key(&local).await.unwrap(), Some(Owner::LOCAL));
        assert_eq!(bench.store.owner_of_key("tmcp_").await.unwrap(), None);
        let raw = bench.raw().await;
        assert_eq!(raw.number("SELECT COUNT(*) FROM keys WHERE length(hash) = 32").await, 3);
    }

    a_revoked_key_is_nobodys_and_its_name_stays_taken(bench) {
        let key = added(&bench, "ana", "ana").await;
        assert!(bench.store.revoke_key("ana").await.unwrap());
        assert!(!bench.store.revoke_key("ana").await.unwrap());
        assert_eq!(bench.another().await.owner_of_key(&key).await.unwrap(), None);
        assert_eq!(bench.store.add_key("ana", "bo").await.unwrap(), Added::NameTaken);
        assert!(bench.store.needs_keys().await.unwrap());
        let listed = bench.store.list_keys().await.unwrap();
        assert_eq!((listed.len(), listed[0].revoked_at.is_some()), (1, true));
    }
}
