//! What is nobody's is told apart by nothing: neither by the answer nor by what was asked of the store.

use std::sync::Arc;

use http::Method;
use local::functions::{self, Handler};
use portico::meter::Cost;
use portico::rng::{Rng, SystemRng};
use serde_json::{Value, json};

use crate::site::{Answer, PASSWORD, Site, Visitor};

/// What somebody sees of the answers to a `Cookie` header: everything, without what is different in every answer.
#[derive(Debug, PartialEq)]
struct Seen {
    home: String,
    page_bytes: usize,
    refused: Value,
    cookies: Vec<String>,
    headers: Vec<(String, String)>,
}

async fn see(visitor: &Visitor<'_>, header: &str) -> (Seen, [Cost; 3]) {
    let mut visitor = visitor.with_session(None);
    let mut ask = async |accept: &str, path: &str| -> Answer {
        let headers = [("cookie", header), ("accept", accept)];
        visitor.send(Method::GET, path, &headers, bytes::Bytes::new()).await
    };
    let home = ask("application/json", "/").await;
    let page = ask("text/html", "/").await;
    let refused = ask("application/json", "/profile").await;
    assert_eq!((home.status.as_u16(), page.status.as_u16(), refused.status.as_u16()), (200, 200, 401), "{header:.80}");
    let mut body = refused.json();
    body["error"]["request_id"] = Value::Null;
    let cookies = [&home, &page, &refused].map(|answer| {
        let all = answer.set_cookies().into_iter();
        all.map(|cookie| if cookie.starts_with("csrftoken") { "csrftoken" } else { cookie })
            .collect::<Vec<_>>()
            .join(", ")
    });
    let headers = home.headers.iter().filter(|(name, _)| !name.as_str().contains("request"));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let costs = [home.cost(), page.cost(), refused.cost()];
    let (home, page_bytes) = (home.text(), page.body.len());
    (Seen { home, page_bytes, refused: body, cookies: cookies.to_vec(), headers }, costs)
}

/// Ends the only session of somebody by changing its row.
fn change_session(site: &Site, member: &Visitor<'_>, attribute: &str, value: Value) {
    let owner = format!("USER#{}", member.id.as_str().unwrap());
    let mut rows = site.sessions().into_iter();
    let mut row = rows.find(|row| row["PK"]["S"] == owner.as_str()).unwrap();
    row[attribute] = value;
    site.put(&site.stack.app().config().tables.sessions, &row);
}

fn flipped(cookie: &str, index: usize) -> String {
    let mut bytes = cookie.to_owned().into_bytes();
    bytes[index] ^= 1;
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_cookie_in_the_right_form_is_refused_alike_whatever_is_wrong_with_it() {
    let site = Site::uncounted(&[]).await;
    let mut members = Vec::new();
    for name in ["kim", "lee", "old", "late", "capped", "out", "off"] {
        members.push(site.member(&format!("{name}@example.com")).await);
    }
    let [kim, lee, old, late, capped, out, off] = members.try_into().ok().unwrap();
    site.amend(&old.id, "session_epoch", json!({ "N": "2" }));
    site.amend(&off.id, "is_active", json!({ "BOOL": false }));
    change_session(&site, &late, "ends_at", json!({ "N": "1" }));
    change_session(&site, &capped, "absolute_at", json!({ "N": "1" }));
    out.clone().post("/logout", &[]).await;

    let (good, other) = (kim.session_cookie(), lee.session_cookie());
    let secret = good.split_once('.').unwrap().1;
    let lees_id = other.split_once('.').unwrap().0;
    let rng = &SystemRng as &dyn Rng;
    let nobody = rng.uuid(jiff::Timestamp::now());
    let mut wrong = vec![
        ("another's id with a valid secret", format!("{lees_id}.{secret}")),
        ("an old epoch", old.session_cookie()),
        ("an inactive user", off.session_cookie()),
        ("expired, and still there", late.session_cookie()),
        ("past its cap, and still there", capped.session_cookie()),
        ("logged out", out.session_cookie()),
        ("nobody's id", format!("{nobody}.{secret}")),
        ("a secret that never was", format!("{lees_id}.{}", rng.token())),
    ];
    // A flipped bit that leaves the form as it is: a digit of the id that stays one, a letter of the secret.
    let in_id = (0..36).filter(|&at| good.as_bytes()[at].is_ascii_digit() && ![14, 19].contains(&at)).take(4);
    let in_secret = (37..good.len()).filter(|&at| (flipped(&good, at).as_bytes()[at]).is_ascii_alphanumeric());
    wrong.extend(in_id.chain(in_secret).map(|at| ("a flipped bit", flipped(&good, at))));

    let before = site.state();
    let (expected, costs) = see(&kim, &format!("sessionid={}", wrong[0].1)).await;
    assert!(costs.iter().all(|cost| (cost.calls, cost.read_units, cost.write_units) == (1, 2.0, 0.0)), "{costs:?}");
    assert!(expected.cookies.iter().all(|cookies| cookies.contains("sessionid=; ")), "it is taken back: {expected:?}");
    for (what, cookie) in &wrong {
        let (seen, cost) = see(&kim, &format!("sessionid={cookie}")).await;
        assert_eq!(seen, expected, "{what}: {cookie}");
        assert_eq!(cost, costs, "{what}: {cookie}");
    }
    assert_eq!(site.state(), before, "and nothing is written");
}

#[tokio::test]
async fn a_cookie_in_no_form_is_refused_alike_and_without_a_call() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    let good = kim.session_cookie();
    let before = site.state();
    let (expected, costs) = see(&kim, "sessionid=x").await;
    assert_eq!(costs, [Cost::default(); 3]);
    for value in [
        "",
        " ",
        "   ",
        "\"\"",
        "%00",
        &format!("{good}%00"),
        &format!("\"{good}\""),
        &format!("'{good}'"),
        &format!("{good}; sessionid={good}"),
        &format!("{good}; other=1; sessionid=x"),
        &good.replace('.', ""),
        &good.to_uppercase(),
        &good[..good.len() - 1],
        &"x".repeat(9_000),
        &format!("{good}{}", "A".repeat(4_096)),
    ] {
        let (seen, cost) = see(&kim, &format!("sessionid={value}")).await;
        assert_eq!(seen, expected, "{value:.80}");
        assert_eq!(cost, costs, "{value:.80}");
    }
    assert_eq!(site.state(), before);
}

