//! What goes leaves no grant behind: an album, a user, a group; also when it is cut off anywhere.

use portico::accounts::UserId;
use portico::sharing::{Object, forget_group, forget_object, forget_user};
use portico::store::Store;
use serde_json::json;
use uuid::Uuid;

use super::{ALBUM, Desk, routes};
use crate::site::{Fault, Site, group_deleted};

impl Desk {
    fn store(&self) -> Store {
        self.site.stack.app().store(std::sync::Arc::default())
    }
}

#[tokio::test]
async fn an_album_that_goes_leaves_nothing_in_either_direction() {
    let desk = Desk::open(&[("SHARES_MAX_PER_OBJECT", "200")]).await;
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    let (album, other) = (desk.album(&kim, 1), desk.album(&kim, 2));
    desk.join(&kim, &["editors"]);
    kim.grant(&other, "lee@example.com", "edit").await;
    let others = desk.shares();
    kim.grant(&album, "lee@example.com", "manage").await;
    kim.grant_group(&album, "editors", "view").await;
    for number in 0..60 {
        kim.grant(&album, &format!("friend{number}@example.com"), "view").await;
    }
    kim.post(&format!("/albums/{album}/links"), json!({})).await;
    assert_eq!(desk.shares().len(), others.len() + 2 * 62 + 1);
    let object = Object { kind: ALBUM, id: Uuid::from_u128(1) };
    forget_object(&desk.store(), object, jiff::Timestamp::UNIX_EPOCH).await.unwrap();
    assert_eq!(desk.shares(), others);
    assert_eq!((lee.access(&album).await.as_str(), kim.access(&album).await.as_str()), ("none", "own"));
    assert_eq!(kim.try_grant(&album, json!({ "email": "lee@example.com", "verb": "view" })).await.status, 409);
    assert_eq!(lee.access(&other).await, "edit");
}

#[tokio::test]
async fn a_user_who_goes_leaves_nothing_and_counts_no_more() {
    let (site, faults) = Site::with_faults(&[("THROTTLE_ENABLED", "false")]).await;
    let desk = Desk { site, routes: routes() };
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    let id: UserId = serde_json::from_value(lee.visitor.id.clone()).unwrap();
    for fault in [Fault::CrashBefore, Fault::CrashAfter] {
        for step in 0..60 {
            let albums: Vec<_> = (1..=3).map(|number| desk.album(&kim, number)).collect();
            for album in &albums {
                kim.grant(album, "lee@example.com", "edit").await;
                kim.grant(album, "noa@example.com", "view").await;
            }
            // One of them is gone, and has left its grants.
            let key = json!({ "PK": { "S": format!("ALBUM#{}", albums[2]) }, "SK": { "S": "META" } });
            let gone = json!({ "TableName": "accounts", "Key": key });
            desk.site.stack.dynamodb().database().delete_item(serde_json::from_value(gone).unwrap()).unwrap();

            faults.clear();
            faults.after("", step, fault.clone());
            let first = forget_user(&desk.store(), id).await;
            let crashed = faults.calls().len() > step;
            faults.clear();
            assert_eq!(first.is_ok(), !crashed, "step {step} {fault:?}");
            forget_user(&desk.store(), id).await.unwrap();
            let left = desk.shares();
            assert!(!left.iter().any(|key| key.contains(&id.to_string())), "step {step} {fault:?}: {left:?}");
            assert_eq!(left.len(), 6, "what nobody was granted stays: {left:?}");
            for album in &albums[..2] {
                assert_eq!((desk.counted(album).0, kim.rows(album).await.len()), (1, 1), "step {step} {fault:?}");
            }
            for number in 1..=3 {
                desk.album(&kim, number);
                let object = Object { kind: ALBUM, id: Uuid::from_u128(number) };
                forget_object(&desk.store(), object, jiff::Timestamp::UNIX_EPOCH).await.unwrap();
            }
            assert_eq!(desk.shares(), [] as [String; 0]);
            if !crashed {
                assert!((6..60).contains(&step), "{step} steps");
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_group_that_goes_leaves_nothing_and_nothing_is_granted_to_it_meanwhile() {
    let desk = Desk::open(&[]).await;
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    desk.join(&kim, &["editors", "readers"]);
    desk.join(&lee, &["editors", "readers"]);
    let albums: Vec<_> = (1..=130).map(|number| desk.album(&kim, number)).collect();
    for album in &albums {
        kim.grant_group(album, "editors", "edit").await;
    }
    kim.grant_group(&albums[0], "readers", "view").await;
    desk.store().end_group("editors", None, &group_deleted("editors")).await.unwrap();
    let refused = kim.try_grant(&albums[0], json!({ "group": "editors", "verb": "manage" })).await;
    assert_eq!((refused.status.as_u16(), refused.field("group").len()), (422, 1));
    forget_group(&desk.store(), "editors").await.unwrap();
    desk.store().delete_group("editors", "editors").await.unwrap();
    assert_eq!(desk.shares().len(), 2, "the other group's: {:?}", desk.shares());
    assert_eq!((lee.access(&albums[1]).await.as_str(), lee.access(&albums[0]).await.as_str()), ("none", "view"));
    assert_eq!((desk.counted(&albums[0]).0, desk.counted(&albums[1]).0), (1, 0));
}

#[tokio::test]
async fn the_function_that_erases_may_do_all_of_that() {
    let site = Site::by_hand_with(&[("THROTTLE_ENABLED", "false")]).await;
    let mut lee = site.member("lee@example.com").await;
    let theirs = lee.upload(b"not a picture", "image/png").await;
    let mut kim = site.member("kim@example.com").await;
    let own = kim.upload(b"not a picture", "image/png").await;
    site.share(&format!("MEDIA#{theirs}"), &kim.id);
    site.share(&format!("MEDIA#{own}"), &lee.id);
    let link = json!({
        "PK": { "S": format!("MEDIA#{own}") }, "SK": { "S": "LINK#0" },
        "created_at": { "S": "2026-01-01T00:00:00Z" }, "good_until": { "N": "1" },
    });
    site.put("accounts", &link);
    let answer = kim.clone().json().post_json("/profile/delete", super::consent()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(site.erase(&kim.id).await);
    let id = kim.id.as_str().unwrap();
    let left = site.state().into_iter().filter(|item| item.contains(id) || item.contains(&own));
    let left: Vec<_> = left.filter(|item| !item.contains("\"AUDIT#USER#")).collect();
    assert_eq!(left, [] as [String; 0]);
}
