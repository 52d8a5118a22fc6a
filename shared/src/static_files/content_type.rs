//! What a static file is, by its name alone: nobody guesses from its content, browsers are told not to either.

/// The extensions of what shrinks when it is compressed: text, and pictures and fonts that are not compressed in
/// themselves. The distribution has the same list (`StaticEncoding` in `template.yaml`; a test holds them together).
pub const COMPRESSIBLE: [&str; 18] = [
    "css",
    "js",
    "mjs",
    "html",
    "htm",
    "txt",
    "md",
    "xml",
    "csv",
    "json",
    "map",
    "webmanifest",
    "svg",
    "ico",
    "ttf",
    "otf",
    "eot",
    "wasm",
];

/// Whether it is worth while to compress a static file, and to ask for its `.br` and `.gz`.
pub fn compressible(name: &str) -> bool {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    extension.is_some_and(|extension| COMPRESSIBLE.contains(&extension.as_str()))
}

/// The `Content-Type` of a static file; text is UTF-8.
pub fn content_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref().unwrap_or_default() {
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "html" | "htm" => "text/html; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "md" => "text/markdown; charset=utf-8",
        "xml" => "text/xml; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/vnd.microsoft.icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "otf" => "font/otf",
        "eot" => "application/vnd.ms-fontobject",
        "pdf" => "application/pdf",
        "wasm" => "application/wasm",
        "mp3" => "audio/mpeg",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_in_itself_is_not_compressed_again() {
        for name in ["css/site.css", "A.CSS", "js/app.5f0c1c8b3a2d.mjs", "app.js.map", "favicon.ico", ".json"] {
            assert!(compressible(name), "{name}");
        }
        for name in ["", "css", "a.woff2", "a.woff", "a.png", "a.css.br", "a.css.gz", "a.css/b", "a.tar", "a."] {
            assert!(!compressible(name), "{name}");
        }
    }

    #[test]
    fn each_type_that_is_compressed_is_known() {
        for extension in COMPRESSIBLE {
            assert_ne!(content_type(&format!("a.{extension}")), "application/octet-stream", "{extension}");
        }
    }
}
