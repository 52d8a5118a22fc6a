//! What must be known to few: no password, key or token stands in a template, in its parameters or in an environment.

use super::checks as c;
use super::part::Part;
use super::project::Project;
use crate::doctor::finding::Finding;

/// How names of what is secret end.
const SECRET: [&str; 7] = ["PASSWORD", "SECRET", "TOKEN", "PRIVATEKEY", "SECRETKEY", "APIKEY", "FALLBACKS"];

/// What begins a private key, and what begins the id of an access key of AWS.
const KEYS: [&str; 2] = ["PRIVATE KEY-----", "AKIA"];

const FIX: &str = "Put it into Secrets Manager, into the secret SecretKey or one of its own, and name that by its ARN";

pub(super) fn check(project: &Project<'_>, text: &str, findings: &mut Vec<Finding>) {
    for function in &project.functions {
        for (name, value) in function.environment() {
            if is_secret(name) && !value.text().is_empty() && !value.text().starts_with("arn:") {
                let what = format!("{name} stands in the function's configuration");
                findings.push(value.finding(c::SECRET_CLEAR, what, FIX));
            }
        }
    }
    for (resource, secret) in project.all("AWS::SecretsManager::Secret") {
        let string = secret.get("SecretString");
        if string.exists() && !string.text().starts_with("{{resolve:") {
            let fix = "Write GenerateSecretString, as SecretKey has it: then nobody has seen it";
            findings.push(string.finding(c::SECRET_CLEAR, "the secret stands in the template", fix));
        }
        if resource.deletion_policy == "Delete" && project.told("SECRET_KEY_ARN") == Some(&*resource.name) {
            let fix = "Write beside Type DeletionPolicy: Retain and UpdateReplacePolicy: Retain";
            findings.push(secret.finding(c::SECRET_DELETED, "the key is deleted with the stack", fix));
        }
    }
    for (name, parameter) in &project.deployment.parameters {
        let part = Part::root(name, parameter);
        if is_secret(name) && !part.get("Default").text().is_empty() {
            let what = "the parameter's default is a secret";
            findings.push(part.get("Default").finding(c::SECRET_CLEAR, what, FIX));
        }
    }
    keys(text, findings);
}

/// A key somewhere in the text, whatever it is called.
fn keys(text: &str, findings: &mut Vec<Finding>) {
    for (number, line) in text.lines().enumerate() {
        let is_pem = line.contains("-----BEGIN") && line.contains(KEYS[0]);
        let is_id = line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| {
            word.len() == 20
                && word.starts_with(KEYS[1])
                && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        });
        if is_pem || is_id {
            let what = if is_pem { "a private key stands there" } else { "the id of an access key stands there" };
            findings.push(Finding::new(c::SECRET_CLEAR, format!("line {}", number + 1), what, FIX));
        }
    }
}

/// Whether what is called so is a secret itself, and not where one is.
fn is_secret(name: &str) -> bool {
    let plain = name.replace('_', "").to_ascii_uppercase();
    SECRET.iter().any(|end| plain.ends_with(end))
}

#[cfg(test)]
mod tests {
    use portico::config::Config;

    use super::*;

    #[test]
    fn the_settings_that_are_secret_are_known_by_their_names() {
        let settings = Config::settings();
        let secret: Vec<_> = settings.iter().map(|setting| setting.name).filter(|name| is_secret(name)).collect();
        for name in [
            "CACHE_PASSWORD",
            "EMAIL_HOST_PASSWORD",
            "ORIGIN_SECRET",
            "ORIGIN_SECRET_FALLBACKS",
            "SECRET_KEY",
            "SECRET_KEY_FALLBACKS",
        ] {
            assert!(secret.contains(&name), "{name}: {secret:?}");
        }
        for name in ["SECRET_KEY_ARN", "ORIGIN_SECRET_ARN", "PASSWORD_MIN_LENGTH", "MEDIA_KEY_PAIR_ID"] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
