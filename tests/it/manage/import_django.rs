//! `import-django`: what Django itself wrote.

use std::path::{Path, PathBuf};

use manage::import_django::{Args, run};
use manage::{Outcome, import_django};
use serde_json::{Value, json};

use super::{Folder, Script, fixture, in_part, is_private, whole, why};
use crate::site::{PASSWORD, Site};

/// Imports a file. Gives the end and what was said.
pub(super) async fn import(site: &Site, file: &Path) -> (Outcome, String) {
    import_with(site, Args { file: file.to_owned(), ..Args::default() }).await
}

pub(super) async fn import_with(site: &Site, args: import_django::Args) -> (Outcome, String) {
    let mut script = Script::nobody(&[]);
    let outcome = run(&args, &site.managed(), &mut script).await;
    (outcome, script.said())
}

/// A dump with these rows.
pub(super) fn dump(folder: &Folder, rows: &[Value]) -> PathBuf {
    folder.file("dump.json", serde_json::to_string_pretty(rows).unwrap())
}

/// A row of Django's own user; `fields` are those that differ.
pub(super) fn row(pk: u64, fields: &Value) -> Value {
    let mut row = json!({
        "model": "auth.user",
        "pk": pk,
        "fields": {
            "password": "pbkdf2_sha256$1000$salt$YSBoYXNoIG9mIGV4YWN0bHkgMzIgYnl0ZXMsIGZpbmU=",
            "last_login": null,
            "is_superuser": false,
            "username": format!("user{pk}"),
            "first_name": "",
            "last_name": "",
            "email": format!("user{pk}@example.com"),
            "is_staff": false,
            "is_active": true,
            "date_joined": "2019-03-01T09:30:15.123Z",
            "groups": [],
            "user_permissions": [],
        },
    });
    for (name, value) in fields.as_object().unwrap() {
        row["fields"][name] = value.clone();
    }
    row
}

#[tokio::test]
async fn what_a_dear_hash_costs_everybody_is_told() {
    let site = Site::start().await;
    let folder = Folder::new();
    let bcrypt = |cost: u32| format!("bcrypt_sha256$$2b${cost}$RRdNLXPCoECKClKJ9SP9yu0S1DPYFmLI8qqYv91mjV2EY7z2CwLVS");
    for (cost, told, warned) in [(12, "bcrypt about 230 ms", ""), (13, "bcrypt about 460 ms", "bcrypt is dear")] {
        let file = dump(&folder, &[row(1, &json!({ "password": bcrypt(cost) }))]);
        let mut script = Script::nobody(&[]);
        let args = Args { file, dry_run: true, ..Args::default() };
        assert!(whole(&run(&args, &site.managed(), &mut script).await), "{}", script.said());
        let said = script.said();
        assert!(said.contains("Each refused log-in") && said.contains(told), "{said}");
        assert!(script.warned().starts_with(warned) && script.warned().is_empty() == warned.is_empty(), "{cost}");
    }
    // Over the limit it costs nobody anything.
    let file = dump(&folder, &[row(1, &json!({ "password": bcrypt(14) }))]);
    let (_, said) = import_with(&site, Args { file, dry_run: true, ..Args::default() }).await;
    assert!(!said.contains("Each refused log-in"), "{said}");
    let file = dump(&folder, &[row(1, &json!({ "password": "!" }))]);
    let (_, said) = import_with(&site, Args { file, dry_run: true, ..Args::default() }).await;
    assert!(!said.contains("Each refused log-in"), "{said}");
}

/// The fields of a row of a fixture, by address.
pub(super) fn of_django(email: &str) -> Value {
    let rows: Value = serde_json::from_slice(&std::fs::read(fixture("dumpdata.json")).unwrap()).unwrap();
    let row = rows.as_array().unwrap().iter().find(|row| row["fields"]["email"] == email);
    row.unwrap_or_else(|| panic!("no {email}"))["fields"].clone()
}

fn texts(list: &Value) -> Vec<&str> {
    list["L"].as_array().map(|all| all.iter().map(|text| text["S"].as_str().unwrap()).collect()).unwrap_or_default()
}

