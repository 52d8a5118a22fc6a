//! Who may do what, by whatever way they come, and what the question costs.

use portico::meter::Cost;
use serde_json::{Value, json};

use super::{Desk, Person};

fn cost(calls: u32, trips: u32, read_units: f64, write_units: f64) -> Cost {
    Cost { calls, trips, read_units, write_units }
}

/// What `can` says of each verb.
async fn verbs(person: &Person<'_>, album: &str) -> [Value; 3] {
    let mut answers = [Value::Null, Value::Null, Value::Null];
    for (answer, verb) in answers.iter_mut().zip(["view", "edit", "manage"]) {
        *answer = person.post(&format!("/albums/{album}/may"), json!({ "verb": verb })).await.json();
    }
    answers
}

#[tokio::test]
async fn each_may_do_what_they_were_granted_and_nothing_more() {
    let desk = Desk::open(&[]).await;
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    let (mina, stranger) = (desk.member("mina@example.com").await, desk.stranger().await);
    let album = desk.album(&kim, 1);
    desk.join(&kim, &["editors", "readers"]);
    desk.join(&mina, &["editors", "readers"]);
    for (verb, expected) in
        [("view", [true, false, false]), ("edit", [true, true, false]), ("manage", [true, true, true])]
    {
        kim.grant(&album, "lee@example.com", verb).await;
        kim.grant_group(&album, "editors", verb).await;
        for person in [&lee, &mina] {
            assert_eq!(verbs(person, &album).await, expected.map(Value::from), "{verb}");
            assert_eq!(person.access(&album).await, verb);
        }
        assert_eq!(verbs(&kim, &album).await, [true; 3].map(Value::from), "the owner");
        assert_eq!(kim.access(&album).await, "own");
        assert_eq!(verbs(&stranger, &album).await, [false; 3].map(Value::from), "a stranger");
        assert_eq!(stranger.access(&album).await, "none");
    }
    kim.grant_group(&album, "editors", "view").await;
    kim.grant_group(&album, "readers", "edit").await;
    assert_eq!(mina.access(&album).await, "edit", "the most of what was granted to her groups");
}

#[tokio::test]
async fn whoever_leaves_a_group_or_is_deactivated_has_nothing_on_the_next_request() {
    let desk = Desk::open(&[]).await;
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    let album = desk.album(&kim, 1);
    desk.join(&kim, &["editors"]);
    desk.join(&lee, &["editors"]);
    kim.grant_group(&album, "editors", "manage").await;
    assert_eq!(lee.access(&album).await, "manage");
    desk.site.amend(&lee.visitor.id, "groups", json!({ "L": [] }));
    assert_eq!(lee.access(&album).await, "none");
    assert_eq!(lee.get(&format!("/albums/{album}/details")).await.status, 404);
    kim.grant(&album, "lee@example.com", "edit").await;
    assert_eq!(lee.access(&album).await, "edit");
    desk.site.amend(&lee.visitor.id, "is_active", json!({ "BOOL": false }));
    assert_eq!(lee.access(&album).await, "none");
    desk.site.amend(&kim.visitor.id, "is_active", json!({ "BOOL": false }));
    assert_eq!(kim.access(&album).await, "none", "the owner neither");
}

#[tokio::test]
async fn a_superuser_reads_nobodys_albums_by_that() {
    let desk = Desk::open(&[]).await;
    let (kim, admin) = (desk.member("kim@example.com").await, desk.member("admin@example.com").await);
    let album = desk.album(&kim, 1);
    for flag in ["is_superuser", "is_staff"] {
        desk.site.amend(&admin.visitor.id, flag, json!({ "BOOL": true }));
    }
    assert_eq!(admin.access(&album).await, "none");
}

