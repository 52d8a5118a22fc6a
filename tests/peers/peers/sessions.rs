//! The contract of the engines, as the integration tests have it.

#[path = "../../it/sessions/contract.rs"]
pub(crate) mod contract;
