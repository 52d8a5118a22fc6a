//! A POST form: the fields before the file, and the file. What follows the file is ignored, as S3 does.

use bytes::Bytes;

/// At most this many bytes of fields, S3's own limit.
const FIELDS: usize = 20 * 1024;

/// A parsed `multipart/form-data` body.
#[derive(Debug)]
pub(crate) struct Form {
    /// Names in lower case with their values, in the order in which they were sent.
    pub(crate) fields: Vec<(String, String)>,
    /// The name the visitor's file had.
    pub(crate) filename: String,
    pub(crate) file: Bytes,
}

/// Why a body is no such form, in S3's codes.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("The body of your POST request is not well-formed multipart/form-data.")]
    Body,
    #[error("Your POST request fields preceding the upload file were too large.")]
    FieldsTooLarge,
    #[error("POST requires exactly one file upload per request.")]
    NoFile,
    #[error("A field is given more than once: {0}")]
    Twice(String),
}

impl Form {
    /// The boundary of a `Content-Type`; `None` when it is not a form's.
    pub(crate) fn boundary(content_type: &str) -> Option<String> {
        let (kind, parameters) = content_type.split_once(';')?;
        if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
            return None;
        }
        let mut parameters = parameters.split(';').filter_map(|parameter| parameter.trim().split_once('='));
        let (_, boundary) = parameters.find(|(name, _)| name.eq_ignore_ascii_case("boundary"))?;
        let boundary = boundary.trim_matches('"');
        (1..=70).contains(&boundary.len()).then(|| boundary.to_owned())
    }

    /// Parses a whole body.
    pub(crate) fn parse(body: &Bytes, boundary: &str) -> Result<Self, Malformed> {
        let first = format!("--{boundary}");
        let next = format!("\r\n--{boundary}");
        let mut at = if body.starts_with(b"\r\n") { 2 } else { 0 };
        if !body[at..].starts_with(first.as_bytes()) {
            return Err(Malformed::Body);
        }
        at += first.len();
        let mut form = Self { fields: Vec::new(), filename: String::new(), file: Bytes::new() };
        loop {
            if body[at..].starts_with(b"--") {
                return Err(Malformed::NoFile);
            }
            let head = find(&body[at..], b"\r\n\r\n").ok_or(Malformed::Body)?;
            let part = Part::parse(&body[at..at + head])?;
            let start = at + head + 4;
            let end = start + find(&body[start..], next.as_bytes()).ok_or(Malformed::Body)?;
            if part.name == "file" {
                form.filename = part.filename;
                form.file = body.slice(start..end);
                return Ok(form);
            }
            if end > FIELDS {
                return Err(Malformed::FieldsTooLarge);
            }
            let value = std::str::from_utf8(&body[start..end]).map_err(|_| Malformed::Body)?;
            if form.field(&part.name).is_some() {
                return Err(Malformed::Twice(part.name));
            }
            form.fields.push((part.name, value.to_owned()));
            at = end + next.len();
        }
    }

    /// The value of a field, by its name in lower case.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Puts the visitor's file name where a field asks for it.
    pub(crate) fn expand(&mut self) {
        for (_, value) in &mut self.fields {
            if value.contains("${filename}") {
                *value = value.replace("${filename}", &self.filename);
            }
        }
    }
}

struct Part {
    name: String,
    filename: String,
}

impl Part {
    fn parse(head: &[u8]) -> Result<Self, Malformed> {
        let head = std::str::from_utf8(head).map_err(|_| Malformed::Body)?;
        let disposition = head
            .split("\r\n")
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case("content-disposition"))
            .map(|(_, value)| value)
            .ok_or(Malformed::Body)?;
        let name = parameter(disposition, "name").ok_or(Malformed::Body)?.to_ascii_lowercase();
        let filename = parameter(disposition, "filename").unwrap_or_default();
        // Some clients send the whole path; S3 keeps what follows the last separator.
        let filename = filename.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        Ok(Self { name, filename })
    }
}

/// A quoted parameter of a `Content-Disposition`, with the `%22` browsers write for a quote.
fn parameter(disposition: &str, name: &str) -> Option<String> {
    let mut rest = disposition;
    while let Some((_, after)) = rest.split_once(';') {
        let (key, value) = after.split_once('=')?;
        let quoted = value.strip_prefix('"');
        let (value, tail) = match quoted {
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_at(value.find(';').unwrap_or(value.len())),
        };
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(value.trim().replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"));
        }
        rest = tail;
    }
    None
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    loop {
        let at = from + haystack[from..].iter().position(|&byte| byte == first)?;
        if haystack[at..].starts_with(needle) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<Form, Malformed> {
        Form::parse(&Bytes::copy_from_slice(body.replace('\n', "\r\n").as_bytes()), "b")
    }

    #[test]
    fn fields_after_the_file_are_ignored() {
        let form = parse(
            "--b\nContent-Disposition: form-data; name=\"Key\"\n\nu/${filename}\n--b\nContent-Disposition: form-data; \
             name=\"file\"; filename=\"C:\\a;b.png\"\nContent-Type: x/y\n\n--bee\n\n--b\nContent-Disposition: form-data; \
             name=\"acl\"\n\npublic\n--b--\n",
        );
        let mut form = form.unwrap();
        form.expand();
        assert_eq!(form.fields, [("key".to_owned(), "u/a;b.png".to_owned())]);
        assert_eq!(form.file, "--bee\r\n");
    }

    #[test]
    fn a_field_given_twice_is_refused() {
        let twice = "--b\nContent-Disposition: form-data; name=\"key\"\n\na\n--b\nContent-Disposition: form-data; \
                     name=\"KEY\"\n\nb\n--b--\n";
        assert_eq!(parse(twice).unwrap_err(), Malformed::Twice("key".to_owned()));
    }

    #[test]
    fn a_form_cut_short_is_refused() {
        let whole = "--b\nContent-Disposition: form-data; name=\"file\"\n\nabc\n--b--\n".replace('\n', "\r\n");
        let end = whole.len() - "--\r\n".len();
        for cut in 0..end {
            let body = Bytes::copy_from_slice(&whole.as_bytes()[..cut]);
            assert!(Form::parse(&body, "b").is_err(), "{cut}");
        }
        assert_eq!(Form::parse(&Bytes::from(whole), "b").unwrap().file, "abc");
    }
}
