//! Whether a password is a word that anybody would try here first: the site's name, its owner's address.

use super::python;

/// Shorter pieces of an address are no words.
const SHORTEST: usize = 3;

/// Whether `password` holds such a word and, without all of them, fewer than `least` characters. What a word adds to a
/// long password does no harm.
pub(super) fn is_little_more(password: &str, words: &[String], email: &str, least: usize) -> bool {
    let password = python::lower(password);
    let email = python::lower(email);
    let mut words: Vec<&str> = words.iter().map(String::as_str).chain(pieces(&email)).collect();
    // The whole before its parts.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let rest = words.iter().fold(password.clone(), |rest, word| rest.replace(word, ""));
    rest.len() < password.len() && rest.chars().count() < least
}

/// The address, its two halves, their words; not the last label of the host, which says nothing.
fn pieces(email: &str) -> impl Iterator<Item = &str> {
    let (local, host) = email.split_once('@').unwrap_or((email, ""));
    let host = host.rsplit_once('.').map_or(host, |(host, _)| host);
    [email, local, host]
        .into_iter()
        .chain(python::words(local))
        .chain(python::words(host))
        .filter(|piece| piece.chars().count() >= SHORTEST)
}
