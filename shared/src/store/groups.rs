//! Groups as items.

use super::bundles::Bundle;
use super::call::{Write, from_item, to_item};
use super::expression::Expression;
use super::keys::{Key, PK};
use super::{Store, StoreError};
use crate::accounts::Group;

impl Store {
    /// Reads a group.
    pub async fn get_group(&self, name: &str) -> Result<Option<Group>, StoreError> {
        self.get(self.accounts(), &Key::group(name)).await?.map(from_item).transpose()
    }

    /// A group to be written where there is none of its name.
    pub fn new_group(&self, group: &Group) -> Result<Bundle, StoreError> {
        let item = to_item(&Key::group(&group.name), group)?;
        Ok(Bundle::new(vec![Write::put(self.accounts(), item, Expression::new().if_absent(PK))]))
    }
}
