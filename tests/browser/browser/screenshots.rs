//! The pictures in `docs/screenshots/`. They are made at each run, and written when `PORTICO_SCREENSHOTS=1` asks for
//! it: a test leaves the checkout as it was. `security.png` needs several browsers and `mail.png` the tray: those are
//! taken by hand.

use crate::pictures::Pictures;
use crate::screen::{DESKTOP, PHONE};
use crate::site::{PASSWORD, Site};

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_shows_these_pages() {
    let site = Site::start().await;
    let pictures = Pictures::new();
    let mut kim = site.visitor().await;
    kim.goes_to("/").await;
    kim.photographs("home").await;

    kim.goes_to("/signup").await;
    kim.types("#id_email", "haneul@example").await;
    kim.types("#id_username", "haneul").await;
    kim.types("#id_password1", "short").await;
    kim.types("#id_password2", "shirt").await;
    kim.expects(422, "POST", "/signup");
    kim.presses("Create account").await;
    kim.photographs("signup-errors").await;

    kim.types("#id_email", "haneul@example.com").await;
    kim.types("#id_first_name", "Haneul").await;
    kim.types("#id_last_name", "Kim").await;
    kim.types("#id_phone", "+82 10 1234 5678").await;
    kim.types("#id_password1", PASSWORD).await;
    kim.types("#id_password2", PASSWORD).await;
    kim.presses("Create account").await;
    kim.logs_in("haneul").await;
    kim.goes_to("/profile").await;
    kim.types("#id_bio", "I walk up hills to see the sun rise.").await;
    kim.presses("Save").await;
    kim.chooses_file("[data-choose] button", &pictures.sunrise()).await;
    kim.sees("Your new picture is in place").await;
    kim.goes_to("/profile").await;
    kim.photographs("profile").await;

    kim.goes_to("/media").await;
    let files = [pictures.text_named_png(), pictures.table(), pictures.sunrise()];
    kim.chooses_files("[data-choose] button", &files).await;
    kim.until("all are decided", "document.querySelectorAll('[data-files] [data-file]:not([hidden])').length === 3")
        .await;
    kim.goes_to("/media").await;
    kim.photographs("media").await;
    kim.leaves(kim.clicks(".file-name a")).await;
    kim.types("#id_email", "lee@example.com").await;
    kim.presses("Share").await;
    kim.photographs("media-file").await;

    kim.goes_to("/profile").await;
    kim.takes(PHONE).await;
    kim.presses_in("footer", "Dark").await;
    kim.presses_in("footer", "한국어").await;
    kim.photographs("profile-phone-dark-ko").await;
    kim.takes(DESKTOP).await;
    kim.looks().await;
}
