//! The theme and the language that a visitor picks.

use crate::site::{PASSWORD, Site};

#[tokio::test(flavor = "multi_thread")]
async fn theme_and_language_stay_over_pages_and_through_the_log_in() {
    const NIGHT: &str = "getComputedStyle(document.body).backgroundColor === 'rgb(19, 22, 25)'";
    let site = Site::start().await;
    let mut kim = site.member("kim").await;
    kim.presses_in("header", "Log out").await;

    kim.goes_to("/signup").await;
    assert!(!kim.finds(NIGHT).await);
    kim.presses_in("footer", "Dark").await;
    assert_eq!(kim.place().await, "/signup", "one stays where one was");
    assert!(kim.finds(NIGHT).await);
    kim.presses_in("footer", "한국어").await;
    assert_eq!(kim.place().await, "/signup");
    assert_eq!(kim.string("document.documentElement.lang").await, "ko");
    kim.sees("회원가입").await;

    kim.goes_to("/login").await;
    assert!(kim.finds(NIGHT).await);
    kim.types("#id_username", "kim").await;
    kim.types("#id_password", PASSWORD).await;
    kim.presses("로그인").await;
    kim.sees("로그인했습니다.").await;
    assert!(kim.finds(NIGHT).await);
    kim.goes_to("/profile").await;
    assert!(kim.finds(NIGHT).await);
    assert_eq!(kim.string("document.documentElement.lang").await, "ko");
    kim.goes_to_refused("/nowhere", 404).await;
    assert_eq!(kim.string("document.documentElement.lang").await, "ko");

    kim.goes_to("/").await;
    kim.presses_in("footer", "English").await;
    kim.presses_in("footer", "System").await;
    assert!(!kim.finds(NIGHT).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn picking_a_language_at_the_log_in_does_not_forget_where_one_was_going() {
    let site = Site::start().await;
    let mut kim = site.member("kim").await;
    kim.presses_in("header", "Log out").await;
    kim.goes_to("/profile").await;
    kim.presses_in("footer", "한국어").await;
    kim.types("#id_username", "kim").await;
    kim.types("#id_password", PASSWORD).await;
    kim.presses("로그인").await;
    assert_eq!(kim.place().await, "/profile");
}

#[tokio::test(flavor = "multi_thread")]
async fn picking_a_theme_leads_back_even_from_the_page_of_a_refused_form() {
    let site = Site::start().await;
    let mut kim = site.member("kim").await;
    kim.switches_scripts_off().await;
    kim.goes_to("/profile").await;
    kim.presses("Choose a picture…").await;
    kim.sees("Upload a picture").await;
    kim.presses_in("footer", "Dark").await;
    assert_eq!(kim.place().await, "/profile");
}
