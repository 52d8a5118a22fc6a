//! `GET /` says what this is; `/csrf` and `/preferences/*` serve every page. API Gateway's `$default` route leads here
//! too, so that what does not exist is a page and not a bare 404.

use portico::fields::{FieldReader, Form};
use portico::headers::CACHE_CONTROL;
use portico::i18n::Language;
use portico::{Allow, Context, Error, FieldErrors, Response, Result, Routes, StatusCode};
use serde_json::{Value, json};

/// What this function answers.
pub fn routes() -> Routes {
    Routes::new()
        .first_page(TEMPLATE)
        .get("/", Allow::ANYONE, home)
        .get("/csrf", Allow::ANYONE, csrf)
        .post("/preferences/theme", Allow::ANYONE, set_theme)
        .post("/preferences/language", Allow::ANYONE, set_language)
}

const TEMPLATE: &str = "home.html";

async fn home(cx: Context) -> Result<Response> {
    if cx.wants_json() {
        let user = cx.user().await?;
        let user = user.map(|user| cx.public_user(&user));
        let body = json!({ "name": cx.config().mail.site_name, "version": portico::VERSION, "user": user });
        return cx.json(StatusCode::OK, &body);
    }
    cx.page(TEMPLATE, json!({})).await
}

/// A token for clients that have no page to take it from. It is JSON whatever was asked for.
async fn csrf(cx: Context) -> Result<Response> {
    let body = json!({ "csrf_token": cx.csrf_token().await? });
    Ok(Response::json(StatusCode::OK, &body)?.header(CACHE_CONTROL, "no-store"))
}

async fn set_theme(cx: Context) -> Result<Response> {
    let (form, errors) = cx.form::<ThemeForm>()?;
    set(&cx, "theme", form.0, form.1, errors).await
}

async fn set_language(cx: Context) -> Result<Response> {
    let (form, errors) = cx.form::<LanguageForm>()?;
    set(&cx, "language", form.0, form.1, errors).await
}

/// Keeps a preference in the session, a visitor's too, and goes back to the page it was chosen on.
async fn set(
    cx: &Context,
    key: &str,
    choice: Option<&str>,
    next: Option<String>,
    errors: FieldErrors,
) -> Result<Response> {
    let Some(choice) = choice.filter(|_| errors.is_empty()) else { return Err(Error::Invalid(errors)) };
    cx.session().await?.set(key, choice)?;
    let mut body = serde_json::Map::new();
    body.insert(key.to_owned(), json!(choice));
    cx.done(StatusCode::OK, &cx.next_or(next.as_deref(), "/"), Value::Object(body))
}

struct ThemeForm(Option<&'static str>, Option<String>);

impl Form for ThemeForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        Self(choice(fields, "theme", &["auto", "light", "dark"]), fields.lines("next", usize::MAX))
    }
}

struct LanguageForm(Option<&'static str>, Option<String>);

impl Form for LanguageForm {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        let codes = Language::ALL.map(Language::code);
        Self(choice(fields, "language", &codes), fields.lines("next", usize::MAX))
    }
}

fn choice(fields: &mut FieldReader<'_>, name: &str, choices: &[&'static str]) -> Option<&'static str> {
    let text = fields.required_line(name, 16);
    let choice = choices.iter().copied().find(|choice| *choice == text);
    if choice.is_none() && !fields.errors().contains(name) {
        fields.errors().add(name, "invalid_choice", "field-choice");
    }
    choice
}
