//! Pages: `MiniJinja` templates from `templates/`, inside the frame that every page shares.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, State, UndefinedBehavior};
use serde::Serialize;

use crate::accounts::PublicUser;
use crate::config::Config;
use crate::error::{Arg, Error, FieldErrors, Result};
use crate::i18n::Language;
use crate::messages;
use crate::permissions::Perms;
use crate::site::UserFields;
use crate::static_files::Assets;
use crate::user_fields::{self, Place, Shown};

include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// The templates of a process. Each is parsed when it is first shown: a cold start pays for one page.
#[derive(Debug)]
pub struct Pages(Environment<'static>);

/// What every page knows, whatever it shows.
#[derive(Debug, Serialize)]
pub struct Frame {
    /// Who is signed in.
    pub user: Option<PublicUser>,
    /// What to call whoever is signed in.
    pub display_name: String,
    /// Whether the visitor is permitted what is declared, `perms.shop.view_order`, where the route or the handler has asked
    /// for any of it: a page reads nothing by itself. Django's `perms`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub perms: Option<Perms>,
    /// Messages to show once.
    pub messages: Vec<messages::Shown>,
    /// The language of the page.
    pub lang: Language,
    /// `light`, `dark` or `auto`.
    pub theme: String,
    /// The path of this page.
    pub path: String,
    /// The path and the query that lead to this page again.
    pub here: String,
    /// The token for forms.
    pub csrf_token: String,
    /// What a script's `nonce` must be.
    pub csp_nonce: String,
    /// The identifier of this request.
    pub request_id: String,
    /// The product's version.
    pub version: &'static str,
    /// What is wrong with the form, by field.
    pub errors: BTreeMap<String, Vec<ShownError>>,
}

/// One mistake as it is shown and sent.
#[derive(Debug, Clone, Serialize)]
pub struct ShownError {
    /// Django's error code.
    pub code: &'static str,
    /// The text.
    pub message: String,
}

impl Pages {
    /// Prepares the environment; parses nothing.
    pub fn new(config: &Config, assets: Assets) -> Self {
        let static_url = config.static_files.url.clone();
        let (for_rows, for_labels) = (config.clone(), config.clone());
        let mut environment = Environment::new();
        if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build() {
            environment.set_syntax(syntax);
        }
        environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        environment.set_auto_escape_callback(|name| {
            if name.rsplit('.').next() == Some("txt") { AutoEscape::None } else { AutoEscape::Html }
        });
        environment.set_formatter(|out, state, value| {
            let shown = if value.is_none() { &Value::UNDEFINED } else { value };
            if shown.is_undefined() && value.is_none() {
                Ok(())
            } else {
                minijinja::escape_formatter(out, state, value)
            }
        });
        environment.set_loader(|name| Ok(find(name).map(str::to_owned)));
        environment.add_function("static", move |name: &str| {
            let missing = || format!("there is no static file {name} in the manifest");
            let url = assets.url(&static_url, name);
            url.map(Value::from_safe_string)
                .ok_or_else(|| minijinja::Error::new(ErrorKind::InvalidOperation, missing()))
        });
        environment.add_function("t", text);
        environment.add_global("site_name", config.mail.site_name.clone());
        environment.add_global("login_with", config.users.login_with());
        environment.add_global("username_required", config.users.requires_username());
        environment.add_function("user_fields", move |state: &State<'_, '_>, place: &str| {
            Ok(Value::from(Serde(user_rows(state, place, &for_rows)?)))
        });
        environment.add_function("user_labels", move |state: &State<'_, '_>, place: &str| {
            let rows = user_rows(state, place, &for_labels)?;
            Ok(rows.iter().flatten().map(|field| vec![field.name.to_owned(), field.label.clone()]).collect::<Vec<_>>())
        });
        Self(environment)
    }

    /// Fills a template. What the page and the frame both name, the page decides.
    pub fn render(&self, template: &str, page: impl Serialize, frame: Frame) -> Result<String> {
        let template = self.0.get_template(template).map_err(Error::internal)?;
        let context = minijinja::context! { ..Value::from(Serde(page)), ..Value::from(Serde(frame)) };
        template.render(context).map_err(Error::internal)
    }

    /// Fills a template of a mail, which has no frame: no visitor, no form.
    pub fn render_mail(&self, template: &str, mail: impl Serialize) -> Result<String> {
        let template = self.0.get_template(template).map_err(Error::internal)?;
        template.render(Value::from(Serde(mail))).map_err(Error::internal)
    }
}

/// `user_fields('signup')`, `user_fields('profile')`: the site's fields that the form asks for, in rows.
/// `user_labels` gives name and label of each.
fn user_rows(state: &State<'_, '_>, place: &str, config: &Config) -> Result<Vec<Vec<Shown>>, minijinja::Error> {
    let place = match place {
        "signup" => Place::SignUp,
        "profile" => Place::Profile,
        _ => return Err(minijinja::Error::new(ErrorKind::InvalidOperation, format!("there is no form {place}"))),
    };
    Ok(user_fields::rows::<UserFields>(place, language(state), config))
}

/// The language of the page.
fn language(state: &State<'_, '_>) -> Language {
    state.lookup("lang").and_then(|lang| Language::parse(lang.as_str()?)).unwrap_or(Language::En)
}

/// `t('key', name=value)`: a text in the language of the page.
#[expect(clippy::needless_pass_by_value, reason = "how MiniJinja hands over keyword arguments")]
fn text(state: &State<'_, '_>, key: &str, kwargs: Kwargs) -> Result<String, minijinja::Error> {
    let language = language(state);
    let mut args = Vec::new();
    for name in kwargs.args() {
        let value: Value = kwargs.get(name)?;
        let arg = match u64::try_from(value.clone()) {
            Ok(number) => Arg::Number(number),
            Err(_) => Arg::Text(value.to_string()),
        };
        args.push((name, arg));
    }
    language
        .find(key, &args)
        .ok_or_else(|| minijinja::Error::new(ErrorKind::InvalidOperation, format!("there is no text {key}")))
}

/// A template's source.
fn find(name: &str) -> Option<&'static str> {
    TEMPLATES
        .binary_search_by_key(&name, |(name, _)| *name)
        .ok()
        .and_then(|at| TEMPLATES.get(at))
        .map(|(_, text)| *text)
}

