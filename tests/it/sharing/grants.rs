//! Granting and revoking: to addresses with and without an account, to groups, by owners and managers, many at once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Desk, Person};
use crate::site::{Fault, Faults, Gate, Site};

/// A row without what is random about it.
fn shown(row: &Value) -> Value {
    let mut row = row.clone();
    for name in ["id", "created_at"] {
        assert!(row[name].as_str().is_some_and(|text| !text.is_empty()), "{row}");
        row[name] = Value::Null;
    }
    row
}

#[tokio::test]
async fn nothing_tells_whether_an_address_has_an_account() {
    let desk = Desk::open(&[]).await;
    let kim = desk.member("kim@example.com").await;
    let lee = desk.member("lee@example.com").await;
    let mut rows = Vec::new();
    for (number, address) in [(1, "lee@example.com"), (2, "noa@example.com")] {
        let album = desk.album(&kim, number);
        let path = format!("/albums/{album}/grants");
        let mut seen = Vec::new();
        // Granted, changed, changed in another spelling, revoked, revoked again.
        for (typed, verb) in [(address, "view"), (address, "edit"), (&*address.to_uppercase(), "view")] {
            let answer = kim.post(&path, json!({ "email": typed, "verb": verb })).await;
            assert_eq!(answer.status, 201, "{}", answer.text());
            let row = answer.json();
            assert_eq!(row["label"], typed, "as it was typed");
            let text = shown(&row).to_string().to_lowercase().replace(address, "ADDRESS");
            seen.push(format!("{text} {:?}", answer.cost()));
            let listed = kim.get(&path).await;
            assert_eq!(listed.json(), json!([row]));
            // Of the same length too, but for the digits of the time.
            seen.push(format!("{:?}", listed.cost()));
        }
        let row = kim.rows(&album).await.remove(0);
        for _ in 0..2 {
            let answer = kim.revoke(&album, &row).await;
            seen.push(format!("{} {:?}", answer.status, answer.cost()));
        }
        assert_eq!(kim.rows(&album).await, [] as [Value; 0]);
        rows.push(seen);
    }
    assert_eq!(rows[0], rows[1]);
    assert_eq!(lee.access(&uuid::Uuid::from_u128(1).to_string()).await, "none");
}

#[tokio::test]
async fn a_grant_to_nobody_grants_nothing_to_whoever_signs_up_later_and_looks_the_same_when_repeated() {
    let desk = Desk::open(&[]).await;
    let kim = desk.member("kim@example.com").await;
    let album = desk.album(&kim, 1);
    let row = kim.grant(&album, "noa@example.com", "edit").await;
    let noa = desk.member("noa@example.com").await;
    assert_eq!(noa.access(&album).await, "none");
    let again = kim.grant(&album, "noa@example.com", "edit").await;
    assert_eq!(again, row, "the row does not tell that there is an account by now");
    assert_eq!(noa.access(&album).await, "edit");
    assert_eq!((kim.rows(&album).await, desk.counted(&album).0), (vec![row.clone()], 1));
    assert_eq!(desk.shares().len(), 2, "nothing is left of the stand-in: {:?}", desk.shares());
    assert_eq!(kim.revoke(&album, &row).await.status, 204);
    assert_eq!((desk.shares(), desk.counted(&album).0), (Vec::new(), 0));
}

#[tokio::test]
async fn two_addresses_of_one_account_are_two_rows_and_the_account_has_the_most_of_both() {
    let desk = Desk::open(&[]).await;
    let kim = desk.member("kim@example.com").await;
    let lee = desk.member("lee@example.com").await;
    let album = desk.album(&kim, 1);
    let old = kim.grant(&album, "lee@example.com", "manage").await;
    let lee = lee.with_address("new@example.com").await;
    assert_eq!(lee.access(&album).await, "manage", "what is an account's stays it");
    let new = kim.grant(&album, "new@example.com", "view").await;
    assert_eq!(kim.rows(&album).await, [old.clone(), new.clone()], "nothing tells that they are one");
    assert_eq!((lee.access(&album).await.as_str(), desk.counted(&album).0), ("manage", 2));
    assert_eq!(kim.revoke(&album, &old).await.status, 204);
    assert_eq!((lee.access(&album).await.as_str(), desk.counted(&album).0), ("view", 1));
    // The address before leads to nobody by now, and that looks as it did.
    let to_nobody = kim.grant(&album, "lee@example.com", "edit").await;
    assert_eq!(shown(&to_nobody)["label"], "lee@example.com");
    assert_eq!((lee.access(&album).await.as_str(), desk.counted(&album).0), ("view", 2));
    for row in [&new, &to_nobody] {
        assert_eq!(kim.revoke(&album, row).await.status, 204);
    }
    assert_eq!((desk.shares(), desk.counted(&album).0), (Vec::new(), 0));
}

