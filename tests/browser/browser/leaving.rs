//! Taking one's data along, and leaving.

use crate::site::{PASSWORD, Site};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_leaves_for_good_after_second_thoughts() {
    let site = Site::start().await;
    let mut kim = site.member("kim").await;
    kim.goes_to("/profile").await;
    kim.presses("Delete my account…").await;
    kim.presses("Keep my account").await;
    assert_eq!(kim.place().await, "/profile");

    kim.presses("Delete my account…").await;
    kim.presses("Download your data first").await;
    assert_eq!(kim.place().await, "/profile/export");
    kim.types("#id_password", "wrong horse battery").await;
    kim.expects(422, "POST", "/profile/export");
    kim.presses("Download").await;
    kim.sees("This is not your current password.").await;
    assert_eq!(kim.value("#id_password").await, "");

    // A password alone is not enough, and neither is the box.
    kim.goes_to("/profile/delete").await;
    kim.types("#id_password", PASSWORD).await;
    kim.expects(422, "POST", "/profile/delete");
    kim.presses("Delete my account for good").await;
    assert!(kim.finds("document.activeElement.matches('[data-error-summary]')").await);
    kim.clicks("[data-error-summary] a").await;
    kim.until("the link leads to the box", "document.activeElement.id === 'id_confirm'").await;
    kim.strikes("Space").await;
    kim.types("#id_password", "wrong horse battery").await;
    kim.expects(422, "POST", "/profile/delete");
    kim.presses("Delete my account for good").await;
    assert!(kim.finds("document.querySelector('#id_confirm').checked").await);

    kim.types("#id_password", PASSWORD).await;
    kim.presses("Delete my account for good").await;
    assert_eq!(kim.place().await, "/");
    kim.sees("Your account is deleted.").await;
    kim.goes_to("/profile").await;
    assert_eq!(kim.place().await, "/login?next=/profile");
}
