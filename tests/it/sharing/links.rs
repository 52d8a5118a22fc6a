//! Links: to see an album, for a while, whoever has them.

use futures_util::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{Desk, Person};
use crate::site::Answer;

impl Person<'_> {
    async fn link(&self, album: &str, body: Value) -> Answer {
        self.post(&format!("/albums/{album}/links"), body).await
    }

    async fn open(&self, album: &str, link: &Value) -> u16 {
        let secret = link["secret"].as_str().unwrap();
        self.get(&format!("/albums/{album}/by/{secret}")).await.status.as_u16()
    }

    async fn links(&self, album: &str) -> Value {
        self.get(&format!("/albums/{album}/links")).await.json()
    }

    async fn revoke_link(&self, album: &str, link: &Value) -> u16 {
        let path = format!("/albums/{album}/links/{}/revoke", link["id"].as_str().unwrap());
        self.post(&path, json!({})).await.status.as_u16()
    }
}

#[tokio::test]
async fn whoever_has_a_link_sees_the_album_until_it_expires_or_is_revoked() {
    let desk = Desk::open(&[]).await;
    let (kim, lee, nobody) =
        (desk.member("kim@example.com").await, desk.member("lee@example.com").await, desk.stranger().await);
    let (album, other) = (desk.album(&kim, 1), desk.album(&kim, 2));
    let made = kim.link(&album, json!({ "expires_in": 3600 })).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let link = made.json();
    let opened = nobody.get(&format!("/albums/{album}/by/{}", link["secret"].as_str().unwrap())).await;
    assert_eq!((opened.json()["access"].as_str(), opened.cost().calls), (Some("view"), 1), "nothing but to see it");
    assert_eq!((lee.open(&album, &link).await, kim.open(&album, &link).await), (200, 200));
    assert_eq!(nobody.open(&other, &link).await, 404, "of this album alone");
    assert_eq!(lee.access(&album).await, "none", "without it they have nothing");
    for wrong in ["", "x", link["id"].as_str().unwrap(), &"A".repeat(43), "%00"] {
        assert_ne!(nobody.open(&album, &json!({ "secret": wrong })).await, 200, "{wrong}");
    }
    assert_eq!(kim.revoke_link(&album, &link).await, 204);
    assert_eq!(nobody.open(&album, &link).await, 404);
    assert_eq!(kim.revoke_link(&album, &link).await, 204, "what is not there is revoked already");

    let short = kim.link(&album, json!({ "expires_in": 60 })).await.json();
    let long = kim.link(&album, json!({})).await.json();
    desk.site.clock.advance(SignedDuration::from_secs(61));
    assert_eq!((nobody.open(&album, &short).await, nobody.open(&album, &long).await), (404, 200));
    assert_eq!(kim.links(&album).await.as_array().unwrap().len(), 1, "what is over is not listed");
}

#[tokio::test]
async fn the_secret_is_shown_once_and_stored_nowhere() {
    let desk = Desk::open(&[]).await;
    let kim = desk.member("kim@example.com").await;
    let album = desk.album(&kim, 1);
    let link = kim.link(&album, json!({})).await.json();
    let secret = link["secret"].as_str().unwrap();
    assert_eq!(secret.len(), 43);
    let listed = kim.links(&album).await;
    assert_eq!((&listed[0]["id"], &listed[0]["expires_at"]), (&link["id"], &link["expires_at"]));
    assert!(!listed.to_string().contains(secret));
    assert!(!desk.site.state().iter().any(|item| item.contains(secret)));
    assert!(desk.site.state().iter().any(|item| item.contains(&portico::secret::digest(secret))));
}

#[tokio::test]
async fn an_age_that_no_link_may_have_is_refused() {
    let desk = Desk::open(&[("SHARE_LINK_MAX_AGE", "3600")]).await;
    let kim = desk.member("kim@example.com").await;
    let album = desk.album(&kim, 1);
    for age in [0, 3_601, i64::MAX] {
        let answer = kim.link(&album, json!({ "expires_in": age })).await;
        assert_eq!((answer.status.as_u16(), answer.field("expires_in").len()), (422, 1), "{age}");
    }
    assert_eq!(kim.link(&album, json!({ "expires_in": -1 })).await.status, 400);
    assert_eq!((desk.shares().len(), desk.counted(&album).1), (0, 0));
}

#[tokio::test]
async fn links_that_are_over_make_room_for_new_ones_and_there_are_never_more_than_there_may_be() {
    let desk = Desk::open(&[("SHARE_LINKS_MAX", "3")]).await;
    let kim = desk.member("kim@example.com").await;
    let album = desk.album(&kim, 1);
    let all = join_all((0..20).map(|_| kim.link(&album, json!({ "expires_in": 60 })))).await;
    let made = all.iter().filter(|answer| answer.status == 201).count();
    assert!((1..=3).contains(&made), "{made}");
    while kim.link(&album, json!({ "expires_in": 60 })).await.status == 201 {}
    assert_eq!((desk.shares().len(), desk.counted(&album).1), (3, 3));
    let refused = kim.link(&album, json!({})).await;
    assert_eq!((refused.status.as_u16(), refused.field("__all__")), (422, vec!["too_many".to_owned()]));
    desk.site.clock.advance(SignedDuration::from_secs(61));
    let answer = kim.link(&album, json!({})).await;
    let cost = answer.cost();
    assert_eq!((answer.status.as_u16(), cost.calls, cost.trips), (201, 3, 3), "{}", answer.text());
    assert_eq!((desk.shares().len(), desk.counted(&album).1), (1, 1), "those that were over are gone");
}

#[tokio::test]
async fn links_are_for_those_who_may_manage() {
    let desk = Desk::open(&[]).await;
    let (kim, lee) = (desk.member("kim@example.com").await, desk.member("lee@example.com").await);
    let album = desk.album(&kim, 1);
    for (verb, status) in [("view", 403), ("edit", 403), ("manage", 201)] {
        kim.grant(&album, "lee@example.com", verb).await;
        assert_eq!(lee.link(&album, json!({})).await.status, status, "{verb}");
        assert_eq!(lee.get(&format!("/albums/{album}/links")).await.status, if status == 201 { 200 } else { 403 });
    }
    let link = kim.link(&album, json!({})).await.json();
    assert_eq!(lee.revoke_link(&album, &link).await, 204);
    assert_eq!(desk.counted(&album).1, 1);
}
