//! Requests of one session at the same time: nothing is lost, and nothing comes back from the dead.

use crate::site::{Gate, Site};

#[tokio::test]
async fn two_requests_that_set_different_keys_keep_both() {
    let gate = Gate::before("UpdateItem");
    let site = Site::start_with(|options| options.http_client = Some(gate.client())).await;
    let mut visitor = site.visitor();
    visitor.post("/preferences/theme", &[("theme", "light")]).await;
    let (mut one, mut two) = (visitor.clone(), visitor.clone());
    let (theme, language, ()) = tokio::join!(
        one.post("/preferences/theme", &[("theme", "dark")]),
        two.post("/preferences/language", &[("language", "ko")]),
        async {
            // Both have read the session before either saves it.
            gate.arrival().await;
            gate.arrival().await;
            gate.open();
        }
    );
    assert_eq!((theme.status.as_u16(), language.status.as_u16()), (303, 303));
    let page = visitor.get("/").await.text();
    assert!(page.contains("data-theme=\"dark\"") && page.contains("<html lang=\"ko\""), "{page:.200}");
}

#[tokio::test]
async fn a_slow_request_does_not_bring_an_ended_session_back() {
    let gate = Gate::before("UpdateItem");
    let site = Site::start_with(|options| options.http_client = Some(gate.client())).await;
    // Sign-up and log-in write with UpdateItem too.
    gate.open();
    let mut kim = site.member("kim@example.com").await.json();
    gate.close();
    // The log-out writes with it as well, and passes.
    gate.hold(1);

    let mut slow = kim.clone().html();
    let (answer, ()) = tokio::join!(slow.post("/preferences/theme", &[("theme", "dark")]), async {
        gate.arrival().await;
        let mut other = kim.clone();
        assert_eq!(other.post_json("/logout", serde_json::json!({})).await.status, 200);
        gate.open();
    });
    // What was asked for did not happen, and that is what it says.
    assert_eq!(answer.status, 303);
    assert!(answer.header("location").starts_with("/login"), "{}", answer.header("location"));
    assert!(site.sessions().is_empty());
    assert!(kim.whoami().await.is_null());
}

#[tokio::test]
async fn logging_in_twice_at_once_makes_two_sessions() {
    let site = Site::start().await;
    let (mut one, mut two) = (site.program(), site.program());
    one.sign_up("kim@example.com").await;
    tokio::join!(one.log_in("kim@example.com"), two.log_in("kim@example.com"));
    assert_ne!(one.session_cookie(), two.session_cookie());
    assert_eq!(site.sessions().len(), 2);
    assert!(!one.whoami().await.is_null() && !two.whoami().await.is_null());
}
