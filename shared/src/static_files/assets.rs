//! Under which addresses pages find static files: what `static()` in a template says.

use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{CollectedError, Manifest};
use crate::config::{StaticSettings, StaticUrl};

include!(concat!(env!("OUT_DIR"), "/static_manifest.rs"));

/// The names of static files.
#[derive(Debug, Clone, Default)]
pub enum Assets {
    /// Each file is served under its own name, and is looked for with each request: on a developer's machine.
    #[default]
    Plain,
    /// As the build found them in `STATIC_ROOT`, in order.
    Embedded(&'static [(&'static str, &'static str)]),
    /// As they lie in `STATIC_ROOT` now.
    Collected(Arc<Manifest>),
}

/// What Django's `filepath_to_uri` leaves as it is.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'~')
    .remove(b'!')
    .remove(b'*')
    .remove(b'(')
    .remove(b')')
    .remove(b'-')
    .remove(b'_')
    .remove(b'.');

impl Assets {
    /// What a release build has in it; in a debug build the plain names.
    pub fn embedded() -> Self {
        EMBEDDED.map_or(Self::Plain, Self::Embedded)
    }

    /// What lies in `STATIC_ROOT`; without a manifest the plain names.
    ///
    /// # Errors
    /// When the manifest cannot be read, or lacks a name that a template asks for.
    pub fn collected(settings: &StaticSettings) -> Result<Self, CollectedError> {
        let path = settings.root.join(Manifest::NAME);
        let Some(manifest) = Manifest::read(&path)? else { return Ok(Self::Plain) };
        match Self::asked().find(|(_, name)| manifest.get(name).is_none()) {
            Some((place, name)) => Err(CollectedError::Lacks { manifest: path, name, place }),
            None => Ok(Self::Collected(Arc::new(manifest))),
        }
    }

    /// The static files that the templates ask for: the place, as `base.html:11`, and the name.
    pub fn asked() -> impl Iterator<Item = (&'static str, &'static str)> {
        ASKED.iter().copied()
    }

    /// Whether a build is fit to be deployed: a release build without a manifest would lead to files that change under
    /// their names.
    pub(crate) const fn are_ready() -> bool {
        EMBEDDED.is_some() || cfg!(debug_assertions)
    }

    /// The address of `name`, which may have a query and a fragment; `None` where there is no such file.
    pub fn url(&self, static_url: &StaticUrl, name: &str) -> Option<String> {
        let name = name.trim_start_matches('/');
        let (path, tail) = name.split_at(name.find(['?', '#']).unwrap_or(name.len()));
        let served = match self {
            Self::Plain => path,
            Self::Embedded(paths) => {
                let at = paths.binary_search_by_key(&path, |(name, _)| *name).ok()?;
                paths.get(at)?.1
            }
            Self::Collected(manifest) => manifest.get(path)?,
        };
        Some(format!("{}{tail}", static_url.join(&utf8_percent_encode(served, ESCAPED).to_string())))
    }
}

#[cfg(test)]
#[path = "../../build/asset_names.rs"]
mod asset_names;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_name_leads_to_what_is_served_for_it() {
        let root = Config::sample().static_files.url;
        let embedded: &[_] = &[("a b.css", "a b.1.css"), ("img/x.svg", "img/x.2.svg")];
        let collected = r#"{"version": "1.1", "paths": {"a b.css": "a b.1.css", "img/x.svg": "img/x.2.svg"}}"#;
        let collected = Assets::Collected(Arc::new(Manifest::parse(collected).unwrap()));
        for assets in [Assets::Embedded(embedded), collected] {
            let url = |name| assets.url(&root, name);
            assert_eq!(url("a b.css").as_deref(), Some("/static/a%20b.1.css"));
            assert_eq!(url("/img/x.svg?v=1#icon").as_deref(), Some("/static/img/x.2.svg?v=1#icon"));
            assert_eq!(url("img/y.svg"), None);
            assert_eq!(url(""), None);
        }
        assert_eq!(Assets::Plain.url(&root, "img/한\".svg").as_deref(), Some("/static/img/%ED%95%9C%22.svg"));
    }

    #[test]
    fn a_name_is_seen_however_it_is_written() {
        use super::asset_names::asked;
        for (template, name) in [
            ("{{ static('a.css') }}", "a.css"),
            ("{{static(\"a.css\")}}", "a.css"),
            ("{{ a }}\n<a href=\"{{ static( 'a.svg?v=1#x' ) }}\">", "a.svg"),
            ("{% set x = static ('a.css') %}", "a.css"),
        ] {
            assert_eq!(asked(template), Ok(vec![(template.matches('\n').count() + 1, name)]), "{template}");
        }
        assert_eq!(asked("{{ ecstatic('a') }} static('b') {{ c }} static('d')"), Ok(Vec::new()));
        assert_eq!(asked("{{ static(name) }}"), Err((1, "name")));
        assert_eq!(asked("\n{{ static('a' ~ b) }}"), Err((2, "'a' ~ b")));
        assert!(Assets::asked().any(|(place, name)| place.starts_with("base.html:") && name == "css/site.css"));
    }

    #[test]
    fn a_debug_build_serves_files_under_their_own_names() {
        assert!(Assets::are_ready());
        assert!(cfg!(not(debug_assertions)) || matches!(Assets::embedded(), Assets::Plain));
    }
}
