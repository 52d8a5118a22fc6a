//! Which names are nearly the one that was asked for.

use std::collections::BTreeSet;

/// How many are told.
const TOLD: usize = 3;

/// Names that differ in case, then those that differ by a few letters, then those of the same file in another folder.
pub(crate) fn near(asked: &str, names: &BTreeSet<String>) -> Vec<String> {
    let lower = asked.to_lowercase();
    let file = lower.rsplit('/').next().unwrap_or_default();
    let mut ranked: Vec<_> = names.iter().filter_map(|name| Some((rank(&lower, file, name)?, name))).collect();
    ranked.sort();
    ranked.into_iter().take(TOLD).map(|(_, name)| name.clone()).collect()
}

/// The less, the nearer.
fn rank(asked: &str, file: &str, name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    let most = (asked.chars().count() / 4).clamp(1, 4);
    let apart = asked.len().abs_diff(name.len());
    let distance = (apart <= 4 * most).then(|| distance(asked, &name)).filter(|distance| *distance <= most);
    distance.or_else(|| (name.rsplit('/').next() == Some(file)).then_some(most + 1))
}

/// Levenshtein's: how many letters have to be put in, taken out or changed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<_> = b.chars().collect();
    let mut row: Vec<_> = (0..=b.len()).collect();
    for (i, a) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in b.iter().enumerate() {
            let changed = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_comes_first() {
        let names: BTreeSet<_> =
            ["css/site.css", "css/sites.css", "js/site.js", "vendor/site.css", "img/logo.svg", "a"]
                .map(str::to_owned)
                .into();
        let nearest = |asked| near(asked, &names).into_iter().next();
        assert_eq!(near("Css/site.css", &names), ["css/site.css", "css/sites.css", "vendor/site.css"]);
        assert_eq!(nearest("css/stie.css").as_deref(), Some("css/site.css"));
        assert_eq!(nearest("site.css").as_deref(), Some("css/site.css"));
        assert_eq!(nearest("img/logo.svgz").as_deref(), Some("img/logo.svg"));
        assert_eq!(nearest("fonts/inter.woff2"), None);
    }

    #[test]
    fn distances_are_levenshteins() {
        for (a, b, expected) in [("", "", 0), ("", "abc", 3), ("kitten", "sitting", 3), ("한글", "한국", 1)] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
