use task_mcp_store::{ExecutorLock, Failed, Location, Store};
use testkit::{Database, HandClock, clock};

use crate::bench::{Bench, location, worker};

on_both! {
    a_database_of_a_newer_version_is_refused(bench) {
        bench.raw().await.execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             SELECT 99, 'later', success, checksum, execution_time FROM _sqlx_migrations
             WHERE version = 1"
        ).await;
        let opened = Store::open(&location(&bench.database), bench.clock.clock(), clock::chance(9)).await;
        let Err(refused) = opened else { panic!("it was opened") };
        assert!(matches!(refused, Failed::Newer { step: 99 }));
        assert_eq!(
            refused.to_string(),
            "the database was written by a newer version of task-mcp (its schema has step 99); \
             use that version, or another --data directory"
        );
    }

    many_may_open_an_empty_database_at_once(_bench) {
        let database = match &_bench.database {
            Database::Sqlite(_) => Database::sqlite(),
            Database::Postgres(_) => Database::postgres().await,
        };
        let mut tasks = tokio::task::JoinSet::new();
        for seed in 0..6 {
            let location = location(&database);
            let clock = HandClock::default().clock();
            tasks.spawn(async move { Store::open(&location, clock, clock::chance(seed)).await.map(drop) });
        }
        for opened in tasks.join_all().await {
            opened.unwrap();
        }
    }

    it_answers_when_the_database_does(bench) {
        bench.store.ping().await.unwrap();
        assert_eq!(bench.store.is_shared(), bench.database.url().is_some());
    }
}

#[tokio::test]
async fn the_right_to_execute_is_one_processs_at_a_time() {
    let bench = Bench::new(Database::sqlite()).await;
    let directory = bench.database.directory().unwrap();
    let lock = ExecutorLock::try_take(directory).unwrap().unwrap();
    assert!(ExecutorLock::try_take(directory).unwrap().is_none());
    drop(lock);
    assert!(ExecutorLock::try_take(directory).unwrap().is_some());
}

#[tokio::test]
async fn whoever_gets_the_right_to_execute_takes_over_at_once() {
    let bench = Bench::new(Database::sqlite()).await;
    bench.group(3).await;
    bench.claim(2).await;
    let next = bench.another().await;
    let lock = ExecutorLock::try_take(bench.database.directory().unwrap()).unwrap().unwrap();
    assert_eq!(next.take_over(&lock).await.unwrap(), 2);
    assert_eq!(next.claim(&worker("bob"), 2).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let file = tempfile_in_the_way();
    let at = Location::Directory(file.path().join("below"));
    let opened = Store::open(&at, HandClock::default().clock(), clock::chance(0)).await;
    let Err(refused) = opened else { panic!("it was opened") };
    assert!(refused.to_string().starts_with("the data directory `"), "{refused}");
}

fn tempfile_in_the_way() -> tempfile::NamedTempFile {
    tempfile::NamedTempFile::new().unwrap()
}
