//! What the costliest password hashes in the table cost, so that a refusal can cost as much.
//!
//! One item, in the partition of the user that nobody is: each function may read that one, and reads it when it starts.

use std::collections::HashMap;

use serde::Deserialize as _;

use super::call::{Item, from_item};
use super::expression::Expression;
use super::keys::Key;
use super::{Store, StoreError};
use crate::accounts::password::{Cost, Costs, Kind};

impl Store {
    /// What the hashes that were brought along cost at most.
    pub async fn hash_costs(&self) -> Result<Costs, StoreError> {
        self.get(self.accounts(), &Key::hash_costs()).await?.map_or(Ok(Costs::default()), costs)
    }

    /// Notes that hashes of these costs are about to be stored. Call it before they are: a process that starts in between
    /// must know of them.
    pub async fn note_hash_costs(&self, costs: Costs) -> Result<(), StoreError> {
        for kind in Kind::ALL {
            let cost = costs.get(kind);
            if cost == Cost::default() {
                continue;
            }
            let change = Expression::new().set(&[kind.name()], cost)?.if_less(&[kind.name(), "work"], cost.work)?;
            match self.update(self.accounts(), &Key::hash_costs(), &change).await {
                // As costly ones are known already.
                Ok(_) | Err(StoreError::Condition { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// What the item says: an attribute for each kind of hash.
pub(super) fn costs(item: Item) -> Result<Costs, StoreError> {
    let known: HashMap<String, serde_json::Value> = from_item(item)?;
    let mut costs = Costs::default();
    for kind in Kind::ALL {
        let cost = known.get(kind.name()).and_then(|cost| Cost::deserialize(cost).ok());
        costs.raise(kind, cost.unwrap_or_default());
    }
    Ok(costs)
}
