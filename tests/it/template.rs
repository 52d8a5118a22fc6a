//! `template.yaml`, the one list of routes, held against the code in both directions.

use std::collections::{BTreeMap, BTreeSet};

use local::functions::{self, Handler};
use local::template::{Effect, Resolver, Template};
use local::{Options, Stack};
use portico::config::Config;

use crate::site::{Site, root};

fn template() -> Template {
    // With whatever a parameter may add.
    let resolver = Resolver::local().parameter("PublicUrl", "https://www.example.org");
    let resolver = resolver.parameter("StaticFiles", "function").parameter("Admin", "on");
    Template::load(&root().join("template.yaml"), &resolver).unwrap()
}

#[test]
fn every_function_of_the_template_is_linked_in_and_the_other_way_round() {
    let template: BTreeSet<_> = template().functions.into_iter().map(|function| function.name).collect();
    let linked: BTreeSet<_> = functions::all().into_iter().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(template, linked);
}

#[test]
fn every_function_has_a_package_of_its_name() {
    for function in template().functions {
        let folder = root().join("functions").join(&function.name);
        assert!(folder.join("src/main.rs").is_file() && folder.join("src/lib.rs").is_file(), "{}", function.name);
    }
    let folders = std::fs::read_dir(root().join("functions")).unwrap();
    let folders: BTreeSet<_> = folders.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let names: BTreeSet<_> = template().functions.into_iter().map(|function| function.name).collect();
    assert_eq!(folders, names);
}

#[tokio::test]
async fn a_secret_key_in_the_template_is_the_one_that_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let written = std::fs::read_to_string(root().join("template.yaml")).unwrap();
    let by_name = "SECRET_KEY_ARN: !Ref SecretKey\n";
    assert_eq!(written.matches(by_name).count(), 1);
    let amended = written.replace(by_name, "SECRET_KEY: a key that stands in the template\n");
    std::fs::write(folder.path().join("template.yaml"), amended).unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    // It would stop the start if it were read.
    std::fs::write(data.join("secret-key"), "damaged").unwrap();
    let site = Site::start_with(|options| {
        options.root = folder.path().to_owned();
        options.data = Some(data.clone());
    })
    .await;
    assert_eq!(site.program().get("/csrf").await.status, 200);
    assert_eq!(std::fs::read_to_string(data.join("secret-key")).unwrap(), "damaged");
    site.stack.shutdown().await;
    let refused = Stack::start(Options { data: Some(data), ..Options::in_memory(root()) }).await;
    assert!(refused.is_err(), "without it the file has the key");
}

#[tokio::test]
async fn the_readme_and_the_home_page_name_every_function() {
    let names: BTreeSet<_> = template().functions.into_iter().map(|function| function.name).collect();
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let row = readme.lines().find_map(|line| line.strip_prefix("| `functions/` |")).unwrap();
    // What stands between backticks: every second part.
    let in_readme: BTreeSet<_> = row.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    assert_eq!(in_readme, names, "README.md");

    let site = Site::start().await;
    let page = site.visitor().get("/").await.text();
    let entries = page.split("<dt><code>").skip(1);
    let on_page: BTreeSet<_> = entries.map(|entry| entry.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(on_page, names, "shared/templates/home.html");
    assert!(!page.contains("home-function-"), "each has its text");
}

#[test]
fn the_readme_links_every_page_of_the_documentation() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let Some(page) = name.strip_suffix(".md") else { continue };
        assert!(readme.contains(&format!("(docs/{page}.md)")), "{page}");
    }
}

#[test]
fn every_path_has_a_route_and_every_route_a_path() {
    let template = template();
    let handlers: BTreeMap<_, _> = functions::all().into_iter().collect();
    for function in &template.functions {
        let declared: BTreeSet<_> =
            function.routes.iter().map(|route| route.path.as_str()).filter(|path| *path != "$default").collect();
        let Handler::Http(routes) = &handlers[function.name.as_str()] else {
            let events = function.s3_events.len() + function.stream_events.len();
            assert!(function.routes.is_empty() && events > 0, "{}", function.name);
            continue;
        };
        assert!(function.s3_events.is_empty() && function.stream_events.is_empty(), "{}", function.name);
        assert_eq!(declared, routes.paths().collect(), "{}", function.name);
        for route in &function.routes {
            assert_eq!(route.method, "ANY", "{}: the handler decides methods", route.path);
        }
    }
}

#[test]
fn every_page_that_is_parsed_at_a_start_is_there() {
    let page = |handler| match handler {
        Handler::Http(routes) => routes.page_to_parse(),
        Handler::Jobs(_) => None,
    };
    let pages: Vec<_> = functions::all().into_iter().filter_map(|(_, handler)| page(handler)).collect();
    assert!(!pages.is_empty());
    for page in pages {
        assert!(root().join("shared/templates").join(page).is_file(), "{page}");
    }
}

#[test]
fn the_function_for_static_files_is_there_where_it_is_asked_for_and_may_do_nothing_else() {
    let resolver = Resolver::local().parameter("PublicUrl", "https://www.example.org");
    let by_bucket = Template::load(&root().join("template.yaml"), &resolver).unwrap();
    assert!(by_bucket.function("static-files").is_none());
    let template = template();
    let function = template.function("static-files").unwrap();
    let actions: Vec<_> = function.statements.iter().flat_map(|statement| &statement.actions).collect();
    assert_eq!(actions, ["secretsmanager:GetSecretValue"], "of the distribution alone: no table, no key");
    assert_eq!(function.environment["STATIC_ROOT"], "/opt");
    let ignored = std::fs::read_to_string(root().join("staticfiles/.gitignore")).unwrap();
    assert_eq!(ignored, "*\n!.gitignore\n", "the layer's folder is in every checkout, and empty there");
}