#[tokio::test]
async fn the_same_row_moves_with_its_address_from_an_account_to_nobody() {
    let desk = Desk::open(&[]).await;
    let kim = desk.member("kim@example.com").await;
    let lee = desk.member("lee@example.com").await;
    let album = desk.album(&kim, 1);
    let row = kim.grant(&album, "lee@example.com", "view").await;
    let lee = lee.with_address("new@example.com").await;
    let again = kim.grant(&album, "lee@example.com", "view").await;
    assert_eq!((again, kim.rows(&album).await.len(), desk.counted(&album).0), (row, 1, 1));
    assert_eq!(lee.access(&album).await, "none");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let desk = Desk::open(&[]).await;
    let kim = desk.member("kim@example.com").await;
    let other = desk.member("other@example.com").await;
    let album = desk.album(&kim, 1);
    desk.join(&other, &["editors"]);
    let before = desk.site.state();
    for (body, field, code) in [
        (json!({ "email": "kim@example.com", "verb": "view" }), "email", "own_address"),
        (json!({ "email": "KIM@example.com", "verb": "view" }), "email", "own_address"),
        (json!({ "group": "editors", "verb": "view" }), "group", "invalid_choice"),
        (json!({ "group": "no such group", "verb": "view" }), "group", "invalid_choice"),
        (json!({ "email": "x", "verb": "view" }), "email", "invalid"),
        (json!({ "email": "x@example.com", "verb": "own" }), "verb", "invalid_choice"),
    ] {
        let answer = kim.try_grant(&album, body.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.field(field)), (422, vec![code.to_owned()]), "{body}");
    }
    // A group that is in the user's list and was deleted.
    desk.site.amend(&kim.visitor.id, "groups", json!({ "L": [{ "S": "gone" }] }));
    let answer = kim.try_grant(&album, json!({ "group": "gone", "verb": "view" })).await;
    assert_eq!((answer.status.as_u16(), answer.field("group")), (422, vec!["invalid_choice".to_owned()]));
    desk.site.amend(&kim.visitor.id, "groups", json!({ "L": [] }));
    let mut item = desk.site.user(&kim.visitor.id);
    item.as_object_mut().unwrap().remove("groups");
    desk.site.put("accounts", &item);
    assert_eq!(desk.site.state(), before);
}

#[tokio::test]
async fn whoever_may_manage_grants_and_revokes_and_never_touches_the_owner() {
    let desk = Desk::open(&[]).await;
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    let mina = desk.member("mina@example.com").await;
    let album = desk.album(&kim, 1);
    kim.grant(&album, "lee@example.com", "manage").await;
    kim.grant(&album, "mina@example.com", "manage").await;
    lee.grant(&album, "noa@example.com", "manage").await;
    let to_owner = lee.grant(&album, "kim@example.com", "view").await;
    assert_eq!(kim.access(&album).await, "own", "the owner has it all whatever is granted");
    assert_eq!(lee.revoke(&album, &to_owner).await.status, 204);
    assert_eq!(kim.access(&album).await, "own");
    let of = |rows: &[Value], label: &str| rows.iter().find(|row| row["label"] == label).cloned().unwrap();
    let rows = mina.rows(&album).await;
    assert_eq!(mina.revoke(&album, &of(&rows, "lee@example.com")).await.status, 204);
    assert_eq!(lee.access(&album).await, "none");
    assert_eq!(lee.revoke(&album, &of(&rows, "mina@example.com")).await.status, 404);
    assert_eq!(mina.revoke(&album, &of(&rows, "mina@example.com")).await.status, 204, "one's own too");
    assert_eq!(mina.access(&album).await, "none");
    assert_eq!(desk.counted(&album).0, 1);
}

#[tokio::test]
async fn whoever_manages_by_a_group_may_change_what_the_group_has() {
    let desk = Desk::open(&[]).await;
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    let album = desk.album(&kim, 1);
    desk.join(&kim, &["editors"]);
    desk.join(&lee, &["editors"]);
    kim.grant_group(&album, "editors", "manage").await;
    lee.grant(&album, "noa@example.com", "view").await;
    lee.grant_group(&album, "editors", "view").await;
    assert_eq!(lee.access(&album).await, "view");
    assert_eq!(lee.try_grant(&album, json!({ "group": "editors", "verb": "manage" })).await.status, 403);
}

#[tokio::test]
async fn fifty_at_once_grant_as_many_as_there_may_be() {
    let desk = Desk::open(&[("SHARES_MAX_PER_OBJECT", "20")]).await;
    let kim = desk.member("kim@example.com").await;
    let album = desk.album(&kim, 1);
    let all = join_all((0..50).map(|number| {
        let body = json!({ "email": format!("friend{number}@example.com"), "verb": "view" });
        kim.try_grant(&album, body)
    }));
    let mut statuses: Vec<_> = all.await.iter().map(|answer| answer.status.as_u16()).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [[201; 20].as_slice(), &[422; 30]].concat());
    let refused = kim.try_grant(&album, json!({ "email": "one.more@example.com", "verb": "view" })).await;
    assert_eq!((refused.status.as_u16(), refused.field("__all__")), (422, vec!["too_many".to_owned()]));
    assert_eq!((kim.rows(&album).await.len(), desk.counted(&album).0), (20, 20));
    let there = kim.rows(&album).await.remove(0);
    kim.grant(&album, there["label"].as_str().unwrap(), "edit").await;
    assert_eq!(kim.revoke(&album, &there).await.status, 204);
    kim.grant(&album, "one.more@example.com", "view").await;
    assert_eq!(desk.counted(&album).0, 20);
}

