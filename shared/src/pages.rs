//! Pages: `MiniJinja` templates from `templates/`, inside the frame that every page shares.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde, Value};
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior};
use serde::Serialize;

use crate::accounts::PublicUser;
use crate::config::Config;
use crate::embedded::{self, Embedded};
use crate::error::{Arg, Error, FieldErrors, Result};
use crate::i18n::Language;
use crate::messages;
use crate::permissions::Perms;
use crate::site::UserFields;
use crate::static_files::Assets;
use crate::user_fields::{self, Place};

include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// The templates of a process. Each is parsed when it is first shown or, of a function's first page, while that starts.
#[derive(Debug)]
pub struct Pages {
    config: Arc<Config>,
    assets: Arc<Assets>,
    /// In the order of `Language::ALL`, which is that of the variants.
    environments: [OnceLock<Environment<'static>>; Language::ALL.len()],
}

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
    /// Parses nothing yet.
    pub fn new(config: &Config, assets: Assets) -> Self {
        Self { config: Arc::new(config.clone()), assets: Arc::new(assets), environments: Default::default() }
    }

    /// Parses a page in the language of a visitor who asks for none, with what it extends, imports and includes. One template at a
    /// time: whatever else there is to do goes on in between.
    pub(crate) async fn parse(&self, page: &str) {
        let environment = self.in_language(self.config.language_code);
        let mut names = vec![page];
        let mut next = 0;
        while let Some(name) = names.get(next) {
            tokio::task::yield_now().await;
            // What is wrong with a template is told when it is shown.
            let _ = environment.get_template(name);
            for named in find(name, self.config.language_code).into_iter().flat_map(named_in) {
                if !names.contains(&named) {
                    names.push(named);
                }
            }
            next += 1;
        }
    }

    /// Fills a template. What the page and the frame both name, the page decides, but for the language.
    pub fn render(&self, template: &str, page: impl Serialize, frame: Frame) -> Result<String> {
        let template = self.in_language(frame.lang).get_template(template).map_err(Error::internal)?;
        let context = minijinja::context! { ..Value::from(Serde(page)), ..Value::from(Serde(frame)) };
        template.render(context).map_err(Error::internal)
    }

    /// Fills a template of a mail, which has no frame: no visitor, no form.
    pub fn render_mail(&self, template: &str, language: Language, mail: impl Serialize) -> Result<String> {
        let template = self.in_language(language).get_template(template).map_err(Error::internal)?;
        template.render(Value::from(Serde(mail))).map_err(Error::internal)
    }

    /// What has been parsed of a language.
    #[cfg(test)]
    pub(crate) fn parsed(&self, language: Language) -> std::collections::BTreeSet<String> {
        self.in_language(language).templates().map(|(name, _)| name.to_owned()).collect()
    }

    fn in_language(&self, language: Language) -> &Environment<'static> {
        self.environments[language as usize].get_or_init(|| environment(language, &self.config, &self.assets))
    }
}

/// What the templates of a language are parsed with, and may call.
fn environment(language: Language, config: &Arc<Config>, assets: &Arc<Assets>) -> Environment<'static> {
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
        if shown.is_undefined() && value.is_none() { Ok(()) } else { minijinja::escape_formatter(out, state, value) }
    });
    environment.set_loader(move |name| Ok(find(name, language).map(str::to_owned)));
    let (for_urls, assets) = (config.clone(), assets.clone());
    environment.add_function("static", move |name: &str| {
        let missing = || format!("there is no static file {name} in the manifest");
        let url = assets.url(&for_urls.static_files.url, name);
        url.map(Value::from_safe_string).ok_or_else(|| minijinja::Error::new(ErrorKind::InvalidOperation, missing()))
    });
    environment.add_function("t", move |key: &str, args: Kwargs| text(language, key, &args));
    environment.add_global("site_name", config.mail.site_name.clone());
    environment.add_global("login_with", config.users.login_with());
    environment.add_global("username_required", config.users.requires_username());
    let for_rows = config.clone();
    let rows = move |place| user_fields::rows::<UserFields>(place, language, &for_rows);
    let for_labels = rows.clone();
    // The site's fields that a form asks for, in rows: `user_fields('signup')`, `user_fields('profile')`. And name and label of each.
    environment.add_function("user_fields", once_a_form(move |place| Value::from(Serde(rows(place)))));
    environment.add_function(
        "user_labels",
        once_a_form(move |place| {
            let rows = for_labels(place);
            rows.iter().flatten().map(|field| Value::from(vec![field.name.to_owned(), field.label.clone()])).collect()
        }),
    );
    environment
}

