//! What the script does to every form.

use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_was_stopped_can_be_sent_again() {
    let site = Site::start().await;
    let mut kim = site.member("kim").await;
    kim.goes_to("/profile").await;
    kim.types("#id_bio", "Once more").await;
    let send = "((form) => form.dispatchEvent(new SubmitEvent('submit', { bubbles: true, cancelable: true })))(document.querySelector('main .form'))";
    kim.evaluate("window.sent = document.timeline.currentTime").await.unwrap();
    assert!(kim.finds(send).await, "the first is sent");
    assert!(!kim.finds(send).await, "a double click is not");
    kim.until("a second has passed", "document.timeline.currentTime > sent + 1050").await;
    kim.presses("Save").await;
    kim.sees("Your profile is saved.").await;
}

/// The summary names the fields in the order in which they stand.
#[tokio::test(flavor = "multi_thread")]
async fn errors_are_listed_in_the_order_of_the_form() {
    let site = Site::start().await;
    let mut kim = site.member("kim").await;
    for (place, language) in [("/profile", "en"), ("/profile", "ko"), ("/signup", "ko"), ("/signup", "en")] {
        kim.goes_to("/").await;
        let button = format!("document.querySelector('footer button[value={language}]').click()");
        kim.leaves(async {
            kim.evaluate(&button).await.unwrap();
        })
        .await;
        kim.goes_to(place).await;
        let long = "k".repeat(200);
        for field in ["#id_first_name", "#id_last_name", "#id_phone"] {
            kim.types(field, &long).await;
        }
        kim.expects(422, "POST", place);
        kim.leaves(async {
            kim.evaluate("document.querySelector('main .form').requestSubmit()").await.unwrap();
        })
        .await;
        kim.looks().await;
        let summary = kim.string("[...document.querySelectorAll('[data-error-summary] a')].map((a) => a.hash.slice(1)).filter((v, i, a) => a.indexOf(v) === i).join()").await;
        let form = kim.string("[...document.querySelectorAll('main [aria-invalid]')].map((f) => f.id).join()").await;
        assert_eq!(summary, form, "{place} {language}");
    }
}
