//! `import-django`: whether those who come can log in, and what is known of their addresses.

use serde_json::{Value, json};

use super::import_django::{dump, import, of_django, row};
use super::{Folder, fixture, whole};
use crate::site::Site;

#[tokio::test]
async fn addresses_that_allauth_knows_to_be_proven_are_proven() {
    let (site, folder) = (Site::start().await, Folder::new());
    let address = |pk: u64, user: Value, email: &str, verified: bool| {
        let fields = json!({ "user": user, "email": email, "verified": verified, "primary": true });
        json!({ "model": "account.emailaddress", "pk": pk, "fields": fields })
    };
    let rows = [
        address(1, json!(1), "USER1@example.com", true),
        address(2, json!(2), "user2@example.com", false),
        // Another address of theirs, and somebody else's.
        address(3, json!(3), "other@example.com", true),
        address(4, json!(1), "user4@example.com", true),
        address(5, json!(["user5"]), "user5@example.com", true),
        address(6, json!({}), "user6@example.com", true),
        row(1, &json!({})),
        row(2, &json!({})),
        row(3, &json!({})),
        row(4, &json!({})),
        row(5, &json!({})),
        row(6, &json!({})),
    ];
    let (outcome, said) = import(&site, &dump(&folder, &rows)).await;
    assert!(whole(&outcome) && !said.contains("emailaddress"), "{said}");
    for (pk, verified) in [(1, true), (2, false), (3, false), (4, false), (5, true), (6, false)] {
        let user = site.user_of(&format!("user{pk}@example.com"));
        assert_eq!(user["email_verified"]["BOOL"], verified, "{pk}");
    }
}

#[tokio::test]
async fn where_people_log_in_by_name_who_is_left_without_one_is_told() {
    let by_name = [("USERNAME_FIELD", "username"), ("AUTHENTICATION_BACKENDS", "username")];
    for (settings, told) in [(&by_name[..], true), (&[][..], false)] {
        let site = Site::start_with(|options| options.set(settings)).await;
        let folder = Folder::new();
        let rows = [
            row(1, &json!({ "username": "kim" })),
            row(2, &json!({ "username": "KIM" })),
            row(3, &json!({ "username": "user3@example.com" })),
        ];
        let (outcome, said) = import(&site, &dump(&folder, &rows)).await;
        assert!(whole(&outcome) && said.contains("users 3"), "{said}");
        assert_eq!(said.contains("        2  cannot_log_in"), told, "{said}");
    }
}

#[tokio::test]
async fn a_hash_that_is_not_accepted_here_is_kept_and_told() {
    let settings = [("PASSWORD_HASHERS".to_owned(), "argon2, pbkdf2_sha256(900)".to_owned())];
    let site = Site::start_with(|options| options.settings.extend(settings)).await;
    let (_, said) = import(&site, &fixture("dumpdata.json")).await;
    assert!(said.contains("password_not_accepted") && said.contains("PASSWORD_HASHERS leaves"), "{said}");
    for name in ["pbkdf2", "bcrypt", "scrypt"] {
        let email = format!("{name}@example.com");
        assert_eq!(site.user_of(&email)["password"]["S"], of_django(&email)["password"], "{name}");
    }
}

#[tokio::test]
async fn a_hash_that_nobody_could_log_in_with_is_none() {
    let (site, folder) = (Site::start().await, Folder::new());
    // Of the right form, and too short to be a SHA-256.
    let rows = [row(1, &json!({ "password": "pbkdf2_sha256$1000$salt$aGFzaA==" }))];
    let (_, said) = import(&site, &dump(&folder, &rows)).await;
    assert!(said.contains("password_unusable"), "{said}");
    assert!(site.user_of("user1@example.com")["password"]["S"].as_str().unwrap().starts_with('!'));
}
