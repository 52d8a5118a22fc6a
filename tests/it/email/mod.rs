//! `/email`, what its links lead to, and what depends on a proven address.

mod change;
mod faults;
mod mandatory;
mod undo;
mod verify;

use crate::site::Site;

/// The guards of addresses: the address, and whether it is only kept.
fn guards(site: &Site) -> Vec<(String, bool)> {
    let items = site.accounts().into_iter();
    let mut guards: Vec<_> = items
        .filter_map(|item| {
            let address = item["PK"]["S"].as_str()?.strip_prefix("EMAIL#")?.to_owned();
            Some((address, item.get("reserved_until").is_some()))
        })
        .collect();
    guards.sort();
    guards
}
