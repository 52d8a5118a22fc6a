//! On a screen of 390 pixels. That nothing scrolls sideways is asked at every look.

use crate::pictures::Pictures;
use crate::screen::PHONE;
use crate::site::{PASSWORD, Site};

#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_a_phone_in_both_languages() {
    let site = Site::start().await;
    let mut kim = site.member("a-rather-long-user-name-for-a-phone").await;
    kim.takes(PHONE).await;
    for language in ["English", "한국어"] {
        kim.goes_to("/").await;
        kim.presses_in("footer", language).await;
        for path in ["/profile", "/profile/export", "/profile/delete"] {
            kim.goes_to(path).await;
        }
        kim.goes_to_refused("/logout", 405).await;
        kim.goes_to_refused("/nowhere", 404).await;
    }

    kim.goes_to("/profile").await;
    kim.types("#id_phone", "?").await;
    kim.expects(422, "POST", "/profile");
    kim.presses("저장").await;
    kim.clicks("header nav form button").await;
    // The language was the session's, and goes with it.
    kim.sees("You are logged out.").await;
    for language in ["English", "한국어"] {
        kim.goes_to("/").await;
        kim.presses_in("footer", language).await;
        kim.goes_to("/login").await;
        kim.goes_to("/signup").await;
        kim.types("#id_email", "a-rather-long-address-without-any-place-to-break@an-even-longer-host.example").await;
        kim.types("#id_password1", PASSWORD).await;
        kim.expects(422, "POST", "/signup");
        let submit = if language == "English" { "Create account" } else { "계정 만들기" };
        kim.presses(submit).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_sent_from_a_phone_without_scripts() {
    let site = Site::start().await;
    let pictures = Pictures::new();
    let mut kim = site.member("kim").await;
    kim.takes(PHONE).await;
    kim.switches_scripts_off().await;
    kim.goes_to("/profile").await;
    kim.presses("Choose a picture…").await;
    kim.chooses_file("#id_file", &pictures.sunrise()).await;
    kim.leaves(kim.clicks("main button")).await;
    kim.sees("Your picture is ready").await;
    kim.looks().await;
}
