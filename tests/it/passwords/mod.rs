//! Passwords: what a new one must be, and what becomes of old hashes.

mod breaches;
mod hashes;
mod rules;

use serde_json::{Value, json};

/// Passwords and what a real Django made of them: the cheap ones, one of each kind.
pub(crate) fn django() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(crate::site::root().join("tests/fixtures/passwords/hashes.jsonl")).unwrap();
    text.lines().take(6).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What signs somebody up with this password.
fn form(email: &str, password: &str) -> Value {
    json!({ "email": email, "password1": password, "password2": password })
}
