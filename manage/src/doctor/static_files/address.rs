//! Which file an address is of, and what is wrong with the address itself.

use std::fmt;

use percent_encoding::percent_decode_str;
use portico::config::StaticUrl;
use portico::static_files::Encoding;
use url::Url;

/// What is wrong with an address, to be read after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Misplaced {
    /// Two slashes, or more, where there is one.
    DoubledSlash,
    /// A slash at its end.
    TrailingSlash,
    /// `%2F` in the place of a slash.
    EncodedSlash,
    /// The path of `STATIC_URL` stands there more than once.
    PrefixTwice(String),
    /// It is not there at all.
    NoPrefix(String),
    /// Something else is in its place.
    OtherPrefix(String, String),
    /// The address of a page stands before it.
    Relative(String, String),
    /// The compressed form of a file was asked for.
    Sibling,
    /// It is not below `STATIC_URL`, and nothing is known of that name.
    Elsewhere(String),
}

/// A file that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The name below `STATIC_URL`, decoded; `None` where there cannot be one.
    pub(super) name: Option<String>,
    /// What is wrong with the path.
    pub(super) misplaced: Option<Misplaced>,
}

/// The address that somebody typed: whole, or a path on `site`.
///
/// # Errors
/// What it is that is no address.
pub(super) fn parse(asked: &str, site: &str) -> Result<Url, String> {
    let site = Url::parse(site).map_err(|error| format!("{site:?} is no address of a site: {error}"))?;
    let url = if asked.starts_with('/') && !asked.starts_with("//") { site.join(asked) } else { Url::parse(asked) };
    let url =
        url.map_err(|_| format!("{asked:?} is neither an address, as https://.., nor a path that begins with /"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(format!("{asked:?} is no address of a site: http:// and https:// are"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("an address with a user name or a password is not asked: static files need neither".to_owned());
    }
    Ok(url)
}

/// Where static files are, for whoever asks for `url`: its own site, or the origin that `STATIC_URL` names.
pub(super) fn base(url: &Url, static_url: &StaticUrl) -> Option<Url> {
    url.join(static_url.as_str()).ok()
}

/// The address of a name below `base`.
pub(super) fn address(base: &Url, name: &str) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(name.split('/'));
    }
    url
}

/// Which file an address is of. `mount` is the path of `STATIC_URL`; `is_known` tells whether a name is one.
pub(super) fn place(path: &str, mount: &str, is_known: impl Fn(&str) -> bool) -> Place {
    let right = |name| Place { name: Some(name), misplaced: None };
    let wrong = |name, misplaced| Place { name: Some(name), misplaced: Some(misplaced) };
    let known = |text: &str| decode(text).filter(|name| is_known(name));
    let Some(rest) = path.strip_prefix(mount) else {
        return off_mount(path, mount, &known);
    };
    if let Some(name) = known(rest) {
        return right(name);
    }
    // The last part of STATIC_URL is what is written twice: STATIC_URL ends in it, and the name begins with it.
    let last = mount.trim_matches('/').rsplit('/').next().unwrap_or_default();
    let twice = rest.trim_start_matches('/').strip_prefix(last).and_then(|rest| rest.strip_prefix('/'));
    if let Some(name) = twice.filter(|_| !last.is_empty()).and_then(known) {
        return wrong(name, Misplaced::PrefixTwice(mount.to_owned()));
    }
    let slashes = single_slashes(rest);
    let (bare, misplaced) = match slashes.trim_start_matches('/') {
        inner if inner.len() < rest.len() => (inner.trim_end_matches('/'), Misplaced::DoubledSlash),
        inner => (inner.trim_end_matches('/'), Misplaced::TrailingSlash),
    };
    if bare != rest
        && let Some(name) = decode(bare)
    {
        return wrong(name, misplaced);
    }
    if let Some(name) = known(&rest.replace("%2F", "/").replace("%2f", "/")) {
        return wrong(name, Misplaced::EncodedSlash);
    }
    let plain = Encoding::of_sibling(rest).map(|(plain, _)| plain);
    if let Some(name) = plain.and_then(known) {
        return wrong(name, Misplaced::Sibling);
    }
    Place { name: decode(rest), misplaced: None }
}

/// What it may have been meant to be.
fn off_mount(path: &str, mount: &str, known: &dyn Fn(&str) -> Option<String>) -> Place {
    let wrong = |name, misplaced| Place { name, misplaced: Some(misplaced) };
    let mount = mount.to_owned();
    let single = single_slashes(path);
    if let Some(rest) = single.strip_prefix(&mount) {
        let misplaced = if single == path { Misplaced::Elsewhere(mount) } else { Misplaced::DoubledSlash };
        return wrong(decode(rest), misplaced);
    }
    if mount != "/"
        && let Some((before, rest)) = single.split_once(&mount)
    {
        return wrong(decode(rest), Misplaced::Relative(format!("{before}/"), mount));
    }
    let mut rest = single.trim_start_matches('/');
    while !rest.is_empty() {
        if let Some(name) = known(rest) {
            let before = &single[..single.len() - rest.len()];
            let misplaced = match before {
                "/" => Misplaced::NoPrefix(mount),
                before => Misplaced::OtherPrefix(before.to_owned(), mount),
            };
            return wrong(Some(name), misplaced);
        }
        rest = rest.split_once('/').map_or("", |(_, rest)| rest);
    }
    wrong(None, Misplaced::Elsewhere(mount))
}

fn single_slashes(path: &str) -> String {
    let mut single = String::with_capacity(path.len());
    for c in path.chars() {
        if c != '/' || !single.ends_with('/') {
            single.push(c);
        }
    }
    single
}

/// The name that a path below `STATIC_URL` stands for, where it can be one: decoded once, part by part.
fn decode(path: &str) -> Option<String> {
    let parts = path.split('/').map(|part| {
        let part = percent_decode_str(part).decode_utf8().ok()?;
        let sound = !matches!(&*part, "" | "." | "..") && !part.contains(['/', '\0']);
        sound.then(|| part.into_owned())
    });
    Some(parts.collect::<Option<Vec<_>>>()?.join("/"))
}

impl fmt::Display for Misplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DoubledSlash => f.write_str("has a doubled slash"),
            Self::TrailingSlash => f.write_str("ends in a slash, and is the address of a folder"),
            Self::EncodedSlash => f.write_str("has %2F for a slash, which makes it a part of a name"),
            Self::PrefixTwice(mount) => write!(f, "has {mount} twice: the name that the page gives begins with it too"),
            Self::NoPrefix(mount) => write!(f, "lacks STATIC_URL, {mount}"),
            Self::OtherPrefix(before, mount) => write!(f, "begins with {before}, and STATIC_URL is {mount}"),
            Self::Relative(before, mount) => {
                write!(f, "has {before} before {mount}: the page names it without the slash at the beginning")
            }
            Self::Sibling => f.write_str("is of a compressed form, which the server chooses by itself"),
            Self::Elsewhere(mount) => write!(f, "is not below STATIC_URL, {mount}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(path: &str) -> (Option<String>, Option<Misplaced>) {
        let place = place(path, "/static/", |name| matches!(name, "css/site.css" | "static/own.css" | "a b.css"));
        (place.name, place.misplaced)
    }

    #[test]
    fn an_address_is_of_a_file_and_what_is_wrong_with_it_is_told() {
        use Misplaced::{
            DoubledSlash, Elsewhere, EncodedSlash, NoPrefix, OtherPrefix, PrefixTwice, Relative, Sibling, TrailingSlash,
        };
        let mount = || "/static/".to_owned();
        for (path, misplaced) in [
            ("/static/css/site.css", None),
            ("/static//css/site.css", Some(DoubledSlash)),
            ("//static/css/site.css", Some(DoubledSlash)),
            ("/static/css//site.css", Some(DoubledSlash)),
            ("/static/css/site.css/", Some(TrailingSlash)),
            ("/static/css/site.css//", Some(DoubledSlash)),
            ("/static/css%2Fsite.css", Some(EncodedSlash)),
            ("/static/css/site.css.br", Some(Sibling)),
            ("/static/static/css/site.css", Some(PrefixTwice(mount()))),
            ("/static//static/css/site.css", Some(PrefixTwice(mount()))),
            ("/css/site.css", Some(NoPrefix(mount()))),
            ("/assets/css/site.css", Some(OtherPrefix("/assets/".into(), mount()))),
            ("/Static/css/site.css", Some(OtherPrefix("/Static/".into(), mount()))),
            ("/profile/static/css/site.css", Some(Relative("/profile/".into(), mount()))),
        ] {
            assert_eq!(placed(path), (Some("css/site.css".to_owned()), misplaced), "{path}");
        }
        assert_eq!(placed("/static/static/own.css"), (Some("static/own.css".to_owned()), None));
        assert_eq!(placed("/static/a%20b.css"), (Some("a b.css".to_owned()), None));
        assert_eq!(placed("/static/other.css"), (Some("other.css".to_owned()), None));
        assert_eq!(placed("/static//other.css"), (Some("other.css".to_owned()), Some(DoubledSlash)));
        assert_eq!(placed("/static/"), (None, None));
        assert_eq!(placed("/static/.."), (None, None));
        assert_eq!(placed("/static/%FF.css"), (None, None));
        assert_eq!(placed("/nowhere.css"), (None, Some(Elsewhere(mount()))));
        assert_eq!(placed("/static"), (None, Some(Elsewhere(mount()))));
    }

    #[test]
    fn a_path_is_one_of_the_site_and_what_is_no_address_is_refused() {
        let site = "https://example.com";
        let parsed = |asked| parse(asked, site).map(String::from);
        assert_eq!(parsed("/static/x.css?v=1").unwrap(), "https://example.com/static/x.css?v=1");
        assert_eq!(parsed("http://localhost:8000/static/x.css").unwrap(), "http://localhost:8000/static/x.css");
        for bad in
            ["css/site.css", "//example.com/x", "", "ftp://example.com/x", "file:///etc/hosts", "https://a:b@c/x"]
        {
            assert!(parse(bad, site).is_err(), "{bad}");
        }
        assert!(parse("/x", "example.com").is_err());
    }

    #[test]
    fn a_name_has_an_address() {
        let base = Url::parse("https://example.com/static/").unwrap();
        assert_eq!(address(&base, "a b/한.css").as_str(), "https://example.com/static/a%20b/%ED%95%9C.css");
    }
}
