//! What each request costs in `DynamoDB`: calls, trips one after another, capacity units. Exactly.

mod table;

use http::Method;
use jiff::SignedDuration;
use portico::meter::Cost;
use serde_json::json;

use crate::site::{PASSWORD, Site};

const FREE: Cost = Cost { calls: 0, trips: 0, read_units: 0.0, write_units: 0.0 };

fn cost(calls: u32, trips: u32, read_units: f64, write_units: f64) -> Cost {
    Cost { calls, trips, read_units, write_units }
}

#[tokio::test]
async fn a_page_for_a_visitor_costs_nothing() {
    let site = Site::start().await;
    for mut visitor in [site.visitor(), site.program()] {
        for path in ["/", "/csrf", "/login", "/signup", "/logout", "/profile", "/nowhere"] {
            assert_eq!(visitor.get(path).await.cost(), FREE, "{path}");
        }
        for path in ["/login", "/logout", "/preferences/theme", "/nowhere"] {
            assert_eq!(visitor.send(Method::POST, path, &[], bytes::Bytes::new()).await.cost(), FREE, "{path}");
        }
    }
    for odd in ["", " ", "\"\"", "x", ".", "x.y"] {
        assert_eq!(site.visitor().with_session(Some(odd)).get("/").await.cost(), FREE, "no read is spent on {odd:?}");
    }
}

#[tokio::test]
async fn a_page_for_a_member_costs_one_read_of_session_and_user() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    for path in ["/", "/csrf", "/login", "/signup", "/logout", "/profile", "/nowhere"] {
        assert_eq!(kim.clone().get(path).await.cost(), cost(1, 1, 2.0, 0.0), "{path}");
    }
    for path in ["/", "/csrf", "/logout", "/profile", "/nowhere"] {
        assert_eq!(kim.clone().json().get(path).await.cost(), cost(1, 1, 2.0, 0.0), "{path}");
    }
    site.clock.advance(SignedDuration::from_mins(31));
    let mut kim = kim;
    assert_eq!(kim.get("/profile").await.cost(), cost(2, 2, 2.0, 1.0), "a renewal is due");
    assert_eq!(kim.get("/profile").await.cost(), cost(1, 1, 2.0, 0.0));
}

#[tokio::test]
async fn a_visitor_with_a_preference_costs_one_read() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    let token = visitor.csrf_token().await;
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("x-csrftoken", &*token)];
    let mut set = async |theme: &str| {
        let body = format!("theme={theme}");
        visitor.send(Method::POST, "/preferences/theme", &headers, body.into()).await.cost()
    };
    assert_eq!(set("dark").await, cost(1, 1, 0.0, 1.0), "the first one makes the row");
    assert_eq!(set("light").await, cost(2, 2, 1.0, 1.0));
    assert_eq!(set("light").await, cost(1, 1, 1.0, 0.0), "the same again writes nothing");
    assert_eq!(visitor.get("/").await.cost(), cost(1, 1, 1.0, 0.0));
}

#[tokio::test]
async fn a_sign_up_is_two_counts_and_one_transaction() {
    let site = Site::start().await;
    let mut program = site.program();
    let mut body = json!({ "email": "kim@example.com", "password1": PASSWORD, "password2": PASSWORD });
    assert_eq!(
        program.post_json("/signup", body.clone()).await.cost(),
        cost(3, 3, 0.0, 9.0),
        "user, guard and mail; an entry of the index"
    );
    body["email"] = json!("lee@example.com");
    body["username"] = json!("lee");
    assert_eq!(
        program.post_json("/signup", body.clone()).await.cost(),
        cost(3, 3, 0.0, 12.0),
        "and another guard, with its entry"
    );
    let taken = program.post_json("/signup", body.clone()).await.cost();
    assert_eq!((taken.calls, taken.trips), (3, 3));
    body["email"] = json!("nobody");
    assert_eq!(program.post_json("/signup", body).await.cost(), FREE, "what is wrong costs nothing");
}

#[tokio::test]
async fn a_log_in_takes_three_trips() {
    let site = Site::start().await;
    let mut kim = site.visitor().json();
    let user = kim.sign_up("kim@example.com").await;
    site.prove(&user["id"]);
    let body = json!({ "username": "kim@example.com", "password": PASSWORD });
    let answer = kim.clone().post_json("/login", body.clone()).await;
    assert_eq!(answer.cost(), cost(13, 3, 2.0, 11.0), "guard; user; session, log-in; four counts, given back");
    kim.post_json("/preferences/theme", json!({ "theme": "dark" })).await;
    let answer = kim.post_json("/login", body.clone()).await;
    assert_eq!(
        answer.cost(),
        cost(15, 3, 3.0, 15.0),
        "news of a new device; the visitor's session is read and replaced on the way"
    );
    let answer = kim.post_json("/login", body).await;
    assert_eq!(answer.cost(), cost(10, 3, 4.0, 7.0), "so is a member's own; a known browser has two counts");
}

#[tokio::test]
async fn a_refused_log_in_costs_the_same_whoever_it_was_for() {
    let site = Site::start().await;
    let mut program = site.program();
    program.sign_up("kim@example.com").await;
    for username in ["kim@example.com", "nobody@example.com", "nobody", "not a name", "@", "a@b@c"] {
        let body = json!({ "username": username, "password": "wrong wrong wrong" });
        assert_eq!(program.post_json("/login", body).await.cost(), cost(6, 2, 2.0, 4.0), "{username}");
    }
}

#[tokio::test]
async fn a_log_out_is_one_read_and_one_write() {
    let site = Site::start().await;
    let mut kim = site.member("kim@example.com").await;
    assert_eq!(kim.post("/logout", &[]).await.cost(), cost(2, 2, 2.0, 1.0));
    assert_eq!(kim.post("/logout", &[]).await.cost(), FREE);
}
