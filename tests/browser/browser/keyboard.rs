//! Without a mouse.

use crate::site::{PASSWORD, Site};

#[tokio::test(flavor = "multi_thread")]
async fn a_member_logs_in_by_keyboard_alone() {
    let site = Site::start().await;
    let mut kim = site.member("kim").await;
    kim.presses_in("header", "Log out").await;

    // From the top of the page, in the order of reading; what has the focus is outlined.
    kim.goes_to("/login").await;
    kim.strikes("Tab").await;
    kim.until("the first stop is the way past the header", "document.activeElement.matches('.skip')").await;
    kim.strikes("Enter").await;
    kim.until("it leads to the main part", "location.hash === '#main'").await;
    kim.strikes("Tab").await;
    kim.until("the name comes first", "document.activeElement.id === 'id_username'").await;
    kim.writes("kim").await;
    kim.strikes("Tab").await;
    kim.until("then the password", "document.activeElement.id === 'id_password'").await;
    kim.writes(PASSWORD).await;
    kim.strikes("Tab").await;
    kim.until("then the button that shows it", "document.activeElement.matches('.reveal-toggle')").await;
    kim.strikes("Tab").await;
    kim.until("then the checkbox", "document.activeElement.id === 'id_remember'").await;
    kim.strikes("Space").await;
    kim.until("it is ticked", "document.activeElement.checked").await;
    kim.strikes("Tab").await;
    kim.until("then the button", "document.activeElement.matches('main .button-primary')").await;
    assert!(kim.finds("getComputedStyle(document.activeElement).outlineStyle !== 'none'").await);
    kim.leaves(kim.strikes("Enter")).await;
    kim.looks().await;
    kim.sees("You are logged in.").await;
}
