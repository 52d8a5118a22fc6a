//! HTML or JSON: decided once for a request.

/// The two renderings of every answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Html,
    /// For programs.
    Json,
}

impl Format {
    /// JSON when `Accept` prefers it, or when `Accept` is absent or `*/*` and the body is JSON; else HTML.
    pub fn negotiate(accept: Option<&str>, body_is_json: bool) -> Self {
        let (mut html, mut json, mut any) = (None, None, 0.0);
        for (range, quality) in weighted(accept.unwrap_or("*/*")) {
            match range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
                "text/html" | "application/xhtml+xml" => html = Some(quality.max(html.unwrap_or(0.0))),
                "application/json" => json = Some(quality),
                "text/*" if html.is_none() => html = Some(quality),
                "application/*" if json.is_none() => json = Some(quality),
                "*/*" => any = quality,
                _ => {}
            }
        }
        if html.is_none() && json.is_none() {
            return if body_is_json { Self::Json } else { Self::Html };
        }
        // Named beats covered by a wildcard: `application/json, */*` is a program that says what it wants.
        let (json, html) = ((json.unwrap_or(any), json.is_some()), (html.unwrap_or(any), html.is_some()));
        if json > html && json.0 > 0.0 { Self::Json } else { Self::Html }
    }
}

/// The members of a comma-separated header with their `q`, in order (RFC 9110, 12.4.2). What is malformed counts as
/// not acceptable.
pub(crate) fn weighted(header: &str) -> impl Iterator<Item = (&str, f32)> {
    header.split(',').take(64).filter_map(|member| {
        let mut parts = member.split(';').map(str::trim);
        let range = parts.next().filter(|range| !range.is_empty())?;
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let quality = quality.map_or(Some(1.0), |text| text.parse::<f32>().ok()).unwrap_or(0.0);
        Some((range, if (0.0..=1.0).contains(&quality) { quality } else { 0.0 }))
    })
}

#[cfg(test)]
mod tests {
    use super::Format::{Html, Json};
    use super::*;

    #[test]
    fn accept_decides_and_the_body_where_it_does_not() {
        for (accept, json_body, expected) in [
            (Some("application/json"), false, Json),
            (Some("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"), true, Html),
            (Some("*/*"), false, Html),
            (Some("*/*"), true, Json),
            (None, true, Json),
            (None, false, Html),
            (Some("application/json, text/plain, */*"), false, Json),
            (Some("text/html;q=0.5, application/json"), false, Json),
            (Some("application/json;q=0.5, text/html"), true, Html),
            (Some("text/html, application/json"), false, Html),
            (Some("image/png"), false, Html),
            (Some("application/json;q=0, */*"), false, Html),
            (Some("application/json;q=0"), false, Html),
            (Some("application/json;q=abc"), true, Html),
        ] {
            assert_eq!(Format::negotiate(accept, json_body), expected, "{accept:?} {json_body}");
        }
    }
}
