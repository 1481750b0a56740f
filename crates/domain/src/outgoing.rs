//! How far requests may go: of a whole process, and of one run.

/// How far requests may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub enum Mode {
    /// Nothing leaves this machine: only loopback origins that the settings name are asked.
    Offline,
    /// Only what the settings name.
    Listed,
    /// The public web, and what the settings name.
    #[default]
    Public,
}

impl Mode {
    pub const ALL: [Self; 3] = [Self::Offline, Self::Listed, Self::Public];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Listed => "listed",
            Self::Public => "public",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == word)
    }
}

/// Whether what was read in own documents may show in what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub enum Documents {
    /// A run that reads own documents sends nothing to a host that is not local: no query, no prompt, no address.
    Stay,
    #[default]
    MayGo,
}

/// What a process or a run lets out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Outgoing {
    pub mode: Mode,
    pub documents: Documents,
}

impl Outgoing {
    /// What both let out.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { mode: self.mode.min(other.mode), documents: self.documents.min(other.documents) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stricter_of_two_holds() {
        let offline = Outgoing { mode: Mode::Offline, ..Outgoing::default() };
        let stay = Outgoing { documents: Documents::Stay, ..Outgoing::default() };
        let both = Outgoing { mode: Mode::Offline, documents: Documents::Stay };
        assert_eq!(offline.and(stay), both);
        assert_eq!(stay.and(Outgoing::default()), stay);
    }
}
