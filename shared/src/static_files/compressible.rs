//! Which static files are compressed: every one but those that are compressed in themselves, told by their names.

/// The endings, in their order, of what is compressed already, or is too large a thing to be tried: `WhiteNoise`'s list,
/// what has come since, archives under other names, and what is downloaded rather than shown. The distribution has the
/// same list (`StaticEncoding` in `template.yaml`; a test holds them together).
pub const COMPRESSED: [&str; 65] = [
    "3gp", "3gpp", "7z", "aac", "apk", "asf", "avi", "avif", "bin", "br", "bz2", "deb", "dmg", "docx", "ear", "epub",
    "exe", "flac", "flv", "gif", "gz", "heic", "iso", "jar", "jpeg", "jpg", "jxl", "kmz", "m4a", "m4v", "mkv", "mov",
    "mp3", "mp4", "mpeg", "mpg", "msi", "odg", "odp", "ods", "odt", "oga", "ogg", "ogv", "opus", "png", "pptx", "rar",
    "rpm", "svgz", "swf", "tbz", "tgz", "txz", "war", "webm", "webp", "wmv", "woff", "woff2", "xlsx", "xpi", "xz",
    "zip", "zst",
];

/// Whether a static file is compressed where that is worth while, and its `.br` and `.gz` are asked for. A name without an
/// ending is one too: it is a text more often than not.
pub fn compressible(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    ending.is_none_or(|ending| COMPRESSED.binary_search(&ending.as_str()).is_err())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::static_files::Encoding;

    #[test]
    fn what_is_compressed_in_itself_is_not_compressed_again() {
        for name in [
            "css/site.css",
            "A.CSS",
            "js/app.5f0c1c8b3a2d.mjs",
            "app.js.map",
            "LICENSE",
            "a.png/b",
            "a.",
            "a.tar",
            "mp4",
        ] {
            assert!(compressible(name), "{name}");
        }
        for name in ["a.woff2", "a.PNG", "a.css.br", "a.css.gz", "a.tar.gz", "setup.exe", ".png", "a.b/c.zip"] {
            assert!(!compressible(name), "{name}");
        }
    }

    #[test]
    fn the_list_is_in_its_order_and_has_the_endings_of_the_forms() {
        assert!(COMPRESSED.is_sorted());
        for encoding in Encoding::COMPRESSED {
            assert!(!compressible(&format!("a.css{}", encoding.suffix())), "{encoding:?}");
        }
    }
}