#[tokio::test]
async fn the_users_of_django_come_as_they_were_there() {
    let site = Site::start().await;
    let (outcome, said) = import(&site, &fixture("dumpdata.json")).await;
    assert!(in_part(&outcome), "one has no address: {said}");
    assert!(said.contains("Imported: users 14, groups 3. There already: users 0, groups 0."), "{said}");
    for name in ["pbkdf2", "pbkdf2-sha1", "argon2", "bcrypt-sha256", "bcrypt", "scrypt", "unusable"] {
        let email = format!("{name}@example.com");
        let user = site.user_of(&email);
        assert_eq!(user["password"]["S"], of_django(&email)["password"], "{name} keeps the password");
    }
    let user = site.user_of("Kim.Haneul@Example.com");
    assert_eq!(user["username"]["S"], "\u{ae40}\u{d558}\u{b298}");
    assert_eq!(user["first_name"]["S"], "\u{d558}\u{b298}");
    assert_eq!(user["last_name"]["S"], of_django("Kim.Haneul@Example.com")["last_name"]);
    assert_eq!(user["date_joined"]["S"], "2019-03-01T09:30:15.123Z");
    assert_eq!(texts(&user["groups"]), ["editors", "\u{d3b8}\u{c9d1}\u{c790} & \"friends\""]);
    let store = site.stack.app().store(std::sync::Arc::default());
    let alike = portico::permissions::GroupName::parse("Editors").unwrap();
    let refused = portico::permissions::groups::create(&store, &crate::site::author(), &alike).await;
    assert!(refused.unwrap_err().is_condition(), "a group that came along is looked like by none");
    assert_eq!(texts(&user["user_permissions"]), ["auth.delete_group", "auth.view_permission"]);
    let flags = ["is_staff", "is_superuser", "is_active", "email_verified"];
    assert_eq!(flags.map(|flag| user[flag]["BOOL"].as_bool().unwrap()), [true, false, true, false]);
    let admin = site.user_of("admin@example.com");
    assert_eq!(flags.map(|flag| admin[flag]["BOOL"].as_bool().unwrap()), [true, true, true, false]);
    assert_eq!(admin["last_login"]["S"], "2024-12-31T23:59:59.999Z", "Django writes milliseconds");
    assert_eq!(site.user_of("gone@example.com")["is_active"]["BOOL"], false);
    // The address was the user name, alone or besides.
    for (email, first_name) in [("lee@example.com", "Lee"), ("park@example.com", "")] {
        let user = site.user_of(email);
        assert_eq!((&user["username"], &user["first_name"]["S"]), (&Value::Null, &json!(first_name)));
    }
    let groups = site.of_kind("GROUP");
    let groups: Vec<_> =
        groups.iter().map(|group| (group["name"]["S"].as_str().unwrap(), texts(&group["permissions"]))).collect();
    assert_eq!(
        groups,
        [
            ("editors", vec!["auth.change_user", "auth.view_user"]),
            ("nobody", vec![]),
            ("\u{d3b8}\u{c9d1}\u{c790} & \"friends\"", vec!["auth.add_group"]),
        ]
    );
}

#[tokio::test]
async fn what_could_not_be_taken_over_is_told_by_row_in_a_private_file() {
    let (site, folder) = (Site::start().await, Folder::new());
    let report = folder.path("report.jsonl");
    let args = Args { file: fixture("dumpdata.json"), report: Some(report.clone()), ..Args::default() };
    let (_, said) = import_with(&site, args).await;
    assert!(is_private(&report));
    assert_eq!(folder.names(), ["report.jsonl"], "nothing is left beside it");
    let lines = std::fs::read_to_string(&report).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut told: Vec<_> = lines
        .iter()
        .map(|line| (line["pk"].as_u64().unwrap(), line["result"].as_str().unwrap(), line["code"].as_str().unwrap()))
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [(7, "changed", "password_unusable"), (14, "changed", "username_left_out"), (15, "skipped", "email_missing")]
    );
    for (_, _, code) in told {
        assert!(said.contains(code), "{code}: {said}");
    }
    assert!(site.user_of("md5@example.com")["password"]["S"].as_str().unwrap().starts_with('!'));
    let text = std::fs::read_to_string(fixture("dumpdata.json")).unwrap();
    let line = usize::try_from(lines[0]["line"].as_u64().unwrap()).unwrap();
    assert_eq!(text.lines().nth(line - 1).unwrap(), "{", "the line where the row begins");
}

