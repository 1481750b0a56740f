//! Settings of the way out.

use domain::outgoing::Mode;
use egress::HostRule;

use super::keys::{Key, quoted};
use super::values::{list, origins, shown_origins, yes_or_no};

pub(super) static KEYS: [Key; 4] = [
    Key {
        name: "egress.mode",
        doc: "how far requests go: offline (nothing leaves this machine), listed (only what the settings name) or public",
        set: |all, text| {
            all.egress.mode =
                Mode::parse(text.trim()).ok_or("write offline, listed or public".to_owned())?;
            Ok(())
        },
        show: |all| Some(quoted(all.egress.mode.as_str())),
    },
    Key {
        name: "egress.listed",
        doc: "hosts of the public web that may be asked where `egress.mode` is listed; *.example.org takes in all below it",
        set: |all, text| {
            let rules = list(text)?;
            let rules =
                rules.iter().map(|rule| HostRule::parse(rule).map_err(|why| why.to_string()));
            all.egress.listed = rules.collect::<Result<_, _>>()?;
            Ok(())
        },
        show: |all| {
            let rules: Vec<String> =
                all.egress.listed.iter().map(|rule| format!("\"{rule}\"")).collect();
            Some(format!("[{}]", rules.join(", ")))
        },
    },
    Key {
        name: "egress.documents_stay",
        doc: "runs that read own documents send nothing (no query, no prompt, no address) to hosts that `egress.local` does not list",
        set: |all, text| yes_or_no(text).map(|stay| all.egress.documents_stay = stay),
        show: |all| Some(all.egress.documents_stay.to_string()),
    },
    Key {
        name: "egress.local",
        doc: "exact origins that count as one's own house where documents stay, such as http://localhost:11434",
        set: |all, text| origins(text).map(|local| all.egress.local = local),
        show: |all| Some(shown_origins(&all.egress.local)),
    },
];