#[test]
fn what_no_route_matches_goes_to_home() {
    let template = template();
    let defaults: Vec<_> = template
        .functions
        .iter()
        .filter(|function| function.routes.iter().any(|route| route.path == "$default"))
        .map(|function| function.name.as_str())
        .collect();
    assert_eq!(defaults, ["home"]);
}

#[test]
fn every_environment_name_is_a_setting_and_every_required_setting_is_there() {
    let known: BTreeSet<_> = Config::settings().into_iter().map(|setting| setting.name).collect();
    for function in template().functions {
        for name in function.environment.keys() {
            assert!(known.contains(name.as_str()), "{}: {name} is no setting", function.name);
        }
        let environment: Vec<_> = function.environment.clone().into_iter().collect();
        let config = Config::from_vars(environment);
        assert!(config.is_ok(), "{}: {}", function.name, config.unwrap_err());
        assert!(function.environment.contains_key("SECRET_KEY_ARN"), "{}", function.name);
        assert!(!function.environment.contains_key("SECRET_KEY"), "{}: a key in plain sight", function.name);
    }
}

#[test]
fn every_required_setting_is_really_required() {
    let environment = template().functions.remove(0).environment;
    for name in ["PUBLIC_URL", "SECRET_KEY_ARN", "ACCOUNTS_TABLE", "SESSIONS_TABLE", "OUTBOX_TABLE", "MEDIA_ROOT"] {
        let mut vars = environment.clone();
        vars.remove(name).unwrap();
        let error = Config::from_vars(vars).unwrap_err().to_string();
        assert!(error.contains(name.trim_end_matches("_ARN")), "{error}");
    }
}

#[test]
fn every_function_has_statements_of_its_own_and_none_is_for_everything() {
    for function in template().functions {
        assert!(!function.statements.is_empty(), "{}", function.name);
        for statement in &function.statements {
            let what = format!("{}: {statement:?}", function.name);
            assert_eq!(statement.effect, Effect::Allow, "{what}");
            assert!(statement.sid.is_some(), "{what}");
            assert!(!statement.actions.is_empty() && !statement.resources.is_empty(), "{what}");
            for action in &statement.actions {
                let (service, verb) = action.split_once(':').unwrap();
                assert!(["dynamodb", "s3", "secretsmanager", "ses"].contains(&service), "{what}");
                assert!(!verb.contains('*'), "{what}");
                assert!(!["Scan", "DeleteTable", "PutBucketPolicy"].contains(&verb), "{what}");
            }
            for resource in &statement.resources {
                assert!(resource.starts_with("arn:") && resource != "arn:*", "{what}");
                if resource.ends_with(":identity/*") {
                    // Which of the identities sends is said by the address.
                    assert!(statement.condition["StringEquals"]["ses:FromAddress"].is_string(), "{what}");
                    continue;
                }
                // A star at the end is a folder of a bucket, never a bucket or a table.
                let folder = resource.starts_with("arn:aws:s3:::") && resource.ends_with("/*");
                assert!(!resource.trim_end_matches('*').contains('*'), "{what}");
                assert!(!resource.ends_with('*') || (folder && resource.matches('/').count() >= 2), "{what}");
            }
        }
    }
}

#[test]
fn only_the_function_that_verifies_reads_what_is_not_verified() {
    for function in template().functions {
        let touches = |verb: &str, folder: &str| {
            let action = format!("s3:{verb}Object");
            function.statements.iter().any(|statement| {
                statement.actions.contains(&action) && statement.resources.iter().any(|arn| arn.contains(folder))
            })
        };
        assert_eq!(touches("Get", "/uploads/"), function.name == "process-upload", "{}", function.name);
        assert_eq!(touches("Put", "/media/"), function.name == "process-upload", "{}", function.name);
        assert_eq!(touches("Put", "/uploads/"), function.name == "presign-upload", "{}", function.name);
    }
}

#[test]
fn the_tables_are_as_the_code_expects_them() {
    let template = template();
    let table = |name: &str| template.tables.iter().find(|table| table.name == name).unwrap();
    assert_eq!(table("sessions").ttl_attribute.as_deref(), Some("expires_at"));
    let expires = table("accounts").ttl_attribute.as_deref();
    assert_eq!(expires, Some("audited_until"), "of what is durable the audit trail alone expires");
    for name in ["accounts", "sessions"] {
        let keys = &table(name).keys;
        assert_eq!(keys.partition.name, "PK");
        assert_eq!(keys.sort.as_ref().unwrap().name, "SK");
    }
}

#[test]
fn a_function_outlives_the_passwords_that_it_waits_for() {
    // Each hash may wait for its turn; a log-in replaces an old one, and a change proves the present password first.
    let hashes = [("signup", 1), ("login", 2), ("password", 2), ("email", 1), ("account", 1)];
    for (name, hashes) in hashes {
        let function = template().function(name).unwrap().clone();
        let config = Config::from_vars(function.environment.clone()).unwrap();
        let waits = std::time::Duration::from_millis(config.passwords.wait_ms) * hashes;
        assert!(function.timeout > waits, "{name}: {:?}", function.timeout);
    }
}
