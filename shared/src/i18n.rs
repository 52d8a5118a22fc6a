//! Korean and English: which one a visitor reads, and the texts (Fluent, under `locales/`).

use std::sync::OnceLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use serde::{Deserialize, Serialize};
use unic_langid::LanguageIdentifier;

use crate::embedded::{self, Embedded};
use crate::error::Arg;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

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
        let (plain, patterns) = embedded::in_language(TEXTS, self)?;
        if let Some((_, text)) = plain.find(key) {
            return Some(text.to_owned());
        }
        let (place, source) = patterns.find(key)?;
        let bundle = self.bundle(place, source)?;
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

    /// What makes a text, parsed at its first use: a cold start pays for what its page shows.
    fn bundle(self, place: usize, source: &str) -> Option<&'static FluentBundle<FluentResource>> {
        // A place that stays empty is small.
        type Bundle = OnceLock<Box<FluentBundle<FluentResource>>>;
        static BUNDLES: [[Bundle; PATTERNS]; Language::ALL.len()] =
            [const { [const { OnceLock::new() }; PATTERNS] }; Language::ALL.len()];
        // In the order of `Language::ALL`, which is that of the variants.
        let bundle = BUNDLES[self as usize].get(place)?.get_or_init(|| {
            let language: LanguageIdentifier = self.code().parse().unwrap_or_default();
            let mut bundle = FluentBundle::new_concurrent(vec![language]);
            // Isolation marks are for bidirectional text, and end up in attributes and mail subjects.
            bundle.set_use_isolating(false);
            let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
            bundle.add_resource_overriding(resource);
            Box::new(bundle)
        });
        Some(bundle)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::{Path, PathBuf};

    use super::*;

    /// A file of texts as it stands in `locales/`.
    struct File {
        source: String,
        keys: Vec<String>,
        /// All of it, as Fluent reads it.
        bundle: FluentBundle<FluentResource>,
    }

    /// Every file below the folders whose name ends so, as the build finds them.
    fn below(mut folders: Vec<PathBuf>, ending: &str) -> Vec<PathBuf> {
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|of_file| of_file == ending) {
                    files.push(path);
                }
            }
        }
        files
    }

    fn files(language: Language) -> Vec<File> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(language.code());
        below(vec![folder], "ftl").iter().map(|path| read(language, path)).collect()
    }

    fn read(language: Language, path: &Path) -> File {
        let source = std::fs::read_to_string(path).unwrap();
        let resource = FluentResource::try_new(source.clone())
            .unwrap_or_else(|(_, errors)| panic!("{}: {errors:?}", path.display()));
        let keys = resource.entries().filter_map(|entry| match entry {
            fluent_syntax::ast::Entry::Message(message) => Some(message.id.name.to_owned()),
            _ => None,
        });
        let keys = keys.collect();
        let mut bundle = FluentBundle::new_concurrent(vec![language.code().parse().unwrap()]);
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).unwrap_or_else(|errors| panic!("{}: {errors:?}", path.display()));
        File { source, keys, bundle }
    }

    fn keys(language: Language) -> BTreeSet<String> {
        let mut keys = BTreeSet::new();
        for key in files(language).into_iter().flat_map(|file| file.keys) {
            assert!(keys.insert(key.clone()), "{language:?}: {key} stands twice");
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
    fn every_text_is_what_fluent_makes_of_its_whole_file() {
        let mut made = 0;
        for language in Language::ALL {
            for File { source, keys, bundle } in files(language) {
                let names: BTreeSet<_> = source
                    .split('$')
                    .skip(1)
                    .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').next().unwrap())
                    .collect();
                for key in keys {
                    for given in [None, Some(Arg::Number(1)), Some(Arg::Number(23)), Some(Arg::Text("x<y".to_owned()))]
                    {
                        let args: Vec<_> =
                            given.iter().flat_map(|arg| names.iter().map(|n| (*n, arg.clone()))).collect();
                        let mut fluent = FluentArgs::new();
                        for (name, value) in &args {
                            match value {
                                Arg::Number(number) => fluent.set(*name, f64::from(u32::try_from(*number).unwrap())),
                                Arg::Text(text) => fluent.set(*name, text.as_str()),
                            }
                        }
                        let pattern = bundle.get_message(&key).unwrap().value().unwrap();
                        let expected = bundle.format_pattern(pattern, Some(&fluent), &mut Vec::new()).into_owned();
                        // What Fluent shows of a reference that leads nowhere; an argument that is not given is `{$name}`.
                        assert!(!expected.replace("{$", "").contains('{'), "{language:?} {key}: {expected}");
                        assert_eq!(language.find(&key, &args), Some(expected), "{language:?} {key}");
                    }
                    made += 1;
                }
            }
            assert_eq!(language.find("there-is-none", &[]), None);
        }
        let built = TEXTS.iter().map(|(_, (plain, patterns))| plain.rows.len() + patterns.rows.len());
        assert_eq!(made, built.sum::<usize>());
    }

    /// The sources of the crate and of the functions.
    fn rust_sources() -> Vec<(PathBuf, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let source = |path: PathBuf| {
            let source = std::fs::read_to_string(&path).unwrap();
            (path, source)
        };
        below(vec![root.join("src"), root.join("../functions")], "rs").into_iter().map(source).collect()
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
