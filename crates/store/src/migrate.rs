//! Brings a database to the schema of this binary. Steps are only ever added.

use std::borrow::Cow;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{PgPool, SqlSafeStr};

use crate::Failed;
use crate::embedded::Embedded;

/// Number, name and text of each step.
const STEPS: [(i64, &str, &str); 6] = [
    (1, "start", include_str!("../migrations/0001_start.sql")),
    (2, "models", include_str!("../migrations/0002_models.sql")),
    (3, "pages", include_str!("../migrations/0003_pages.sql")),
    (6, "visits", include_str!("../migrations/0006_visits.sql")),
    (7, "cells", include_str!("../migrations/0007_cells.sql")),
    (8, "again", include_str!("../migrations/0008_again.sql")),
];

/// How a database spells the two types that have no common name.
struct Dialect {
    identity: &'static str,
    bytes: &'static str,
}

const SQLITE: Dialect = Dialect { identity: "INTEGER PRIMARY KEY", bytes: "BLOB" };
const POSTGRES: Dialect =
    Dialect { identity: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", bytes: "BYTEA" };

fn steps(dialect: &Dialect) -> Vec<Migration> {
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
    steps.to_vec()
}

pub(crate) async fn postgres(pool: &PgPool) -> Result<(), Failed> {
    let migrator = Migrator::with_migrations(steps(&POSTGRES));
    migrator.run(pool).await.map_err(|error| {
        if let MigrateError::VersionMissing(step) = error {
            return Failed::Newer { step };
        }
        sqlx::Error::from(error).into()
    })
}

/// The same for the embedded database, with the same record of what was done. Nobody else migrates meanwhile.
pub(crate) fn sqlite(conn: &Embedded) -> Result<(), Failed> {
    conn.run(
        "-- sqlite: what has been done here
         CREATE TABLE IF NOT EXISTS _sqlx_migrations (
             version BIGINT PRIMARY KEY,
             description TEXT NOT NULL,
             installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
             success BOOLEAN NOT NULL,
             checksum BLOB NOT NULL,
             execution_time BIGINT NOT NULL)",
    )?;
    let done: Vec<(i64,)> =
        conn.fetch_all("SELECT version FROM _sqlx_migrations ORDER BY version", &[])?;
    let steps = steps(&SQLITE);
    if let Some((step,)) =
        done.iter().find(|(done,)| steps.iter().all(|step| step.version != *done))
    {
        return Err(Failed::Newer { step: *step });
    }
    for step in steps.iter().filter(|step| !done.contains(&(step.version,))) {
        // One transaction: a step is done and on record, or neither. Where it fails, the connection ends and undoes it.
        conn.run("BEGIN IMMEDIATE")?;
        conn.run(step.sql.as_str())?;
        conn.execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES ($1, $2, TRUE, $3, 0)",
            &[&step.version, &step.description, &step.checksum],
        )?;
        conn.run("COMMIT")?;
    }
    Ok(())
}
