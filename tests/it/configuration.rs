//! `docs/configuration.md` held against the settings that there are.

use std::collections::BTreeMap;

use portico::config::Config;
use serde_json::json;

use crate::site::{Site, root};

/// The rows of the tables with the columns `Name | Accepts | Default | Meaning`.
fn documented() -> BTreeMap<String, [String; 3]> {
    let text = std::fs::read_to_string(root().join("docs/configuration.md")).expect("docs/configuration.md");
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, accepts, default, meaning] = cells[..] else { panic!("not four columns: {line}") };
        let row = [accepts, default, meaning].map(|cell| cell.trim_matches('`').to_owned());
        assert!(rows.insert(name.trim_matches('`').to_owned(), row).is_none(), "{name} stands twice");
    }
    rows
}

#[tokio::test]
async fn a_setting_that_is_misspelt_is_told_at_the_start_and_those_of_the_template_are_not() {
    let _site = Site::uncounted(&[("LOGIN_FAILURES", "3")]).await;
    let lines = crate::site::log::lines();
    let told: Vec<_> = lines.iter().filter(|line| line.contains("is no setting")).collect();
    assert!(told.iter().any(|line| line.contains("WARN") && line.contains("LOGIN_FAILURE_LIMIT")), "{told:?}");
    assert!(told.iter().all(|line| line.contains("LOGIN_FAILURES is")), "{told:?}");
}

#[test]
fn every_setting_is_documented_with_its_default() {
    let mut documented = documented();
    for setting in Config::settings() {
        let row = documented.remove(setting.name);
        let [accepts, default, meaning] = row.unwrap_or_else(|| panic!("{} is not documented", setting.name));
        assert!(!accepts.is_empty() && !meaning.is_empty(), "{}", setting.name);
        match setting.default {
            Some(expected) if !expected.is_empty() => assert_eq!(default, expected, "{}", setting.name),
            _ => assert!(!default.chars().any(|c| c.is_ascii_digit()), "{} has no default: {default}", setting.name),
        }
    }
}

#[tokio::test]
async fn a_site_is_called_by_its_own_name_everywhere() {
    let site = Site::start_with(|options| {
        options.settings.push(("SITE_NAME".into(), "Orchard <1>".into()));
        options.settings.push(("AUTH_PASSWORD_VALIDATORS".into(), "MinimumLength, ContextWords".into()));
    })
    .await;
    let page = site.visitor().get("/login").await.text();
    assert_eq!(page.matches("Orchard &lt;1&gt;").count(), 2, "in the title and in the header: {page}");
    assert_eq!(site.program().get("/").await.json()["name"], "Orchard <1>");
    let body = json!({ "email": "kim@example.com", "password1": "xxOrchardxx", "password2": "xxOrchardxx" });
    assert_eq!(site.program().post_json("/signup", body).await.field("password2"), ["password_context_word"]);
}
