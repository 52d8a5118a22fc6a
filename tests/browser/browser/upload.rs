//! A picture goes from the browser to S3, with JavaScript and without.

use std::path::Path;

use crate::person::Person;
use crate::pictures::Pictures;
use crate::site::Site;

const CHOOSE: &str = "[data-choose] button";

#[tokio::test(flavor = "multi_thread")]
async fn a_member_uploads_a_picture_and_removes_it() {
    let site = Site::start_with_slow_verification().await;
    let pictures = Pictures::new();
    let mut kim = site.member("kim").await;
    kim.goes_to("/profile").await;
    kim.sees("No picture yet").await;

    // On a slow line the bar can be watched, and the picture is already shown.
    kim.line_carries(Some(60_000)).await;
    kim.chooses_file(CHOOSE, &pictures.sunrise()).await;
    kim.until("the bar moves", "(({ value }) => value > 0 && value < 100)(document.querySelector('progress'))").await;
    kim.sees("Uploading…").await;
    kim.until("the preview is shown", &shown(".picture [data-avatar] img", "blob:")).await;
    kim.presses_here("Cancel").await;
    kim.sees("Upload cancelled").await;
    kim.until("there is no preview left", "!document.querySelector('[data-avatar] img')").await;

    kim.line_carries(None).await;
    kim.presses_here("Try again").await;
    kim.sees("Checking the picture…").await;
    kim.until("the preview is shown", &shown(".picture [data-avatar] img", "blob:")).await;
    kim.looks().await;
    site.verify_uploads().await;
    kim.sees("Your new picture is in place").await;
    sees_picture_from(&kim, &site.s3_url(), &[".picture .avatar-large img", "header .avatar-small img"]).await;
    kim.looks().await;

    // The form beside it is as it was before the picture came: it can still be saved.
    kim.types("#id_bio", "Look at the hill!").await;
    kim.presses("Save").await;
    kim.sees("Your profile is saved.").await;
    sees_picture_from(&kim, &site.s3_url(), &[".picture .avatar-large img", "header .avatar-small img"]).await;
    kim.goes_to("/").await;
    sees_picture_from(&kim, &site.s3_url(), &["main .avatar-medium img", "header .avatar-small img"]).await;

    kim.goes_to("/profile").await;
    kim.presses("Remove picture").await;
    kim.sees("Your picture is removed.").await;
    kim.sees("No picture yet").await;
    assert!(kim.finds("!document.querySelector('[data-avatar] img')").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_can_be_removed_right_after_it_came() {
    let site = Site::start().await;
    let pictures = Pictures::new();
    let mut kim = site.member("kim").await;
    kim.goes_to("/profile").await;
    kim.chooses_file(CHOOSE, &pictures.sunrise()).await;
    kim.sees("Your new picture is in place").await;
    kim.presses("Remove picture").await;
    kim.sees("Your picture is removed.").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_with_a_pictures_name_is_rejected_with_its_reason() {
    let site = Site::start().await;
    let pictures = Pictures::new();
    let mut kim = site.member("kim").await;
    kim.goes_to("/profile").await;
    kim.chooses_file(CHOOSE, &pictures.text_named_png()).await;
    kim.sees("The file is not a picture.").await;
    kim.until("there is no preview left", "!document.querySelector('[data-avatar] img')").await;
    kim.looks().await;

    // It is no reason not to choose another one.
    kim.chooses_file(CHOOSE, &pictures.sunrise()).await;
    kim.sees("Your new picture is in place").await;
    kim.goes_to("/profile").await;
    sees_picture_from(&kim, &site.s3_url(), &[".picture .avatar-large img"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_without_scripts_uploads_a_picture_too() {
    let site = Site::start_with_slow_verification().await;
    let pictures = Pictures::new();
    let mut kim = site.member("kim").await;
    kim.switches_scripts_off().await;
    kim.goes_to("/profile").await;
    kim.presses("Choose a picture…").await;
    assert_eq!(kim.place().await, "/uploads");
    assert!(kim.string("document.forms[0].action").await.starts_with(kim.site()));
    assert!(kim.string("document.querySelector('main form').action").await.starts_with(&site.s3_url()));

    send(&mut kim, &pictures.text_named_png()).await;
    kim.sees("This page refreshes by itself.").await;
    assert!(kim.place().await.starts_with("/uploads/"), "S3 sends the browser back");
    site.verify_upload().await;
    kim.sees("This picture could not be used").await;
    kim.sees("The file is not a picture.").await;
    kim.looks().await;

    kim.presses("Choose another picture").await;
    send(&mut kim, &pictures.sunrise()).await;
    kim.sees("This page refreshes by itself.").await;
    site.verify_upload().await;
    kim.sees("Your picture is ready").await;
    sees_picture_from(&kim, &site.s3_url(), &["main .avatar-large img"]).await;
    kim.looks().await;
    kim.presses("Back to your profile").await;
    sees_picture_from(&kim, &site.s3_url(), &[".picture .avatar-large img", "header .avatar-small img"]).await;
    kim.presses("Remove picture").await;
    kim.sees("Your picture is removed.").await;
}

/// Sends a file by the form that goes to S3.
async fn send(kim: &mut Person, file: &Path) {
    kim.chooses_file("#id_file", file).await;
    kim.leaves(kim.clicks("main form button")).await;
}

/// The picture has come from S3 and has been drawn, in each of these places.
async fn sees_picture_from(kim: &Person, s3: &str, places: &[&str]) {
    for place in places {
        kim.until("the picture is shown", &shown(place, s3)).await;
    }
}

fn shown(place: &str, from: &str) -> String {
    format!(
        "((img) => !!img && img.src.startsWith({from:?}) && img.naturalWidth > 0)(document.querySelector({place:?}))"
    )
}

/// What a reload would otherwise lose: the page asks by itself how far the upload is.
#[tokio::test(flavor = "multi_thread")]
async fn a_reload_does_not_lose_the_verdict() {
    let site = Site::start_with_slow_verification().await;
    let pictures = Pictures::new();
    let mut kim = site.member("kim").await;
    kim.goes_to("/profile").await;
    kim.chooses_file(CHOOSE, &pictures.sunrise()).await;
    kim.sees("Checking the picture…").await;
    kim.goes_to("/profile").await;
    kim.sees("Waiting for the file").await;
    site.verify_upload().await;
    kim.sees("Your new picture is in place").await;
    sees_picture_from(&kim, &site.s3_url(), &[".picture .avatar-large img", "header .avatar-small img"]).await;

    // The picture in use stays while a newer one is awaited, and when that is refused.
    kim.chooses_file(CHOOSE, &pictures.text_named_png()).await;
    kim.sees("Checking the picture…").await;
    kim.goes_to("/profile").await;
    assert_eq!(kim.text("[data-status]").await, "This picture is in use\nWaiting for the newer one");
    sees_picture_from(&kim, &site.s3_url(), &[".picture .avatar-large img"]).await;
    kim.until("it is asked", "performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/profile'))")
        .await;
    assert_eq!(kim.text("[data-status]").await, "This picture is in use\nWaiting for the newer one");
    kim.looks().await;
    site.verify_upload().await;
    kim.sees("The file is not a picture.").await;
    kim.looks().await;
    sees_picture_from(&kim, &site.s3_url(), &[".picture .avatar-large img"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waited_long_enough_is_told_so_and_can_ask_again() {
    let site = Site::start_with_slow_verification().await;
    let pictures = Pictures::new();
    let mut kim = site.member("kim").await;
    kim.hurries().await;
    kim.goes_to("/profile").await;
    kim.chooses_file(CHOOSE, &pictures.sunrise()).await;
    kim.sees("The check is taking longer than usual.").await;
    kim.looks().await;
    kim.presses_here("Check again").await;
    kim.until("it is asked again", "document.querySelector('[data-recheck]').hidden").await;
    assert!(kim.finds("document.activeElement.matches('[data-choose] button')").await);
    kim.until("it has waited again", "!document.querySelector('[data-recheck]').hidden").await;
    kim.goes_to("/profile").await;
    kim.sees("Still waiting for the file").await;
    kim.looks().await;
    site.verify_upload().await;
    kim.presses_here("Check again").await;
    kim.sees("Your new picture is in place").await;
    sees_picture_from(&kim, &site.s3_url(), &[".picture .avatar-large img"]).await;

    kim.chooses_file(CHOOSE, &pictures.text_named_png()).await;
    kim.sees("The check is taking longer than usual.").await;
    kim.goes_to("/profile").await;
    kim.sees("Still waiting for the newer one").await;
    kim.looks().await;
    site.verify_upload().await;
    kim.presses_here("Check again").await;
    kim.sees("The file is not a picture.").await;
}
