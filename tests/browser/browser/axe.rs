//! axe-core, the usual checker of WCAG rules, on the page as it stands.

use std::path::PathBuf;

use serde_json::Value;

use crate::person::Person;
use crate::screen;

/// Where axe-core is, if not where `.ci/run` puts it.
const VARIABLE: &str = "PORTICO_AXE";

/// Panics at anything serious or critical, in the light and in the dark theme.
pub(crate) async fn check(person: &Person) {
    person.evaluate(&source()).await.unwrap();
    for scheme in ["dark", "light"] {
        screen::prefer(&person.page, scheme).await;
        let found = person.evaluate(RUN).await.unwrap();
        let serious: Vec<_> = found.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        assert!(serious.is_empty(), "axe-core, {scheme}, at {}:\n{}", person.place().await, serious.join("\n"));
    }
}

/// `preload` would fetch the style sheets once more, for rules about media that no page here has.
const RUN: &str = "
    axe.run(document, { resultTypes: ['violations'], preload: false }).then((results) => results.violations
      .filter((violation) => ['serious', 'critical'].includes(violation.impact))
      .map((violation) => `${violation.id}: ${violation.help}: ` + violation.nodes.map((node) =>
        `${node.html} (${node.any.map((check) => check.message).join('; ')})`).join(' | ')))";

fn source() -> String {
    let path = std::env::var_os(VARIABLE).map_or_else(where_ci_puts_it, PathBuf::from);
    std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "axe-core is not at {}: {error}\n\
             `npm install --prefix ~/.cache/portico/npm axe-core@4` puts it there; {VARIABLE} names another place",
            path.display()
        )
    })
}

fn where_ci_puts_it() -> PathBuf {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    home.join(".cache/portico/npm/node_modules/axe-core/axe.min.js")
}
