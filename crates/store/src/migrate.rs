//! Brings a database to the schema of this binary. Steps are only ever added.

use std::borrow::Cow;

use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator};
use sqlx::{Acquire, SqlSafeStr};

use crate::Failed;

/// Number, name and text of each step.
const STEPS: [(i64, &str, &str); 2] = [
    (1, "start", include_str!("../migrations/0001_start.sql")),
    (3, "pages", include_str!("../migrations/0003_pages.sql")),
];

/// How a database spells the two types that have no common name.
pub(crate) struct Dialect {
    pub(crate) identity: &'static str,
    pub(crate) bytes: &'static str,
}

pub(crate) const SQLITE: Dialect = Dialect { identity: "INTEGER PRIMARY KEY", bytes: "BLOB" };
pub(crate) const POSTGRES: Dialect =
    Dialect { identity: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", bytes: "BYTEA" };

pub(crate) async fn run<'a, A>(dialect: &Dialect, database: A) -> Result<(), Failed>
where
    A: Acquire<'a>,
    <A::Connection as std::ops::Deref>::Target: Migrate,
{
    let steps = STEPS.map(|(number, name, text)| {
        let text = text
            .replace("IDENTITY,", &format!("{},", dialect.identity))
            .replace("BYTES ", &format!("{} ", dialect.bytes));
        Migration::new(
            number,
            Cow::Borrowed(name),
            MigrationType::Simple,
            sqlx::AssertSqlSafe(text).into_sql_str(),
            false,
        )
    });
    let migrator = Migrator::with_migrations(steps.to_vec());
    migrator.run(database).await.map_err(|error| {
        if let MigrateError::VersionMissing(step) = error {
            return Failed::Newer { step };
        }
        sqlx::Error::from(error).into()
    })
}
