//! What one does with an account as a whole: see who was there (`/profile/security`), take one's data along
//! (`/profile/export`), leave (`/profile/delete`).

mod delete;
mod export;
mod security;

use portico::Routes;

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new()
        .get("/profile/security", security::show)
        .get("/profile/export", export::explain)
        .post("/profile/export", export::download)
        .get("/profile/delete", delete::explain)
        .post("/profile/delete", delete::delete)
}
