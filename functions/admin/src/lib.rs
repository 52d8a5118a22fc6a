//! The administration, at `/admin`: accounts, groups and the audit trail, for staff alone.
//!
//! Off unless it is turned on (`ADMIN_ENABLED`). Each route asks for a permission, for a log-in that is no older than
//! `ADMIN_LOGIN_AGE`, and for a place that administrators come from; for everybody else there is nothing here
//! (`docs/admin.md`).

mod audit;
mod group;
mod groups;
mod index;
mod user;
mod users;

use portico::permissions::audit::Event;
use portico::permissions::auth::{Group, User};
use portico::permissions::media::Upload;
use portico::permissions::sessions::Session;
use portico::{Allow, Routes};

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new()
        .first_page(users::TEMPLATE)
        .get("/admin", Allow::admin(&[]), index::show)
        .get("/admin/users", Allow::admin(&[User::VIEW, User::CHANGE]), users::list)
        .get("/admin/users/{id}", Allow::admin(&[User::VIEW, User::CHANGE]), user::show)
        .post("/admin/users/{id}/privileges", Allow::admin(&[User::CHANGE]), user::save)
        .post("/admin/users/{id}/password-reset", Allow::admin(&[User::CHANGE]), user::send_reset)
        .post("/admin/users/{id}/sessions/end", Allow::admin(&[Session::DELETE]), user::end_sessions)
        .post("/admin/users/{id}/sessions/{session}/end", Allow::admin(&[Session::DELETE]), user::end_session)
        .get("/admin/users/{id}/delete", Allow::admin(&[User::DELETE]), user::confirm_delete)
        .post("/admin/users/{id}/delete", Allow::admin(&[User::DELETE]), user::delete)
        .get("/admin/users/{id}/media", Allow::admin(&[Upload::VIEW]), user::media)
        .get("/admin/users/{id}/audit", Allow::admin(&[Event::VIEW]), audit::of_user)
        .get("/admin/groups", Allow::admin(&[Group::VIEW, Group::CHANGE, Group::ADD]), groups::list)
        .post("/admin/groups", Allow::admin(&[Group::ADD]), groups::create)
        .get("/admin/groups/{group}", Allow::admin(&[Group::VIEW, Group::CHANGE]), group::show)
        .post("/admin/groups/{group}/permissions", Allow::admin(&[Group::CHANGE]), group::save)
        .post("/admin/groups/{group}/members", Allow::admin(&[User::CHANGE]), group::add_member)
        .post("/admin/groups/{group}/members/{id}/remove", Allow::admin(&[User::CHANGE]), group::remove_member)
        .get("/admin/groups/{group}/delete", Allow::admin(&[Group::DELETE]), group::confirm_delete)
        .post("/admin/groups/{group}/delete", Allow::admin(&[Group::DELETE]), group::delete)
        .get("/admin/groups/{group}/audit", Allow::admin(&[Event::VIEW]), audit::of_group)
        .get("/admin/audit", Allow::admin(&[Event::VIEW]), audit::trail)
}
