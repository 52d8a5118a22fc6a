//! `/password/change`, `/password/reset` and what its link leads to.

mod change;
mod faults;
mod links;
mod reset;

/// Another password that the rules accept.
const NEW: &str = "staple battery horse";
