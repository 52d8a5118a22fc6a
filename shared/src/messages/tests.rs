use super::*;
use crate::secret::Secret;

fn keys(current: &str, fallbacks: &[&str]) -> SecretKeys {
    SecretKeys::new(Secret::new(current), fallbacks.iter().map(|key| Secret::new(*key)).collect())
}

fn of(cookie: Option<&str>, owner: &str) -> Messages {
    Messages::parse(cookie, &keys("k", &[]), owner, Level::Info)
}

fn cookie(messages: &Messages, owner: &str) -> String {
    match messages.change(&keys("k", &[]), owner) {
        Change::Set(cookie) => cookie,
        other => panic!("{other:?}"),
    }
}

fn texts(messages: &Messages) -> Vec<String> {
    messages.take(Language::En).into_iter().map(|shown| shown.text).collect()
}

#[test]
fn a_message_survives_a_redirect_and_is_shown_once() {
    let first = of(None, "");
    first.success("login-done");
    let cookie = cookie(&first, "");
    let second = of(Some(&cookie), "");
    assert_eq!(second.change(&keys("k", &[]), ""), Change::Keep, "nothing has shown it yet");
    assert_eq!(second.take(Language::En).len(), 1);
    assert!(second.take(Language::En).is_empty());
    assert_eq!(second.change(&keys("k", &[]), ""), Change::Delete);
}

#[test]
fn several_are_shown_in_their_order_with_arguments_and_tags() {
    let first = of(None, "");
    first.add(Message::new(Level::Warning, "home-greeting").with("name", "<b>Kim</b>").tagged("big"));
    first.error("login-done");
    let second = of(Some(&cookie(&first, "")), "");
    second.info("logout-done");
    let shown = second.take(Language::En);
    assert_eq!(shown.iter().map(|shown| shown.level).collect::<Vec<_>>(), [Level::Warning, Level::Error, Level::Info]);
    assert!(shown[0].text.contains("<b>Kim</b>") && shown[0].tags == "big", "{shown:?}");
    assert!(Language::Ko.text("home-greeting", &[]) != shown[0].text);
}

#[test]
fn what_matters_less_than_the_setting_is_not_kept() {
    assert!(Level::Debug < Level::Info && Level::Info < Level::Success);
    assert!(Level::Success < Level::Warning && Level::Warning < Level::Error);
    let messages = Messages::parse(None, &keys("k", &[]), "", Level::Warning);
    messages.debug("a");
    messages.info("b");
    messages.success("c");
    messages.warning("d");
    messages.error("e");
    assert_eq!(texts(&messages), ["d", "e"]);
    messages.set_level(Level::Debug);
    messages.debug("a");
    assert_eq!(texts(&messages), ["a"]);
    assert_eq!(Level::parse(" Warning"), Some(Level::Warning));
    assert_eq!(Level::parse("30"), None);
}

#[test]
fn what_a_failed_request_says_is_taken_back_and_what_waited_stays() {
    let first = of(None, "");
    first.info("a");
    let second = of(Some(&cookie(&first, "")), "");
    second.success("b");
    assert_eq!(texts(&second), ["a", "b"], "in an answer that is then thrown away");
    second.retract();
    assert_eq!(texts(&second), ["a"]);
}

#[test]
fn a_message_that_is_added_after_the_page_was_made_waits_for_the_next() {
    let messages = of(None, "");
    messages.info("a");
    assert_eq!(texts(&messages), ["a"]);
    messages.info("b");
    let cookie = cookie(&messages, "");
    assert_eq!(texts(&of(Some(&cookie), "")), ["b"]);
}

#[test]
fn of_more_than_a_cookie_holds_the_oldest_are_dropped() {
    let messages = of(None, "");
    for number in 0..200 {
        messages.info(&format!("message-{number}"));
    }
    let cookie = cookie(&messages, "");
    assert!((1_900..=MOST).contains(&cookie.len()), "{}", cookie.len());
    let kept = texts(&of(Some(&cookie), ""));
    assert!(kept.len() > 20);
    let newest: Vec<_> = (200 - kept.len()..200).map(|number| format!("message-{number}")).collect();
    assert_eq!(kept, newest);
    // One that does not fit by itself is not kept, and does not keep the others from being deleted once shown.
    let large = of(Some(&cookie), "");
    large.take(Language::En);
    large.add(Message::new(Level::Info, "home-greeting").with("name", "x".repeat(3_000)));
    assert_eq!(large.change(&keys("k", &[]), ""), Change::Delete);
}

#[test]
fn the_messages_of_one_session_are_not_shown_in_another() {
    let kim = of(None, "");
    kim.success("profile-saved");
    // The answer is to a session of Kim's.
    let cookie = cookie(&kim, "kim");
    for other in ["", "lee"] {
        let messages = of(Some(&cookie), other);
        assert_eq!(messages.change(&keys("k", &[]), other), Change::Keep);
        assert!(texts(&messages).is_empty());
        assert_eq!(messages.change(&keys("k", &[]), other), Change::Delete, "and it goes with the first page");
    }
    let again = of(Some(&cookie), "kim");
    again.forget();
    again.success("logout-done");
    assert_eq!(again.peek(Language::En).len(), 1, "what the log-out itself says stays");
    // A session that goes on under another name takes them along.
    assert!(matches!(of(Some(&cookie), "kim").change(&keys("k", &[]), "kim again"), Change::Set(_)));
}

#[test]
fn what_we_did_not_sign_is_not_shown() {
    let messages = of(None, "");
    messages.info("a");
    let ours = cookie(&messages, "");
    let forged = encode(&[&Message::new(Level::Info, "x")], &keys("j", &[]), "").unwrap();
    let flipped = (0..ours.len()).map(|index| {
        let mut bytes = ours.clone().into_bytes();
        bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
        String::from_utf8(bytes).unwrap()
    });
    let cut = (0..ours.len()).map(|length| ours[..length].to_owned());
    let odd = ["", "AAAA", " ", "\"\"", "[]"].map(str::to_owned);
    // The last character has bits that base64 does not use: one that differs in those alone is no other text.
    for bad in flipped.chain(cut).chain(odd).chain([forged, "A".repeat(20_000), format!("{ours}=")]) {
        assert!(of(Some(&bad), "").peek(Language::En).is_empty(), "{bad}");
    }
}

#[test]
fn messages_outlive_a_change_of_keys_and_are_signed_anew() {
    let first = Messages::parse(None, &keys("old", &[]), "", Level::Info);
    first.info("a");
    let Change::Set(old) = first.change(&keys("old", &[]), "") else { panic!() };
    let both = keys("new", &["old"]);
    let second = Messages::parse(Some(&old), &both, "", Level::Info);
    let Change::Set(new) = second.change(&both, "") else { panic!() };
    let third = Messages::parse(Some(&new), &keys("new", &[]), "", Level::Info);
    assert_eq!(texts(&third), ["a"]);
    assert!(texts(&Messages::parse(Some(&old), &keys("new", &[]), "", Level::Info)).is_empty());
}
