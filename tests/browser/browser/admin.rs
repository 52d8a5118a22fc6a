//! The administration, as staff see it.

use crate::screen::{DESKTOP, PHONE};
use crate::site::{PASSWORD, Site};

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_looks_for_somebody_and_says_what_they_may() {
    let site = Site::start_with_admin().await;
    let lee = site.member("lee").await;
    drop(lee);
    let mut kim = site.member("kim").await;
    kim.goes_to_refused("/admin", 403).await;
    kim.sees("entering the administration (staff)").await;
    site.makes_superuser("kim").await;
    kim.goes_to("/admin").await;

    kim.goes_to("/admin/groups").await;
    kim.types("#id_name", "Staff").await;
    kim.presses("Make a group").await;
    kim.sees("The group is made").await;
    kim.clicks("[name='permissions:auth.view_user']").await;
    kim.clicks("[name='permissions:shop.view_order']").await;
    kim.presses("Save").await;
    kim.sees("Saved.").await;
    kim.types("#id_user", "nobody@example.com").await;
    let group = kim.place().await;
    kim.expects(422, "POST", &format!("{group}/members"));
    kim.presses("Add").await;
    kim.sees("There is no such account").await;
    kim.types("#id_user", "lee").await;
    kim.presses("Add").await;
    kim.sees("lee@example.com").await;

    kim.goes_to("/admin/users").await;
    kim.types("#id_q", "le").await;
    kim.presses("Search").await;
    kim.sees_no("kim@example.com").await;
    kim.presses("lee@example.com").await;
    let account = kim.place().await;
    kim.clicks("#id_is_staff").await;
    kim.presses("Save").await;
    kim.sees("Saved.").await;
    kim.photographs("admin-user").await;
    kim.presses_in("main", "Audit trail").await;
    kim.sees("Staff: No → Yes").await;
    kim.goes_to("/admin/audit").await;
    kim.sees("Permissions of a group changed: Staff").await;
    kim.photographs("admin-audit").await;
    kim.goes_to("/profile/security").await;
    kim.sees("an operator, from the command line").await;

    kim.takes(PHONE).await;
    for language in ["English", "한국어"] {
        kim.goes_to("/admin").await;
        kim.presses_in("footer", language).await;
        for path in [
            "/admin/users",
            "/admin/users?q=le",
            &account,
            &format!("{account}/media"),
            &format!("{account}/delete"),
            "/admin/groups",
            &group,
            &format!("{group}/delete"),
            "/admin/audit",
            "/profile/security",
            "/reauthenticate",
        ] {
            kim.goes_to(path).await;
        }
    }
    kim.takes(DESKTOP).await;
    kim.goes_to("/reauthenticate?next=/admin/users").await;
    kim.types("#id_password", PASSWORD).await;
    kim.presses("계속").await;
    assert_eq!(kim.place().await, "/admin/users");
}