#[tokio::test]
async fn a_second_run_finds_the_work_of_the_first_in_any_form_of_the_dump() {
    let site = Site::start().await;
    import(&site, &fixture("dumpdata.json")).await.0.unwrap();
    let before = site.state();
    for name in ["dumpdata.json", "dumpdata.jsonl"] {
        let (_, said) = import(&site, &fixture(name)).await;
        assert!(said.contains("Imported: users 0, groups 0. There already: users 14, groups 3."), "{name}: {said}");
        assert_eq!(site.state(), before, "{name}");
    }
}

#[tokio::test]
async fn names_instead_of_numbers_mean_the_same() {
    let (numbers, names) = (Site::start().await, Site::start().await);
    import(&numbers, &fixture("dumpdata.json")).await.0.unwrap();
    let (_, said) = import(&names, &fixture("dumpdata-natural.json")).await;
    assert!(said.contains("Imported: users 14, groups 3."), "{said}");
    let told = |site: &Site| {
        let mut users = site.of_kind("PROFILE");
        for user in &mut users {
            let user = user.as_object_mut().unwrap();
            // Without numbers the id follows from the name; the hashes were made anew for neither.
            for name in ["PK", "id", "listed_in", "listed_as"] {
                user.remove(name);
            }
            if user["email"]["S"] == "md5@example.com" {
                user.remove("password");
            }
        }
        users.sort_by_key(|user| user["email"]["S"].as_str().map(str::to_owned));
        users
    };
    assert_eq!(told(&numbers), told(&names));
    assert_eq!(numbers.of_kind("GROUP"), names.of_kind("GROUP"));
}

