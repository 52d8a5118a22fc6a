//! Signing up, logging in, the profile, logging out.

use crate::site::{PASSWORD, Site};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_up_after_a_mistake() {
    let site = Site::start().await;
    let mut kim = site.visitor().await;
    kim.goes_to("/").await;
    kim.presses("Create an account").await;
    assert_eq!(kim.place().await, "/signup");

    kim.types("#id_email", "kim@example.com").await;
    kim.types("#id_username", "kim").await;
    kim.types("#id_first_name", "하늘").await;
    kim.types("#id_password1", "short").await;
    kim.types("#id_password2", "shirt").await;
    kim.clicks("#id_is_marketing_agreed").await;
    kim.expects(422, "POST", "/signup");
    kim.presses("Create account").await;

    // The summary is the first thing read, and leads to the fields.
    assert!(kim.string("document.title").await.starts_with("Error:"));
    assert!(kim.finds("document.activeElement.matches('[data-error-summary]')").await);
    let summary = kim.text("[data-error-summary]").await;
    assert!(summary.contains("The two passwords are not the same."), "{summary}");
    assert!(summary.contains("Please use at least 10 characters."), "{summary}");
    kim.clicks("[data-error-summary] a").await;
    kim.until("the link leads to its field", "document.activeElement.id === 'id_password2'").await;
    assert!(kim.finds("document.activeElement.getAttribute('aria-invalid') === 'true'").await);

    // What was typed is kept, passwords are not.
    assert_eq!(kim.value("#id_email").await, "kim@example.com");
    assert_eq!(kim.value("#id_username").await, "kim");
    assert_eq!(kim.value("#id_first_name").await, "하늘");
    assert!(kim.finds("document.querySelector('#id_is_marketing_agreed').checked").await);
    assert_eq!(kim.value("#id_password1").await, "");
    assert_eq!(kim.value("#id_password2").await, "");

    kim.types("#id_password1", PASSWORD).await;
    kim.types("#id_password2", PASSWORD).await;
    kim.presses("Create account").await;
    assert_eq!(kim.place().await, "/login");
    kim.sees("Welcome! Your account is ready.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_logs_in_edits_the_profile_and_logs_out() {
    let site = Site::start().await;
    let mut kim = site.member("kim").await;
    kim.presses_in("header", "Log out").await;
    kim.sees("You are logged out.").await;

    // A private page asks for a log-in first, and a wrong password keeps the form.
    kim.goes_to("/profile").await;
    assert_eq!(kim.place().await, "/login?next=/profile");
    kim.types("#id_username", "kim@example.com").await;
    kim.types("#id_password", "wrong horse battery").await;
    kim.expects(401, "POST", "/login");
    kim.presses("Log in").await;
    assert!(kim.finds("document.activeElement.matches('[data-error-summary]')").await);
    kim.sees("do not match an active account").await;
    assert_eq!(kim.value("#id_username").await, "kim@example.com");
    assert_eq!(kim.value("#id_password").await, "");

    // A password can be looked at, and is hidden again.
    kim.types("#id_password", PASSWORD).await;
    kim.clicks(".reveal-toggle").await;
    assert!(kim.finds("document.querySelector('#id_password').type === 'text'").await);
    kim.presses("Log in").await;
    assert_eq!(kim.place().await, "/profile");

    // A message is shown once, and can be put away.
    kim.sees("You are logged in.").await;
    kim.clicks(".message-dismiss").await;
    kim.sees_no("You are logged in.").await;
    kim.goes_to("/profile").await;
    kim.sees_no("You are logged in.").await;

    kim.types("#id_first_name", "Haneul").await;
    kim.types("#id_phone", "not a number").await;
    kim.types("#id_bio", "I build small things.\nAnd large ones.").await;
    kim.expects(422, "POST", "/profile");
    kim.presses("Save").await;
    kim.sees("Please enter a phone number").await;
    assert_eq!(kim.value("#id_bio").await, "I build small things.\nAnd large ones.");
    kim.types("#id_phone", "+82 10 1234 5678").await;
    kim.presses("Save").await;
    kim.sees("Your profile is saved.").await;
    assert_eq!(kim.value("#id_first_name").await, "Haneul");
    assert_eq!(kim.value("#id_bio").await, "I build small things.\nAnd large ones.");
    kim.goes_to("/").await;
    kim.sees("Hello, Haneul").await;

    // Logging out takes a button; GET says so.
    kim.goes_to_refused("/logout", 405).await;
    kim.sees("it takes a button").await;
    kim.presses("Log out on this device").await;
    kim.sees("You are logged out.").await;

    // What was private stays so for who comes after.
    kim.goes_to_refused("/logout", 405).await;
    kim.sees("You are not logged in").await;
    kim.goes_back_to("/profile").await;
    kim.until("Back leads to the log-in", "location.pathname === '/login'").await;
    kim.sees("Log in to continue").await;
    kim.sees_no("Haneul").await;
    kim.looks().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_everywhere_reaches_the_other_browser() {
    let site = Site::start().await;
    let mut desk = site.member("kim").await;
    let mut sofa = site.visitor().await;
    sofa.logs_in("kim").await;
    sofa.goes_to("/profile").await;
    sofa.presses("Log out everywhere").await;
    sofa.sees("You are logged out on every device.").await;
    desk.goes_to("/profile").await;
    assert_eq!(desk.place().await, "/login?next=/profile");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_windows_that_save_lose_nothing() {
    let site = Site::start().await;
    let mut desk = site.member("kim").await;
    let mut sofa = site.visitor().await;
    sofa.logs_in("kim").await;
    desk.goes_to("/profile").await;
    sofa.goes_to("/profile").await;
    desk.types("#id_bio", "Written at the desk").await;
    desk.presses("Save").await;
    sofa.types("#id_bio", "Written on the sofa").await;
    sofa.expects(409, "POST", "/profile");
    sofa.presses("Save").await;
    sofa.sees("This profile changed while you were editing").await;
    sofa.sees("Written at the desk").await;
    assert_eq!(sofa.value("#id_bio").await, "Written on the sofa");
    sofa.presses("Save my version").await;
    sofa.sees("Your profile is saved.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_a_page() {
    let site = Site::start().await;
    let mut kim = site.visitor().await;
    kim.goes_to_refused("/nowhere", 404).await;
    kim.sees("There is nothing at this address.").await;
}
