//! The client against a scripted server that speaks each provider's wire, on good and on bad days.

#![expect(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod ask;
mod bad_days;
mod fail_over;
mod modes;
mod pace;
mod probes;
mod wires;