/// The text of an error's code: `error-not-found` for `not_found`.
pub(crate) fn error_key(code: &str) -> &'static str {
    match code {
        "bad_request" => "error-bad-request",
        "login_required" => "error-login-required",
        "invalid_login" => "error-invalid-login",
        "csrf_failed" => "error-csrf-failed",
        "permission_denied" => "error-permission-denied",
        "fresh_login_required" => "error-fresh-login-required",
        "not_found" => "error-not-found",
        "method_not_allowed" => "error-method-not-allowed",
        "conflict" => "error-conflict",
        "quota_exceeded" => "error-quota-exceeded",
        "parts_missing" => "error-parts-missing",
        "link_invalid" => "error-link-invalid",
        "payload_too_large" => "error-payload-too-large",
        "session_too_large" => "error-session-too-large",
        "unsupported_media_type" => "error-unsupported-media-type",
        "invalid" => "error-invalid",
        "unavailable" => "error-unavailable",
        _ => "error-internal",
    }
}

/// The mistakes of a form in words.
pub(crate) fn shown_errors(language: Language, errors: &FieldErrors) -> BTreeMap<String, Vec<ShownError>> {
    let show = |error: &crate::error::FieldError| ShownError {
        code: error.code,
        message: language.text(error.key, &error.args),
    };
    errors.iter().map(|(field, errors)| (field.to_owned(), errors.iter().map(show).collect())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_parses_and_names_only_texts_that_exist() {
        let pages = Pages::new(&Config::sample(), Assets::Plain);
        assert!(TEMPLATES.len() >= 8);
        for (name, source) in TEMPLATES {
            pages.0.get_template(name).unwrap_or_else(|error| panic!("{name}: {error:#}"));
            for key in named(source, "t('") {
                for language in Language::ALL {
                    assert!(
                        language.find(key, &[]).is_some(),
                        "{name} names the text {key}, which {} lacks",
                        language.code()
                    );
                }
            }
        }
    }

    /// The literals that follow `call` and are all of its argument (`t('upload-reason-' ~ reason)` is not).
    fn named<'a>(source: &'a str, call: &'a str) -> impl Iterator<Item = &'a str> {
        source
            .match_indices(call)
            .filter(|(at, _)| !source[..*at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
            .filter_map(move |(at, _)| {
                let (literal, rest) = source[at + call.len()..].split_once('\'')?;
                rest.trim_start().starts_with([',', ')']).then_some(literal)
            })
    }

    mod widgets {
        use crate::user_fields::{Choice, Consent, Date, Line, Text, everywhere};

        crate::choices! {
            /// Colours.
            pub(super) enum Colour { Red = "red", Blue = "blue" }
        }

        crate::user_fields! {
            /// A field for each kind of widget.
            pub(super) struct Fields {
                line: Line<9> = everywhere().required().hint("marketing-hint").autocomplete("organization"),
                text: Text<9> = everywhere().hint("profile-bio-hint"),
                colour: Choice<Colour> = everywhere(),
                day: Date = everywhere(),
                agreed: Consent = everywhere(),
            }
        }
    }

    #[test]
    fn every_widget_shows_its_value_its_words_its_mistakes_and_what_others_saved() {
        let config = Config::sample();
        let pages = Pages::new(&config, Assets::Plain);
        let template = "{% from 'forms.html' import user_inputs %}{{ user_inputs(rows, form, errors, theirs) }}";
        let render = |errors: serde_json::Value, theirs: serde_json::Value| {
            let page = serde_json::json!({
                "lang": "en",
                "rows": user_fields::rows::<widgets::Fields>(Place::Profile, Language::En, &config),
                "form": { "line": "a\"b", "text": "\none", "colour": "red", "day": "2026-11-22", "agreed": true },
                "errors": errors,
                "theirs": theirs,
            });
            pages
                .0
                .render_named_str("test.html", template, Value::from(Serde(page)))
                .unwrap_or_else(|error| panic!("{error:#}"))
        };
        let page = render(serde_json::json!({}), serde_json::json!(null));
        for expected in [
            "type=\"text\" id=\"id_line\" name=\"line\" value=\"a&quot;b\" autocomplete=\"organization\" required",
            "id=\"id_line-hint\"",
            "Up to 9 characters.",
            "maxlength=\"9\"",
            "<option value=\"red\" selected>label-colour-red</option>",
            "<option value=\"blue\">label-colour-blue</option>",
            "type=\"date\" id=\"id_day\" name=\"day\" value=\"2026-11-22\"",
            "checked",
        ] {
            assert!(page.contains(expected), "{expected} is not in {page}");
        }
        assert_eq!(page.matches("(optional)").count(), 3, "{page}");
        assert!(!page.contains("class=\"theirs\"") && !page.contains("aria-invalid"));

        let theirs = serde_json::json!({ "line": "", "text": "\none", "colour": "blue", "day": "", "agreed": false });
        let errors = serde_json::json!({ "colour": [{ "code": "invalid_choice", "message": "Not that one" }] });
        let page = render(errors, theirs);
        assert_eq!(page.matches("class=\"theirs\"").count(), 4, "{page}");
        assert!(page.contains("label-colour-blue</p>"), "a choice is told by its label: {page}");
        assert!(
            page.contains("aria-invalid=\"true\" aria-describedby=\" id_colour-error id_colour-theirs\""),
            "{page}"
        );
    }

    #[test]
    fn the_words_of_every_refused_upload_exist() {
        use crate::media::image::Rejection;
        use crate::media::scan;
        let found = [
            Rejection::TooLarge,
            Rejection::NotAnImage,
            Rejection::TypeMismatch,
            Rejection::Truncated,
            Rejection::TooManyPixels,
            Rejection::Animated,
            Rejection::Broken,
            Rejection::WrongFormat,
        ];
        let others = ["expired", "superseded", "cancelled", "quota_exceeded", scan::MALWARE, scan::UNSCANNABLE];
        for code in found.into_iter().map(Rejection::code).chain(others) {
            let key = format!("upload-reason-{}", code.replace('_', "-"));
            assert!(Language::ALL.iter().all(|language| language.find(&key, &[]).is_some()), "{key}");
        }
    }

    #[test]
    fn the_words_of_every_error_exist() {
        for code in [
            "bad_request",
            "login_required",
            "invalid_login",
            "csrf_failed",
            "permission_denied",
            "fresh_login_required",
            "not_found",
            "method_not_allowed",
            "conflict",
            "link_invalid",
            "payload_too_large",
            "session_too_large",
            "unsupported_media_type",
            "invalid",
            "internal",
            "unavailable",
        ] {
            let key = error_key(code);
            assert_eq!(key, format!("error-{}", code.replace('_', "-")));
            assert!(Language::ALL.iter().all(|language| language.find(key, &[]).is_some()), "{key}");
        }
    }
}