#[tokio::test]
async fn what_is_not_there_and_what_one_may_not_see_are_answered_alike() {
    let desk = Desk::open(&[]).await;
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    let theirs = desk.album(&kim, 1);
    let nowhere = uuid::Uuid::from_u128(2).to_string();
    for path in ["", "/details", "/grants", "/links"] {
        let [there, not] = [&theirs, &nowhere].map(|album| format!("/albums/{album}{path}"));
        let (there, not) = (lee.get(&there).await, lee.get(&not).await);
        assert_eq!((there.status.as_u16(), there.code()), (404, not.code()), "{path}");
        assert_eq!((there.cost().calls, there.cost().trips), (not.cost().calls, not.cost().trips), "{path}");
    }
    for (path, body) in [("/grants", json!({ "email": "x@example.com", "verb": "view" })), ("/links", json!({}))] {
        for album in [&theirs, &nowhere] {
            assert_eq!(lee.post(&format!("/albums/{album}{path}"), body.clone()).await.status, 404, "{path}");
        }
    }
    kim.grant(&theirs, "lee@example.com", "edit").await;
    let body = json!({ "email": "x@example.com", "verb": "view" });
    assert_eq!(lee.try_grant(&theirs, body).await.status, 403, "who may see it is told that this is not for them");
    let details = lee.get(&format!("/albums/{theirs}/details")).await.json();
    assert_eq!((&details["grants"], &details["links"]), (&json!([]), &json!([])), "nor whom it is shared with");
}

#[tokio::test]
async fn the_question_is_one_call_beside_the_session() {
    let desk = Desk::open(&[]).await;
    let (kim, lee, nobody) =
        (desk.member("kim@example.com").await, desk.member("lee@example.com").await, desk.stranger().await);
    let album = desk.album(&kim, 1);
    let path = format!("/albums/{album}");
    kim.grant(&album, "lee@example.com", "view").await;
    assert_eq!(lee.get(&path).await.cost(), cost(2, 2, 4.0, 0.0), "session and user; the album and the grant");
    desk.join(&lee, &["a", "b", "c"]);
    assert_eq!(lee.get(&path).await.cost().calls, 2, "and a key for each group");
    assert_eq!(nobody.get(&path).await.cost(), cost(0, 0, 0.0, 0.0));
    assert_eq!(kim.get(&format!("{path}/details")).await.cost(), cost(2, 2, 3.0, 0.0), "one Query for all of it");
}

#[tokio::test]
async fn somebody_in_very_many_groups_costs_one_read_more() {
    let desk = Desk::open(&[]).await;
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    let album = desk.album(&kim, 1);
    let names: Vec<_> = (0..150).map(|number| format!("group {number:03}")).collect();
    desk.join(&kim, &["group 149"]);
    kim.grant_group(&album, "group 149", "edit").await;
    for (groups, calls) in [(97, 2), (98, 3), (150, 3)] {
        let groups: Vec<_> = names.iter().rev().take(groups).map(String::as_str).collect();
        desk.join(&lee, &groups);
        assert_eq!(lee.access(&album).await, "edit", "{}", groups.len());
        let asked = lee.get(&format!("/albums/{album}")).await.cost();
        assert_eq!((asked.calls, asked.trips), (calls, 2), "{} groups: at most two reads, at once", groups.len());
    }
    // A name that stands there twice is asked about once.
    desk.join(&lee, &["group 149", "group 149"]);
    assert_eq!(lee.access(&album).await, "edit");
}

#[tokio::test]
async fn an_album_that_is_being_deleted_is_its_owners_alone() {
    let desk = Desk::open(&[]).await;
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    let album = desk.album(&kim, 1);
    kim.grant(&album, "lee@example.com", "manage").await;
    let mut item = desk.site.stored("accounts", &format!("ALBUM#{album}"), "META").unwrap();
    item["closed_at"] = json!({ "S": "2026-01-01T00:00:00Z" });
    desk.site.put("accounts", &item);
    assert_eq!((kim.access(&album).await, lee.access(&album).await), ("own".to_owned(), "none".to_owned()));
    let body = json!({ "email": "x@example.com", "verb": "view" });
    assert_eq!(kim.try_grant(&album, body).await.status, 409);
}
