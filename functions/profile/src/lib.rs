//! `GET /profile` shows one's profile; `POST` and `PATCH` change it, if nobody else did in between.

use portico::accounts::{self, ProfileForm, User};
use portico::config::EmailVerification;
use portico::media::Purpose;
use portico::user_fields::{Place, Values};
use portico::{Allow, Context, Error, Next, Response, Result, Routes, StatusCode};
use serde::Serialize;
use serde_json::json;

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new().first_page(TEMPLATE).get("/profile", Allow::USERS, show).post("/profile", Allow::USERS, save).patch(
        "/profile",
        Allow::USERS,
        save,
    )
}

const TEMPLATE: &str = "accounts/profile.html";

/// The form and what is said beside it.
#[derive(Serialize)]
struct ProfilePage {
    form: Filled,
    conflict: bool,
    /// Whether the address was to be proven, and is not.
    unconfirmed: bool,
    /// What somebody else saved meanwhile.
    theirs: Option<Filled>,
    avatar_max_bytes: u64,
    avatar_types: Vec<&'static str>,
}

#[derive(Clone, Serialize)]
struct Filled {
    #[serde(flatten)]
    fields: Values,
    version: u64,
}

async fn show(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    if cx.wants_json() {
        return cx.json(StatusCode::OK, &json!({ "user": cx.public_user(&user) }));
    }
    cx.page(TEMPLATE, ProfilePage::new(&cx, &user, Filled::stored(&user))).await
}

async fn save(cx: Context) -> Result<Response> {
    let user = cx.require_login().await?;
    let (form, errors) = cx.form::<ProfileForm>()?;
    if !errors.is_empty() {
        let page = ProfilePage::new(&cx, &user, Filled::typed(&form, &user));
        return cx.refuse(Error::Invalid(errors), TEMPLATE, page).await;
    }
    let saved = match accounts::save_profile(&cx, &user, &form).await? {
        Ok(saved) => saved,
        Err(current) => return conflict(&cx, &form, &current).await,
    };
    cx.messages().success(if form.changes.clear_avatar { "avatar-removed" } else { "profile-saved" });
    cx.done(StatusCode::OK, &Next::to("/profile"), json!({ "user": cx.public_user(&saved) }))
}

/// Somebody saved in between: both versions are shown, and saving again is a decision.
async fn conflict(cx: &Context, form: &ProfileForm, current: &User) -> Result<Response> {
    if cx.wants_json() {
        return Err(Error::Conflict);
    }
    if form.changes.are_in(current) {
        // The same form twice: there is nothing to decide.
        cx.messages().success("profile-saved");
        return cx.redirect(&Next::to("/profile"));
    }
    let mut page = ProfilePage::new(cx, current, Filled { version: current.version, ..Filled::typed(form, current) });
    page.conflict = true;
    page.theirs = Some(Filled::stored(current));
    cx.refuse(Error::Conflict, TEMPLATE, page).await
}

impl ProfilePage {
    fn new(cx: &Context, user: &User, form: Filled) -> Self {
        let avatar = Purpose::all().find(|purpose| purpose.is_avatar());
        let asked = cx.config().accounts.email_verification != EmailVerification::None;
        Self {
            form,
            conflict: false,
            unconfirmed: asked && !user.email_verified,
            theirs: None,
            avatar_max_bytes: avatar.map_or(0, |avatar| cx.config().uploads.of(avatar).max_bytes),
            avatar_types: avatar
                .iter()
                .flat_map(|avatar| avatar.rule().accepts)
                .map(|known| known.content_type())
                .collect(),
        }
    }
}

impl Filled {
    fn stored(user: &User) -> Self {
        Self { fields: Values::asked(Place::Profile, &user.fields), version: user.version }
    }

    /// What was typed; what was not sent is as it is stored.
    fn typed(form: &ProfileForm, user: &User) -> Self {
        Self { fields: form.changes.fields.shown(&user.fields), version: form.version }
    }
}
