//! What one does with an account as a whole: see who was there (`/profile/security`), take one's data along
//! (`/profile/export`), leave (`/profile/delete`).

mod delete;
mod export;
mod security;

use portico::Routes;
use portico::accounts::{self, Password, User};
use portico::{Context, FieldErrors, Result};

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new()
        .get("/profile/security", security::show)
        .get("/profile/export", export::explain)
        .post("/profile/export", export::download)
        .get("/profile/delete", delete::explain)
        .post("/profile/delete", delete::delete)
}

/// Asks for the password again before what an unattended browser must not be able to do (ASVS 7.5.1). What is wrong
/// with the form already is told first, and spends no try.
async fn reauthenticate(cx: &Context, user: &User, password: &Password, errors: &mut FieldErrors) -> Result<()> {
    if errors.is_empty() && !accounts::confirm_password(cx, user, password).await? {
        errors.add("password", "password_incorrect", "password-incorrect");
    }
    Ok(())
}
