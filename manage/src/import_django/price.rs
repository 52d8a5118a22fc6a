//! What the imported hashes cost everybody from now on: each refused log-in does the work of the costliest of each kind.

use portico::accounts::password::{Cost, Costs, Kind, Price};

use crate::console::Console;

/// More than this for one kind is warned of, milliseconds: what Django's own take is 230 at most.
const DEAR: u64 = 300;

/// Tells it, and warns where a few old hashes make every refusal dear.
pub(super) fn tell(costs: Costs, console: &mut dyn Console) {
    let foreign = Kind::ALL.into_iter().filter(|kind| *kind != Kind::Own && costs.get(*kind) != Cost::default());
    let prices: Vec<_> = foreign.map(|kind| (kind, kind.price(costs.get(kind)))).collect();
    if prices.is_empty() {
        return;
    }
    let each: Vec<_> = prices.iter().map(|(kind, price)| format!("{} {}", kind.name(), words(*price))).collect();
    let sum: u64 = prices.iter().map(|(_, price)| price.millis).sum();
    console.say(&format!(
        "Each refused log-in does the work of the costliest hash of each kind, so that it tells nothing: {}; together about \
         {sum} ms more of one core.",
        each.join(", ")
    ));
    for (kind, price) in prices.into_iter().filter(|(_, price)| price.millis > DEAR) {
        console.warn(&format!(
            "{} is dear: {}. A lower limit in PASSWORD_HASHERS (docs/passwords.md) spares every refusal that; the owners of \
             the hashes above it then set a new password by mail.",
            kind.name(),
            words(price)
        ));
    }
}

fn words(price: Price) -> String {
    match price.mib {
        0 => format!("about {} ms", price.millis),
        mib => format!("about {} ms and {mib} MiB", price.millis),
    }
}
