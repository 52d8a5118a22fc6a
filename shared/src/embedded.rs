//! What is embedded by its name: the texts and the templates, as `build.rs` has packed them.

use crate::i18n::Language;

/// Texts by name, in its order, one behind the other: no addresses, each of which would be relocated whenever a process starts;
/// and what a page shows of them lies close together.
pub(crate) struct Embedded {
    /// Each name with its text behind it.
    pub(crate) all: &'static str,
    /// Where a name begins, where its text, and where that ends.
    pub(crate) rows: &'static [[u32; 3]],
}

impl Embedded {
    /// Which one has the name, and its text.
    pub(crate) fn find(&self, name: &str) -> Option<(usize, &'static str)> {
        let place = self.rows.binary_search_by_key(&name, |row| self.row(row).0).ok()?;
        Some((place, self.row(self.rows.get(place)?).1))
    }

    /// All of them.
    #[cfg(test)]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.rows.iter().map(|row| self.row(row))
    }

    fn row(&self, [begin, middle, end]: &[u32; 3]) -> (&'static str, &'static str) {
        let part = |from: u32, to: u32| self.all.get(from as usize..to as usize).unwrap_or_default();
        (part(*begin, *middle), part(*middle, *end))
    }
}

/// What there is in a language.
pub(crate) fn in_language<T>(languages: &'static [(&'static str, T)], language: Language) -> Option<&'static T> {
    languages.iter().find(|(code, _)| *code == language.code()).map(|(_, all)| all)
}
