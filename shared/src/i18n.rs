//! Korean and English: which one a visitor reads, and the texts (Fluent, under `locales/`).

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use serde::{Deserialize, Serialize};
use unic_langid::LanguageIdentifier;

use crate::error::Arg;

include!(concat!(env!("OUT_DIR"), "/locales.rs"));
include!(concat!(env!("OUT_DIR"), "/text_index.rs"));

/// A language that the site speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Korean.
    Ko,
    /// English.
    En,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Ko, Self::En];

    /// The code, as in `lang=".."`.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ko => "ko",
            Self::En => "en",
        }
    }

    /// Parses a code.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == text)
    }

    /// The language that an `Accept-Language` header prefers (RFC 9110, 12.5.4), or `default`.
    pub fn negotiate(accept: &str, default: Self) -> Self {
        let mut best = (0.0, default);
        for (range, quality) in crate::negotiation::weighted(accept) {
            let primary = range.split('-').next().unwrap_or_default().to_ascii_lowercase();
            let language = if range == "*" { Some(default) } else { Self::parse(&primary) };
            if let Some(language) = language
                && quality > best.0
            {
                best = (quality, language);
            }
        }
        best.1
    }

    /// The text of `key` with `args`. A missing text shows its key; a test finds it first.
    pub fn text(self, key: &str, args: &[(&str, Arg)]) -> String {
        self.find(key, args).unwrap_or_else(|| key.to_owned())
    }

    /// The text of `key`, if there is one.
    pub fn find(self, key: &str, args: &[(&str, Arg)]) -> Option<String> {
        let bundle = self.bundle_of(key)?;
        let pattern = bundle.get_message(key)?.value()?;
        let mut fluent = FluentArgs::with_capacity(args.len());
        for (name, value) in args {
            let value = match value {
                #[expect(clippy::cast_precision_loss, reason = "numbers in texts are small")]
                Arg::Number(number) => FluentValue::from(*number as f64),
                Arg::Text(text) => FluentValue::from(text.as_str()),
            };
            fluent.set(*name, value);
        }
        let mut errors = Vec::new();
        Some(bundle.format_pattern(pattern, Some(&fluent), &mut errors).into_owned())
    }

    /// The file that a text stands in, parsed at its first use: a cold start pays for what its page shows. No text refers
    /// to one of another file.
    fn bundle_of(self, key: &str) -> Option<&'static FluentBundle<FluentResource>> {
        static BUNDLES: [OnceLock<FluentBundle<FluentResource>>; LOCALES.len()] =
            [const { OnceLock::new() }; LOCALES.len()];
        let place = (self.code(), key);
        let at = TEXTS.binary_search_by_key(&place, |(language, key, _)| (*language, *key)).ok()?;
        let file = TEXTS.get(at)?.2;
        let (_, source) = LOCALES.get(file)?;
        Some(BUNDLES.get(file)?.get_or_init(|| {
            let language: LanguageIdentifier = self.code().parse().unwrap_or_default();
            let mut bundle = FluentBundle::new_concurrent(vec![language]);
            // Isolation marks are for bidirectional text, and end up in attributes and mail subjects.
            bundle.set_use_isolating(false);
            // A file with a mistake still gives its other texts; a test refuses mistakes.
            let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(resource, _)| resource);
            bundle.add_resource_overriding(resource);
            bundle
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn sources(language: Language) -> impl Iterator<Item = (&'static str, &'static str)> {
        LOCALES.iter().copied().filter(move |(name, _)| name.split('/').next() == Some(language.code()))
    }

    fn keys(language: Language) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        for (name, source) in sources(language) {
            let resource =
                FluentResource::try_new(source.to_owned()).unwrap_or_else(|(_, errors)| panic!("{name}: {errors:?}"));
            for entry in resource.entries() {
                if let fluent_syntax::ast::Entry::Message(message) = entry {
                    assert!(keys.insert(message.id.name.to_owned()), "{name}: {} stands twice", message.id.name);
                }
            }
        }
        keys
    }

    #[test]
    fn the_list_of_languages_is_in_the_order_of_the_variants() {
        assert!(Language::ALL.iter().enumerate().all(|(at, language)| *language as usize == at));
    }

    #[test]
    fn every_text_exists_in_every_language() {
        let korean = keys(Language::Ko);
        assert!(korean.len() > 50);
        assert_eq!(korean, keys(Language::En));
    }

    #[test]
    fn every_text_is_found_in_its_file_and_refers_to_no_other() {
        assert!(LOCALES.is_sorted() && TEXTS.is_sorted());
        let mut found = 0;
        for language in Language::ALL {
            for key in keys(language) {
                let shown = language.find(&key, &[]).unwrap_or_else(|| panic!("{language:?} {key}"));
                // What Fluent shows of a reference that leads nowhere; an argument that is not given is `{$name}`.
                assert!(!shown.replace("{$", "").contains('{'), "{language:?} {key}: {shown}");
                found += 1;
            }
        }
        assert_eq!(found, TEXTS.len());
    }

    /// The sources of the crate and of the functions.
    fn rust_sources() -> Vec<(std::path::PathBuf, String)> {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders = vec![root.join("src"), root.join("../functions")];
        let mut sources = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") {
                    sources.push((path.clone(), std::fs::read_to_string(path).unwrap()));
                }
            }
        }
        sources
    }

    #[test]
    fn every_text_that_the_code_names_exists() {
        // How a text is named: the call, and which of the literals in it is the key.
        let calls = [
            (".success(", 0),
            (".info(", 0),
            (".warning(", 0),
            (".error(", 0),
            (".text(", 0),
            ("Level::Debug, ", 0),
            ("Level::Info, ", 0),
            ("Level::Success, ", 0),
            ("Level::Warning, ", 0),
            ("Level::Error, ", 0),
            ("key: ", 0),
            ("errors().add(", 2),
            ("errors.add(", 2),
        ];
        let known = keys(Language::En);
        let mut found = 0;
        for (path, source) in rust_sources() {
            let code = source.split("#[cfg(test)]").next().unwrap_or_default();
            for (call, index) in calls {
                for (at, _) in code.match_indices(call) {
                    let rest = code[at + call.len()..].trim_start();
                    let first = rest.starts_with('"') || index > 0;
                    let arguments = rest.split([';', '\n']).next().unwrap_or_default();
                    let key = arguments.split('"').nth(2 * index + 1).unwrap_or_default();
                    let spelled = key.contains('-') && key.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-'));
                    if first && spelled {
                        found += 1;
                        assert!(known.contains(key), "{} names the text {key}, which does not exist", path.display());
                    }
                }
            }
        }
        assert!(found > 20, "only {found} were found: is the code written otherwise by now?");
    }

    #[test]
    fn the_preferred_language_wins() {
        let negotiate = |accept| Language::negotiate(accept, Language::En);
        assert_eq!(negotiate("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7"), Language::Ko);
        assert_eq!(negotiate("fr,en;q=0.5,ko;q=0.6"), Language::Ko);
        assert_eq!(negotiate("fr"), Language::En);
        assert_eq!(negotiate("ko;q=0, *;q=0.1"), Language::En);
        assert_eq!(negotiate(";;;q=x,,ko;q=nan"), Language::En);
        assert_eq!(negotiate(""), Language::En);
    }
}
