//! The contract of the engines, as the integration tests have it.

#[path = "../../it/sessions/contract.rs"]
pub(crate) mod contract;
#[path = "../../it/sessions/rights.rs"]
pub(crate) mod rights;
