//! What one does with an account as a whole: see who was there (`/profile/security`) and who is (`/sessions`), take one's
//! data along (`/profile/export`), leave (`/profile/delete`).

mod delete;
mod export;
mod security;
mod sessions;

use portico::Routes;

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new()
        .get("/profile/security", security::show)
        .get("/sessions", sessions::list)
        .post("/sessions/{id}/end", sessions::end)
        .post("/sessions/end-others", sessions::end_others)
        .get("/profile/export", export::explain)
        .post("/profile/export", export::download)
        .get("/profile/delete", delete::explain)
        .post("/profile/delete", delete::delete)
}
