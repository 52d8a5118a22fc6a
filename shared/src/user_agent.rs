//! What a browser calls itself, in the few words that its owner knows it by: "Chrome on Windows".

use crate::error::Arg;
use crate::i18n::Language;

/// A browser and its system. Both are names of ours: nothing that a visitor sends is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UserAgent {
    /// The browser or program.
    pub browser: Option<&'static str>,
    /// The system that it runs on.
    pub system: Option<&'static str>,
}

/// Marks of browsers, the particular before the general: nearly all of them say that they are Chrome and Safari too.
const BROWSERS: [(&str, &str); 26] = [
    ("KAKAOTALK", "KakaoTalk"),
    ("NAVER(", "Naver"),
    ("Whale/", "Naver Whale"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FBAN/", "Facebook"),
    ("Instagram ", "Instagram"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
    ("curl/", "curl"),
    ("Wget/", "Wget"),
    ("python-", "Python"),
    ("okhttp/", "Android app"),
    ("Go-http-client/", "Go"),
    ("PostmanRuntime/", "Postman"),
    ("node", "Node.js"),
];

/// Marks of systems, in the same order: Android says that it is Linux, an iPhone that it is like a Mac.
const SYSTEMS: [(&str, &str); 9] = [
    ("Windows", "Windows"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Mac OS X", "macOS"),
    ("FreeBSD", "FreeBSD"),
    ("Linux", "Linux"),
];

/// How much of a name is looked at, and kept: longer ones are nobody's.
pub const MOST_CHARACTERS: usize = 256;

impl UserAgent {
    /// Reads a `User-Agent` header.
    pub fn parse(header: &str) -> Self {
        let find = |marks: &[(&str, &'static str)]| {
            marks.iter().find(|(mark, _)| header.contains(mark)).map(|(_, name)| *name)
        };
        Self { browser: find(&BROWSERS), system: find(&SYSTEMS) }
    }

    /// The words for it.
    pub fn text(self, language: Language) -> String {
        let arg = |name: &str| Arg::Text(name.to_owned());
        match (self.browser, self.system) {
            (Some(browser), Some(system)) => {
                language.text("device-browser-on-system", &[("browser", arg(browser)), ("system", arg(system))])
            }
            (Some(name), None) | (None, Some(name)) => name.to_owned(),
            (None, None) => language.text("device-unknown", &[]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_called_what_people_call_them() {
        for (header, name) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
                "Chrome on Windows",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
                "Edge on Windows",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0 Mobile/15E148 Safari/604.1",
                "Chrome on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S911N) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Whale/4.29 Safari/537.36",
                "Naver Whale on Windows",
            ),
            ("curl/8.5.0", "curl"),
            ("python-requests/2.32", "Python"),
            ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) unknown", "ChromeOS"),
            ("", "Unknown device"),
            ("<script>alert(1)</script>", "Unknown device"),
        ] {
            assert_eq!(UserAgent::parse(header).text(Language::En), name, "{header}");
        }
        assert_eq!(UserAgent::parse("Firefox/1 Linux").text(Language::Ko), "Linux의 Firefox");
    }
}
