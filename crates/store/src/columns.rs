//! What a statement of the embedded database answers with, read column by column.
//!
//! PostgreSQL's rows are read by sqlx, by name. Here they are read in the order in which they stand in the statement,
//! which is several times as quick; debug builds, and so all tests, check the names.

use rusqlite::Row;

/// One column or several that follow each other.
pub(crate) trait Columns: Sized {
    /// Reads from column `at` on, and leaves there where the next one stands.
    fn read(row: &Row<'_>, at: &mut usize) -> rusqlite::Result<Self>;
}

macro_rules! one_column {
    ($($type:ty),*) => {$(
        impl Columns for $type {
            fn read(row: &Row<'_>, at: &mut usize) -> rusqlite::Result<Self> {
                *at += 1;
                row.get(*at - 1)
            }
        }

        impl Columns for Option<$type> {
            fn read(row: &Row<'_>, at: &mut usize) -> rusqlite::Result<Self> {
                *at += 1;
                row.get(*at - 1)
            }
        }
    )*};
}

one_column!(i64, f64, bool, String, Vec<u8>);

macro_rules! tuple {
    ($($type:ident)*) => {
        impl<$($type: Columns),*> Columns for ($($type,)*) {
            fn read(row: &Row<'_>, at: &mut usize) -> rusqlite::Result<Self> {
                Ok(($($type::read(row, at)?,)*))
            }
        }
    };
}

tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);
tuple!(A B C D E F G);
tuple!(A B C D E F G H);

/// A struct that is a row of either database. Its fields stand in the order of the statement's columns.
macro_rules! columns {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $($(#[$of_field:meta])* $field_vis:vis $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(sqlx::FromRow)]
        $vis struct $name {
            $($(#[$of_field])* $field_vis $field: $type,)*
        }

        impl $crate::columns::Columns for $name {
            fn read(row: &rusqlite::Row<'_>, at: &mut usize) -> rusqlite::Result<Self> {
                Ok(Self { $($field: $crate::columns::named(row, at, stringify!($field))?,)* })
            }
        }
    };
}

/// One column, which is called as the field that it is for.
pub(crate) fn named<T: Columns>(row: &Row<'_>, at: &mut usize, name: &str) -> rusqlite::Result<T> {
    debug_assert_eq!(row.as_ref().column_name(*at), Ok(name), "column {at} of a statement");
    T::read(row, at)
}

pub(crate) use columns;