#[tokio::test]
async fn a_visitors_cookie_is_refused_alike_whether_its_row_is_still_there_or_never_was() {
    let site = Site::start().await;
    let mut visitor = site.visitor();
    visitor.post("/preferences/theme", &[("theme", "dark")]).await;
    let expired = visitor.session_cookie();
    site.clock.advance(jiff::SignedDuration::from_hours(24 * 15));
    let before = site.state();
    let never = format!(".{}", (&SystemRng as &dyn Rng).token());
    let (expected, costs) = see(&visitor, &format!("sessionid={never}")).await;
    let (seen, cost) = see(&visitor, &format!("sessionid={expired}")).await;
    assert_eq!((seen, cost), (expected, costs));
    assert!(costs.iter().all(|cost| (cost.calls, cost.read_units) == (1, 1.0)), "{costs:?}");
    assert_eq!(site.state(), before);
}

#[tokio::test]
async fn a_header_that_no_gateway_lets_through_is_nobodys_too() {
    let site = Site::start().await;
    let kim = site.member("kim@example.com").await;
    let handler = functions::all().into_iter().find(|(name, _)| *name == "home").unwrap().1;
    let Handler::Http(routes) = handler else { panic!("home is a page") };
    let routes = Arc::new(routes);
    let before = site.state();
    for cookie in [format!("sessionid=\0{}", kim.session_cookie()), "sessionid=\n".to_owned(), "\0".to_owned()] {
        let file = crate::site::root().join("events/home-get.json");
        let mut event: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        event["cookies"] = json!([cookie]);
        let answer = portico::lambda::answer(site.stack.app(), &routes, event).await;
        assert_eq!(answer["statusCode"], 200, "{cookie:?}");
        assert!(!answer["body"].as_str().unwrap().contains("kim@example.com"), "{cookie:?}");
    }
    // 20 KB are API Gateway's to refuse; a function that got them anyway takes them for nobody's.
    let file = crate::site::root().join("events/home-get.json");
    let mut event: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    event["cookies"] = json!([format!("sessionid={}", "x".repeat(20_000))]);
    assert_eq!(portico::lambda::answer(site.stack.app(), &routes, event).await["statusCode"], 200);
    assert_eq!(site.state(), before);
}

#[tokio::test]
async fn a_session_of_the_browsers_own_takes_the_place_of_a_wrong_one() {
    let site = Site::start().await;
    site.program().sign_up("kim@example.com").await;
    let mut kim = site.visitor().with_session(Some(&format!(".{}", (&SystemRng as &dyn Rng).token())));
    let answer = kim.post("/login", &[("username", "kim@example.com"), ("password", PASSWORD)]).await;
    assert_eq!(answer.status, 303);
    let of_session = |cookie: &&str| cookie.starts_with("sessionid=");
    assert_eq!(answer.set_cookies().into_iter().filter(of_session).count(), 1, "one, and not a deletion besides");
    assert_eq!(kim.whoami().await["email"], "kim@example.com");
}