/// Makes a value once for each form, and keeps it: what it is made of are the declaration of the fields, the language and the
/// settings, and never a visitor.
fn once_a_form(
    make: impl Fn(Place) -> Value + Send + Sync + 'static,
) -> impl Fn(&str) -> Result<Value, minijinja::Error> + Send + Sync + 'static {
    let (signup, profile) = (OnceLock::new(), OnceLock::new());
    move |form| {
        let (kept, place) = match form {
            "signup" => (&signup, Place::SignUp),
            "profile" => (&profile, Place::Profile),
            _ => return Err(minijinja::Error::new(ErrorKind::InvalidOperation, format!("there is no form {form}"))),
        };
        Ok(kept.get_or_init(|| make(place)).clone())
    }
}

/// `t('key', name=value)`: a text. `{{ t('key') }}` is rarely asked for: what needs no argument was put into the template when
/// the crate was built (`build/texts.rs`).
fn text(language: Language, key: &str, kwargs: &Kwargs) -> Result<String, minijinja::Error> {
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
fn find(name: &str, language: Language) -> Option<&'static str> {
    embedded::in_language(TEMPLATES, language)?.find(name).map(|(_, text)| text)
}

/// The templates that a template names in its tags.
fn named_in(source: &'static str) -> impl Iterator<Item = &'static str> {
    let tags = source.split("{%").skip(1);
    tags.filter_map(|tag| {
        let (word, rest) = tag.trim_start_matches(['-', '+', ' ']).split_once(' ')?;
        let names_one = matches!(word, "extends" | "from" | "import" | "include");
        names_one.then(|| rest.strip_prefix('"')?.split_once('"')).flatten().map(|(name, _)| name)
    })
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
#[path = "../build/texts.rs"]
mod texts;

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashMap};

    use super::*;

    /// Name, language and source.
    fn templates() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        TEMPLATES.iter().flat_map(|(code, all)| all.iter().map(move |(name, source)| (name, *code, source)))
    }

    #[test]
    fn every_template_parses_in_each_language_and_names_only_texts_that_exist() {
        let pages = Pages::new(&Config::sample(), Assets::Plain);
        let names = |language: Language| {
            templates().filter(move |(_, code, _)| *code == language.code()).map(|(name, ..)| name).collect::<Vec<_>>()
        };
        let english = names(Language::En);
        assert!(english.len() >= 8 && english.is_sorted());
        assert!(Language::ALL.iter().all(|language| names(*language) == english));
        for (name, code, source) in templates() {
            let language = Language::parse(code).unwrap();
            pages.in_language(language).get_template(name).unwrap_or_else(|error| panic!("{name}: {error:#}"));
            for key in named(source, "t('") {
                assert!(language.find(key, &[]).is_some(), "{name} names the text {key}, which {code} lacks");
            }
        }
    }

    #[tokio::test]
    async fn a_page_is_parsed_with_all_that_it_shows() {
        let config = Config::sample();
        let pages = Pages::new(&config, Assets::Plain);
        pages.parse("accounts/login.html").await;
        let expected = ["accounts/login.html", "avatar.html", "base.html", "csrf.html", "forms.html"];
        assert_eq!(pages.parsed(config.language_code), expected.map(str::to_owned).into());
        // Shown with values for everything that a tag could hide.
        let page = serde_json::json!({ "csrf_token": "x", "user": { "email": "a@b.c" }, "errors": { "email": [] } });
        let mut environment = pages.in_language(config.language_code).clone();
        environment.set_undefined_behavior(UndefinedBehavior::Chainable);
        environment.get_template("accounts/login.html").unwrap().render(Value::from(Serde(&page))).unwrap();
        assert_eq!(environment.templates().count(), expected.len(), "nothing more was parsed");
        // What is not there is told when it is shown.
        pages.parse("nowhere.html").await;
        assert_eq!(pages.parsed(config.language_code).len(), expected.len());
    }

    #[test]
    fn every_template_that_a_tag_names_is_found() {
        for (name, _, source) in templates() {
            let named = [".html\"", ".txt\""].map(|end| source.matches(end).count());
            assert_eq!(named_in(source).count(), named.iter().sum::<usize>(), "{name}");
        }
        assert!(
            named_in("{%- include 'x' %}{%- include \"a.html\" -%}{%from \"b.html\" import c%}")
                .eq(["a.html", "b.html"])
        );
    }

    /// A child's blocks see what its parent imports, so that only a page with another parent would miss it.
    #[test]
    fn every_template_imports_the_macros_that_it_calls() {
        let macros = templates().filter(|(_, language, _)| *language == "en").flat_map(|(_, _, source)| {
            source.match_indices("{% macro ").map(|(at, word)| source[at + word.len()..].split('(').next().unwrap())
        });
        let macros: BTreeSet<_> = macros.collect();
        assert!(macros.contains("csrf"));
        for (name, _, source) in templates() {
            for called in &macros {
                let call = format!("{called}(");
                let calls = source.match_indices(&call).filter(|(at, _)| {
                    let before = &source[..*at];
                    !before.ends_with(|c: char| c.is_alphanumeric() || "_.-|".contains(c)) && !before.ends_with("| ")
                });
                let mut calls = calls
                    .filter(|(at, _)| source[..*at].rfind(['{', '}']).is_some_and(|at| source[at..].starts_with('{')));
                let brings =
                    |line: &str| line.starts_with("{% from") && line.split(&[' ', ','][..]).any(|word| word == *called);
                let known = source.contains(&format!("{{% macro {call}")) || source.lines().any(brings);
                assert!(known || calls.next().is_none(), "{name} calls {called} and does not import it");
            }
        }
    }

    #[test]
    fn what_was_put_into_the_templates_is_what_the_pages_would_have_shown() {
        let pages = Pages::new(&Config::sample(), Assets::Plain);
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let mut compared = 0;
        for (name, code, source) in templates() {
            let original = std::fs::read_to_string(folder.join(name)).unwrap();
            let mut built = pages.in_language(Language::parse(code).unwrap()).clone();
            // A page without values is a page all the same.
            built.set_undefined_behavior(UndefinedBehavior::Chainable);
            let mut as_written = built.clone();
            let loaded = folder.clone();
            as_written.set_loader(move |name| Ok(std::fs::read_to_string(loaded.join(name)).ok()));
            for page in [serde_json::json!({}), serde_json::json!({ "user": { "email": "a@b.c" }, "csrf_token": "x" })]
            {
                let render = |environment: &Environment<'_>| {
                    environment.get_template(name).unwrap().render(Value::from(Serde(&page)))
                };
                if let Ok(expected) = render(&as_written) {
                    assert_eq!(render(&built).unwrap(), expected, "{name} {code}");
                    compared += usize::from(source != original);
                }
            }
        }
        let all = templates().count();
        assert!(compared > all, "{compared} of {}", 2 * all);
    }

    #[test]
    fn a_text_is_the_same_for_everybody_where_it_has_no_argument_and_refers_to_nothing() {
        let file = "# about\n-term = t\na = one\nb =\n    two\n      lines\nc = { $n } of\nd = { a }\ne = { \"x\" }\nf =\n    .g = h\n";
        let read = texts::read(file);
        let plain = |text: &texts::Text| match &text.value {
            texts::Value::Plain(text) => Some(text.clone()),
            texts::Value::Pattern(_) => None,
        };
        let read: Vec<_> = read.iter().map(|text| (&*text.key, plain(text))).collect();
        let expected = [("a", Some("one")), ("b", Some("two\n  lines")), ("c", None), ("d", None), ("e", None)];
        assert_eq!(read, expected.map(|(key, text)| (key, text.map(str::to_owned))));
    }

    #[test]
    fn a_text_comes_with_what_it_refers_to_and_what_that_does() {
        let file = "-term = t{ -other }\n-other = o\n-third = x\na = one\nd = { a }\n# about\n\
            i = { $n ->\n    [one] { -term(case: \"big\") }\n   *[other] { NUMBER($n) }{ d }\n }\n";
        let texts = texts::read(file);
        let text = texts.iter().find(|text| text.key == "i").unwrap();
        let texts::Value::Pattern(source) = &text.value else { panic!("it has an argument") };
        let entries: Vec<_> = source.lines().filter(|line| !line.starts_with(' ') && line.contains('=')).collect();
        assert_eq!(entries, ["i =", "-term = t{ -other }", "d = { a }", "-other = o", "a = one"], "{source}");
        assert!(!source.contains('#'), "{source}");
    }

    #[test]
    fn a_text_is_put_where_it_stands_alone_and_means_nothing_to_the_parser() {
        let letters: String = (' '..='~').filter(|letter| !"{}".contains(*letter)).collect();
        let texts = [("a", &*letters), ("brace", "{{ x }}")].map(|(key, text)| (key.to_owned(), text.to_owned()));
        let texts = HashMap::from(texts);
        let escaped = minijinja::HtmlEscape(&letters).to_string();
        assert_eq!(texts::put_into("{{ t('a') }}|{{ t('a') }}", true, &texts), format!("{escaped}|{escaped}"));
        assert_eq!(
            texts::put_into("{{ t('absent') }}{{ t('a') }}", false, &texts),
            format!("{{{{ t('absent') }}}}{letters}")
        );
        for call in [
            "{{ t('brace') }}",
            "{{ t('a', n=1) }}",
            "{{ t('a' ~ b) }}",
            "{{ t('a') if b }}",
            "{{- t('a') }}",
            "{{ t('",
        ] {
            assert_eq!(texts::put_into(call, true, &texts), call);
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
                .in_language(Language::En)
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
        let profile = include_str!("../templates/accounts/profile.html");
        for code in found.into_iter().map(Rejection::code).chain(others) {
            let code = code.replace('_', "-");
            let key = format!("upload-reason-{code}");
            assert!(Language::ALL.iter().all(|language| language.find(&key, &[]).is_some()), "{key}");
            // Of a profile picture: no quota.
            let told = profile.contains(&format!("data-reason-{code}=\"{{{{ t('{key}') }}}}\""));
            assert!(told || code == "quota-exceeded", "{key} is not told by picture.js");
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