#[tokio::test]
async fn a_model_of_ones_own_is_found_with_its_fields() {
    let (site, folder) = (Site::start().await, Folder::new());
    let member = |pk: &str, fields: Value| {
        let mut row = row(0, &fields);
        row["model"] = json!("people.member");
        row["pk"] = json!(pk);
        row["fields"].as_object_mut().unwrap().remove("username");
        row["fields"].as_object_mut().unwrap().remove("date_joined");
        row
    };
    let file = dump(
        &folder,
        &[
            json!({ "model": "blog.post", "pk": 1, "fields": { "title": "x" } }),
            member(
                "5b0f3c1e-0c5c-4d9a-8b1e-3f2a9d8c7b6a",
                json!({ "email": "kim@example.com", "phone": "+82 2-312-3456", "bio": "Hi", "nickname": "K", "is_marketing_agreed": true }),
            ),
            member("b", json!({ "email": "lee@example.com", "phone": "ask my mother", "bio": "x".repeat(161) })),
            member(
                "c",
                json!({ "email": "park@example.com", "phone": 821_234, "bio": null, "is_marketing_agreed": "maybe" }),
            ),
        ],
    );
    let args = Args { file, verified: true, ..Args::default() };
    let (outcome, said) = import_with(&site, args.clone()).await;
    assert!(whole(&outcome), "{said}");
    for expected in ["users 3", "field_left_out", "phone: invalid", "without a place here: nickname", "blog.post (1)"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let kim = site.user_of("kim@example.com");
    assert_eq!((&kim["phone"]["S"], &kim["bio"]["S"]), (&json!("+82 2-312-3456"), &json!("Hi")));
    assert_eq!((&kim["is_marketing_agreed"]["BOOL"], &kim["email_verified"]["BOOL"]), (&json!(true), &json!(true)));
    for email in ["lee@example.com", "park@example.com"] {
        let user = site.user_of(email);
        assert_eq!((&user["phone"]["S"], &user["bio"]["S"]), (&json!(""), &json!("")), "{email}");
    }
    let (_, said) = import_with(&site, args).await;
    assert!(said.contains("There already: users 3"), "{said}");
}

#[tokio::test]
async fn which_model_is_meant_is_asked_where_several_have_passwords() {
    let (site, folder) = (Site::start().await, Folder::new());
    let mut shop = row(1, &json!({ "email": "shop@example.com", "username": "shop" }));
    shop["model"] = json!("shop.Customer");
    let file = dump(&folder, &[row(1, &json!({})), shop]);
    let (outcome, _) = import(&site, &file).await;
    let why = why(outcome);
    assert!(why.contains("auth.user, shop.customer") && why.contains("--user-model"), "{why}");
    assert!(site.accounts().is_empty());
    let args = |model: &str| Args { file: file.clone(), user_model: Some(model.into()), ..Args::default() };
    assert!(whole(&import_with(&site, args("Shop.Customer")).await.0));
    assert!(whole(&import_with(&site, args("auth.user")).await.0));
    assert_eq!(site.of_kind("PROFILE").len(), 2, "the same number of another model is somebody else");
    let why = super::why(import_with(&site, args("auth.member")).await.0);
    assert!(why.contains("no rows of auth.member"), "{why}");
}

#[tokio::test]
async fn a_dry_run_tells_what_a_run_does_and_writes_nothing() {
    let (site, folder) = (Site::start().await, Folder::new());
    site.program().sign_up("user3@example.com").await;
    let file = dump(
        &folder,
        &[
            row(1, &json!({})),
            row(2, &json!({ "email": "USER1@example.com" })),
            row(3, &json!({})),
            row(4, &json!({ "username": "USER1" })),
            row(5, &json!({ "email": "nobody" })),
        ],
    );
    let before = site.state();
    let (dry, would) = import_with(&site, Args { file: file.clone(), dry_run: true, ..Args::default() }).await;
    assert_eq!(site.state(), before);
    let (wet, did) = import(&site, &file).await;
    assert!(in_part(&dry) && in_part(&wet));
    let ids = |said: &str| {
        // Who has the address differs: nobody had yet when it was only looked at.
        said.lines().map(|line| line.split(" is the address of").next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&would.replace("Would be imported", "Imported")), ids(&did));
    assert!(did.contains("users 2") && did.contains("email_duplicate") && did.contains("email_taken"), "{did}");
    assert_eq!(
        site.user_of("user4@example.com").get("username"),
        None,
        "the name was another's, the address is enough"
    );
}

#[tokio::test]
async fn of_equal_addresses_the_first_row_wins_wherever_it_stands() {
    let (site, folder) = (Site::start().await, Folder::new());
    // Far apart, close together, and in the same transaction.
    let mut rows: Vec<_> = (1..=120).map(|pk| row(pk, &json!({}))).collect();
    for (late, early) in [(120, 1), (60, 59), (100, 34), (35, 33)] {
        rows[late - 1]["fields"]["email"] = json!(format!("USER{early}@example.com"));
    }
    let (outcome, said) = import(&site, &dump(&folder, &rows)).await;
    assert!(in_part(&outcome), "{said}");
    assert!(said.contains("users 116") && said.contains("4  email_duplicate"), "{said}");
    for early in [1, 59, 34, 33] {
        assert_eq!(site.user_of(&format!("user{early}@example.com"))["username"]["S"], format!("user{early}"));
    }
}

#[tokio::test]
async fn a_run_that_was_stopped_is_completed_by_the_next_without_duplicates() {
    let (site, folder) = (Site::start().await, Folder::new());
    let rows: Vec<_> = (1..=400).map(|pk| row(pk, &json!({}))).collect();
    let file = dump(&folder, &rows);
    let (managed, args) = (site.managed(), Args { file: file.clone(), ..Args::default() });
    let mut nobody = Script::nobody(&[]);
    let begun = async {
        while site.of_kind("PROFILE").is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = run(&args, &managed, &mut nobody) => panic!("it was done before it could be stopped"),
        () = begun => {}
    }
    let (outcome, said) = import(&site, &file).await;
    assert!(whole(&outcome), "{said}");
    let counts = ["PROFILE", "GUARD"].map(|kind| site.of_kind(kind).len());
    assert_eq!(counts, [400, 800]);
}

#[tokio::test]
async fn rows_of_two_sites_are_told_apart() {
    let (site, folder) = (Site::start().await, Folder::new());
    assert!(whole(&import(&site, &dump(&folder, &[row(1, &json!({}))])).await.0));
    let other = json!({ "email": "other@example.com", "username": "other", "date_joined": "2020-01-01T00:00:00Z" });
    let file = dump(&folder, &[row(1, &other)]);
    let (outcome, said) = import(&site, &file).await;
    assert!(in_part(&outcome) && said.contains("key_taken") && said.contains("--source"), "{said}");
    let args = Args { file, source: Some("shop".into()), ..Args::default() };
    assert!(whole(&import_with(&site, args).await.0));
    assert_eq!(site.of_kind("PROFILE").len(), 2);
}

#[tokio::test]
async fn a_key_that_repeats_loses_no_row_in_silence() {
    let (site, folder) = (Site::start().await, Folder::new());
    let row_of = |name: &str| {
        let mut row = row(1, &json!({ "email": format!("{name}@example.com"), "username": name }));
        row["fields"].as_object_mut().unwrap().remove("date_joined");
        row
    };
    let file = dump(&folder, &[row_of("a"), row_of("b")]);
    for _ in 0..2 {
        let (outcome, said) = import(&site, &file).await;
        assert!(in_part(&outcome) && said.contains("1  key_duplicate"), "{said}");
    }
    // In a file of its own the row is no less another one, though nothing says when it was created.
    let (outcome, said) = import(&site, &dump(&folder, &[row_of("b")])).await;
    assert!(in_part(&outcome) && said.contains("1  key_taken"), "{said}");
    let (outcome, said) = import(&site, &dump(&folder, &[row_of("a")])).await;
    assert!(whole(&outcome), "{said}");
    assert_eq!(site.of_kind("PROFILE").len(), 1);
}

#[tokio::test]
async fn a_host_in_two_spellings_is_one_address() {
    let (site, folder) = (Site::start().await, Folder::new());
    let rows = ["kim@ex\u{e4}mple.com", "kim@xn--exmple-cua.com", "kim@xn--a.com"];
    let rows: Vec<_> = (1..).zip(rows).map(|(pk, email)| row(pk, &json!({ "email": email }))).collect();
    let (outcome, said) = import(&site, &dump(&folder, &rows)).await;
    assert!(in_part(&outcome), "{said}");
    assert!(said.contains("1  email_duplicate") && said.contains("1  email_malformed"), "{said}");
}

#[tokio::test]
async fn a_group_that_is_there_keeps_its_permissions() {
    let (site, folder) = (Site::start().await, Folder::new());
    let group = |permissions: Value| json!({ "model": "auth.group", "pk": 1, "fields": { "name": "editors", "permissions": permissions } });
    let permission = json!([["add_user", "auth", "user"]]);
    assert!(whole(&import(&site, &dump(&folder, &[group(permission), row(1, &json!({}))])).await.0));
    let rows = [
        group(json!([["delete_user", "auth", "user"], 99])),
        json!({ "model": "auth.group", "pk": 2, "fields": { "name": "", "permissions": [] } }),
        row(
            2,
            &json!({ "groups": [1, 2, 7, ["elsewhere"]], "user_permissions": [5, ["x"], ["view_user", "auth", "user"]] }),
        ),
    ];
    let (outcome, said) = import(&site, &dump(&folder, &rows)).await;
    assert!(in_part(&outcome), "{said}");
    for expected in ["other permissions", "permission 99", "no name", "group_unknown", "permission_unknown"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert_eq!(texts(&site.of_kind("GROUP")[0]["permissions"]), ["auth.add_user"]);
    let user = site.user_of("user2@example.com");
    assert_eq!(texts(&user["groups"]), ["editors", "elsewhere"]);
    assert_eq!(texts(&user["user_permissions"]), ["auth.view_user"]);
}

#[tokio::test]
async fn somebody_who_was_imported_is_a_user_like_any_other() {
    let (site, folder) = (Site::start().await, Folder::new());
    let mut kim = site.program();
    kim.sign_up("kim@example.com").await;
    let hash = site.user_of("kim@example.com")["password"]["S"].clone();
    let file = dump(&folder, &[row(1, &json!({ "email": "Lee@Example.com", "username": "lee", "password": hash }))]);
    let (_, said) = import(&site, &file).await;
    assert!(said.contains("users 1"), "{said}");
    let mut lee = site.program();
    let answer = lee.post_json("/login", json!({ "username": "LEE", "password": PASSWORD })).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["user"]["email"]), (200, &json!("Lee@Example.com")));
    let body = json!({ "email": "lee@example.com", "password1": PASSWORD, "password2": PASSWORD });
    assert_eq!(kim.post_json("/signup", body).await.field("email"), ["unique"]);
}
