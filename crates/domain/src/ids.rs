//! Ids: 128 random bits as 32 hex digits behind a prefix. They do not sort and do not tell anything.

use std::fmt;
use std::str::FromStr;

use crate::clock::Chance;

/// Text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {what}: it looks like {prefix} and 32 hex digits")]
pub struct NotAnId {
    given: String,
    what: &'static str,
    prefix: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(u128);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            pub fn new(chance: &Chance) -> Self {
                Self(chance.next())
            }

            /// For ids that are made from content instead of chance.
            pub const fn from_bits(bits: u128) -> Self {
                Self(bits)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{:032x}", $prefix, self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let hex = text.strip_prefix($prefix).filter(|hex| {
                    hex.len() == 32 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
                });
                hex.and_then(|hex| u128::from_str_radix(hex, 16).ok()).map(Self).ok_or_else(|| {
                    NotAnId {
                        given: text.chars().take(60).collect(),
                        what: $what,
                        prefix: $prefix,
                    }
                })
            }
        }
    };
}

id!(
    /// One piece of work.
    RunId, "trun_", "the id of a run"
);
id!(
    /// Runs for the rows of a table.
    GroupId, "tgrp_", "the id of a group"
);
id!(
    /// The bytes of one page as one owner received them.
    PageId, "page_", "the id of a page"
);

/// What the outside calls a task: a run or a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WorkId {
    Run(RunId),
    Group(GroupId),
}

impl fmt::Display for WorkId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(id) => id.fmt(f),
            Self::Group(id) => id.fmt(f),
        }
    }
}

impl FromStr for WorkId {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        if text.starts_with(GroupId::PREFIX) {
            return text.parse().map(Self::Group);
        }
        text.parse().map(Self::Run).map_err(|bad: NotAnId| NotAnId {
            what: "the id of a run or group",
            prefix: "trun_ or tgrp_",
            ..bad
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written() {
        let id = RunId::from_bits(0x0123_4567);
        assert_eq!(id.to_string(), "trun_00000000000000000000000001234567");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn what_is_no_id_is_named_and_told_the_form() {
        let refused = "trun_12".parse::<WorkId>().unwrap_err().to_string();
        assert_eq!(
            refused,
            "`trun_12` is not the id of a run or group: it looks like trun_ or tgrp_ and 32 hex digits"
        );
        assert!("tgrp_00000000000000000000000001234567".parse::<RunId>().is_err());
        assert!("trun_0000000000000000000000000123456G".parse::<RunId>().is_err());
    }
}