#[tokio::test]
async fn the_same_grant_ten_times_at_once_is_one() {
    let desk = Desk::open(&[]).await;
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    let album = desk.album(&kim, 1);
    let body = json!({ "email": "lee@example.com", "verb": "edit" });
    let all = join_all((0..10).map(|_| kim.try_grant(&album, body.clone()))).await;
    let done: Vec<_> = all.iter().filter(|answer| answer.status == 201).map(crate::site::Answer::json).collect();
    assert!(!done.is_empty() && done.iter().all(|row| row["id"] == done[0]["id"]), "{done:?}");
    assert_eq!((kim.rows(&album).await.len(), desk.counted(&album).0), (1, 1));
    assert_eq!(lee.access(&album).await, "edit");
}

#[tokio::test]
async fn what_is_revoked_while_it_is_read_is_refused_on_the_next_request() {
    let gate = Gate::before("BatchGetItem");
    gate.hold(0);
    let site = Site::start_with(|options| options.http_client = Some(gate.client())).await;
    let desk = Desk { site, routes: super::routes() };
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    let album = desk.album(&kim, 1);
    let row = kim.grant(&album, "lee@example.com", "view").await;
    // Lee's request has read who he is, and stands before the album.
    gate.hold(2);
    let path = format!("/albums/{album}");
    let reading = lee.get(&path);
    let revoking = async {
        gate.arrival().await;
        gate.hold(0);
        let answer = kim.revoke(&album, &row).await;
        gate.open();
        answer.status.as_u16()
    };
    let (read, revoked) = tokio::join!(reading, revoking);
    assert_eq!((read.status.as_u16(), revoked), (404, 204), "it was revoked before the album was read");
    assert_eq!(lee.access(&album).await, "none");
}

/// Kim, Lee and an album, at a desk whose calls can be made to fail.
async fn faulty() -> (Desk, Faults) {
    let (site, faults) = Site::with_faults(&[("THROTTLE_ENABLED", "false")]).await;
    (Desk { site, routes: super::routes() }, faults)
}

#[tokio::test]
async fn a_store_that_fails_at_any_call_leaves_both_directions_or_neither() {
    let (desk, faults) = faulty().await;
    let (kim, _lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    let album = desk.album(&kim, 1);
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        for step in 0..4 {
            for email in ["lee@example.com", "noa@example.com"] {
                faults.clear();
                faults.after("", step, fault.clone());
                let answer = kim.try_grant(&album, json!({ "email": email, "verb": "view" })).await;
                faults.clear();
                assert!([201, 500, 503].contains(&answer.status.as_u16()), "{}", answer.text());
                let shares = desk.shares();
                let there = i64::try_from(shares.len() / 2).unwrap();
                assert_eq!((shares.len() % 2, desk.counted(&album).0), (0, there), "step {step}: {shares:?}");
                for row in kim.rows(&album).await {
                    assert_eq!(kim.revoke(&album, &row).await.status, 204);
                }
                assert_eq!((desk.shares(), desk.counted(&album).0), (Vec::new(), 0), "step {step}");
            }
        }
    }
}

#[tokio::test]
async fn somebody_whose_account_is_deleted_meanwhile_is_granted_nothing() {
    let desk = Desk::open(&[]).await;
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    let album = desk.album(&kim, 1);
    // The guard still leads to a user who is a tombstone by now.
    desk.site.amend(&lee.visitor.id, "deleted_at", json!({ "S": "2026-01-01T00:00:00Z" }));
    let answer = kim.try_grant(&album, json!({ "email": "lee@example.com", "verb": "view" })).await;
    assert_eq!((answer.status.as_u16(), desk.shares()), (409, Vec::new()));
}

async fn costs(person: &Person<'_>, path: &str, body: Value) -> (u32, u32, f64, f64) {
    let cost = person.post(path, body).await.cost();
    (cost.calls, cost.trips, cost.read_units, cost.write_units)
}

#[tokio::test]
async fn a_grant_is_two_trips_and_a_revocation_too() {
    let desk = Desk::open(&[]).await;
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    let album = desk.album(&kim, 1);
    let path = format!("/albums/{album}/grants");
    let body = |verb: &str| json!({ "email": "lee@example.com", "verb": verb });
    // The session is a call of 2 units more.
    assert_eq!(costs(&kim, &path, body("view")).await, (4, 3, 4.0, 8.0), "partition and guard; the transaction");
    assert_eq!(costs(&kim, &path, body("manage")).await, (4, 3, 4.0, 8.0), "a change as much");
    let body = json!({ "email": "noa@example.com", "verb": "view" });
    assert_eq!(costs(&lee, &path, body).await, (4, 3, 4.0, 10.0), "a manager is checked once more");
    let row = kim.rows(&album).await.remove(0);
    let path = format!("{path}/{}/revoke", row["id"].as_str().unwrap());
    assert_eq!(costs(&kim, &path, json!({})).await, (3, 3, 3.0, 6.0));
}
