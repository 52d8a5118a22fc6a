//! What one does with an account as a whole: see who was there (`/profile/security`) and who is (`/sessions`), take one's
//! data along (`/profile/export`), leave (`/profile/delete`).

mod delete;
mod export;
mod security;
mod sessions;

use portico::{Allow, Routes};

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new()
        .first_page(sessions::TEMPLATE)
        .get("/profile/security", Allow::USERS, security::show)
        .get("/sessions", Allow::USERS, sessions::list)
        .post("/sessions/{id}/end", Allow::OWNER.only_ends_sessions(), sessions::end)
        .post("/sessions/end-others", Allow::USERS, sessions::end_others)
        .get("/profile/export", Allow::USERS, export::explain)
        .post("/profile/export", Allow::USERS, export::download)
        .get("/profile/delete", Allow::USERS, delete::explain)
        .post("/profile/delete", Allow::USERS, delete::delete)
}
