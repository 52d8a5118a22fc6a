//! Bodies of requests: a form or JSON becomes one flat map, read field by field with every mistake noted.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::accounts::Password;
use crate::config::Config;
use crate::error::{Arg, Error, FieldError, FieldErrors, Result};

/// The fields of a request's body.
#[derive(Debug, Default, Clone)]
pub struct Fields {
    values: BTreeMap<String, Value>,
    is_json: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    Flag(bool),
    Integer(i64),
    Integers(Vec<i64>),
    Texts(Vec<String>),
    Null,
    /// A number or a structure that no field takes.
    Other,
}

/// Something that is read from the fields of a body.
pub trait Form: Sized {
    /// Reads it. Mistakes are noted in `fields`; all of them, so that the visitor sees them at once.
    fn read(fields: &mut FieldReader<'_>) -> Self;
}

impl Fields {
    /// Parses a body of type `application/x-www-form-urlencoded`.
    pub fn from_form(body: &[u8], most: usize) -> Result<Self> {
        let mut values = BTreeMap::new();
        for pair in body.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
            let (name, value) = match pair.iter().position(|&byte| byte == b'=') {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, &pair[..0]),
            };
            insert(&mut values, decode(name)?, Value::Text(decode(value)?))?;
            if values.len() > most {
                return Err(Error::bad_request("too many fields"));
            }
        }
        Ok(Self { values, is_json: false })
    }

    /// Parses a body of type `application/json`: an object. A repeated key is refused, since two readers of the same
    /// text could see two different values (ASVS 15.3.7).
    pub fn from_json(body: &[u8], most: usize) -> Result<Self> {
        // Where, not what: the parser's own words quote the body, and the log must not.
        let malformed = |error: serde_json::Error| {
            let (line, column) = (error.line(), error.column());
            Error::bad_request(format!("JSON: {:?} error in line {line}, column {column}", error.classify()))
        };
        let object: Object = serde_json::from_slice(body).map_err(malformed)?;
        if object.0.len() > most {
            return Err(Error::bad_request("too many fields"));
        }
        Ok(Self { values: object.0, is_json: true })
    }

    /// A field's text, if it has one.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.values.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether the field is there.
    pub fn contains(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Whether the body was JSON.
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// Reads a form. The outer error is a field of a wrong type: no form of ours sends that.
    pub fn read<F: Form>(&self, config: &Config) -> Result<(F, FieldErrors)> {
        let mut reader = FieldReader { fields: self, config, errors: FieldErrors::default(), malformed: None };
        let form = F::read(&mut reader);
        match reader.malformed {
            Some(name) => Err(Error::bad_request(format!("{name} has a wrong type"))),
            None => Ok((form, reader.errors)),
        }
    }
}

/// Reads fields one by one and notes what is wrong with them.
#[derive(Debug)]
pub struct FieldReader<'a> {
    fields: &'a Fields,
    config: &'a Config,
    errors: FieldErrors,
    malformed: Option<String>,
}

impl FieldReader<'_> {
    /// A single line, trimmed as Django's `CharField` does; `None` when the field is absent.
    pub fn line(&mut self, name: &str, most: usize) -> Option<String> {
        let text = self.lines(name, most)?;
        if text.chars().any(char::is_control) && !self.errors.contains(name) {
            self.errors.add(name, "invalid", "field-invalid");
        }
        Some(text)
    }

    /// Text of several lines, trimmed, at most `most` characters; `None` when the field is absent.
    pub fn lines(&mut self, name: &str, most: usize) -> Option<String> {
        let text = self.raw(name)?.trim().replace("\r\n", "\n");
        if text.contains('\0') {
            self.errors.add(name, "null_characters_not_allowed", "field-null-characters");
        }
        if text.chars().count() > most {
            let args = vec![("limit", Arg::Number(most as u64))];
            self.errors.add_with(name, FieldError { code: "max_length", key: "field-max-length", args });
        }
        Some(text)
    }

    /// As [`Self::line`], and it must not be empty.
    pub fn required_line(&mut self, name: &str, most: usize) -> String {
        let text = self.line(name, most).unwrap_or_default();
        if text.is_empty() {
            self.errors.add(name, "required", "field-required");
        }
        text
    }

    /// A password: not trimmed. It must not be empty, nor longer than `PASSWORD_MAX_BYTES`: beyond that it is not even
    /// kept (CVE-2013-1443).
    pub fn password(&mut self, name: &str) -> Password {
        self.password_told_on(name, name)
    }

    /// As [`Self::password`], but that it is too long is told on the field `told_on`, where the other rules are.
    pub fn password_told_on(&mut self, name: &str, told_on: &str) -> Password {
        let most_bytes = self.config.passwords.max_bytes;
        let text = self.raw(name).unwrap_or_default();
        if text.is_empty() {
            self.errors.add(name, "required", "field-required");
        } else if text.len() > most_bytes {
            let args = vec![("max", Arg::Number(most_bytes as u64))];
            if !self.errors.has(told_on, "password_too_long") {
                let error = FieldError { code: "password_too_long", key: "password-too-long", args };
                self.errors.add_with(told_on, error);
            }
            return Password::default();
        } else if text.contains('\0') {
            self.errors.add(name, "null_characters_not_allowed", "field-null-characters");
        }
        Password::new(&text)
    }

    /// A check box or a JSON boolean; `None` when the field is absent.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.fields.values.get(name)? {
            Value::Flag(flag) => Some(*flag),
            Value::Null => None,
            Value::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "on" | "true" | "1" | "yes" => Some(true),
                "" | "off" | "false" | "0" | "no" => Some(false),
                _ => {
                    self.errors.add(name, "invalid", "field-not-a-boolean");
                    None
                }
            },
            _ => self.wrong_type(name),
        }
    }

    /// A whole number from 0; `None` when the field is absent or wrong.
    pub fn number(&mut self, name: &str) -> Option<u64> {
        match self.fields.values.get(name)? {
            Value::Integer(number) => match u64::try_from(*number) {
                Ok(number) => Some(number),
                Err(_) => self.wrong_type(name),
            },
            Value::Text(text) if !self.fields.is_json => {
                let number = text.trim().parse::<u32>().ok().map(u64::from);
                if number.is_none() {
                    self.errors.add(name, "invalid", "field-not-an-integer");
                }
                number
            }
            Value::Null => None,
            _ => self.wrong_type(name),
        }
    }

    /// A list of whole numbers from 0; `None` when the field is absent. A form has them in one line, separated by commas.
    pub fn numbers(&mut self, name: &str) -> Option<Vec<u64>> {
        let numbers: Option<Vec<u64>> = match self.fields.values.get(name)? {
            Value::Integers(numbers) => numbers.iter().map(|&number| u64::try_from(number).ok()).collect(),
            Value::Text(text) if !self.fields.is_json => {
                let numbers: Option<_> =
                    text.split(',').map(|number| number.trim().parse::<u32>().ok().map(u64::from)).collect();
                if numbers.is_none() {
                    self.errors.add(name, "invalid", "field-not-an-integer");
                    return None;
                }
                numbers
            }
            Value::Null => return None,
            _ => None,
        };
        numbers.or_else(|| self.wrong_type(name))
    }

    /// Several of a set: in JSON a list of texts, `None` when the field is absent; in a form a check box for each, named
    /// `name:choice`, and those that are not ticked are not chosen. Each is at most `most` characters long.
    pub fn choices(&mut self, name: &str, most: usize) -> Option<Vec<String>> {
        let chosen: Vec<String> = if self.fields.is_json {
            match self.fields.values.get(name)? {
                Value::Texts(texts) => texts.clone(),
                Value::Integers(none) if none.is_empty() => Vec::new(),
                Value::Null => return None,
                _ => return self.wrong_type(name),
            }
        } else {
            let boxes: Vec<_> = self
                .fields
                .values
                .keys()
                .filter(|key| key.split_once(':').is_some_and(|(of, _)| of == name))
                .cloned()
                .collect();
            let ticked = boxes.into_iter().filter(|key| self.flag(key) == Some(true));
            ticked.filter_map(|key| key.split_once(':').map(|(_, choice)| choice.to_owned())).collect()
        };
        if chosen.iter().any(|choice| choice.chars().count() > most || choice.chars().any(char::is_control)) {
            self.errors.add(name, "invalid", "field-invalid");
        }
        Some(chosen)
    }

    /// The text of a field as it was typed, to be shown again when it is wrong.
    pub fn typed(&self, name: &str) -> Option<String> {
        self.fields.text(name).map(|text| text.trim().replace("\r\n", "\n"))
    }

    /// The limits that the fields are held to.
    pub fn config(&self) -> &Config {
        self.config
    }

    /// Whether the body was JSON.
    pub fn is_json(&self) -> bool {
        self.fields.is_json
    }

    /// What was found wrong so far, and where more can be noted.
    pub fn errors(&mut self) -> &mut FieldErrors {
        &mut self.errors
    }

    fn raw(&mut self, name: &str) -> Option<String> {
        match self.fields.values.get(name)? {
            Value::Text(text) => Some(text.clone()),
            // Nothing was said, so nothing changes: `null` must not empty a field that an edit did not mean.
            Value::Null => None,
            _ => self.wrong_type(name),
        }
    }

    fn wrong_type<T>(&mut self, name: &str) -> Option<T> {
        self.malformed.get_or_insert_with(|| name.to_owned());
        None
    }
}

fn insert(values: &mut BTreeMap<String, Value>, name: String, value: Value) -> Result<()> {
    if values.contains_key(&name) {
        // Which one is not told to the log: whatever a stranger put there would be in it.
        return Err(Error::bad_request("a field stands twice"));
    }
    values.insert(name, value);
    Ok(())
}

/// Decodes one name or value of a form. What is not UTF-8 is refused: replacing it would store something that nobody
/// typed.
fn decode(text: &[u8]) -> Result<String> {
    let spaced: Vec<u8> = text.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
    let bytes: Vec<u8> = percent_encoding::percent_decode(&spaced).collect();
    String::from_utf8(bytes).map_err(|_| Error::bad_request("a field is not UTF-8"))
}

/// A JSON object whose keys are all different.
struct Object(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut values = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    if values.insert(name, value).is_some() {
                        return Err(de::Error::custom("a key stands twice"));
                    }
                }
                Ok(Object(values))
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;
        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
                Ok(Value::Text(text.to_owned()))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
                Ok(Value::Text(text))
            }

            fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Value, E> {
                Ok(Value::Flag(flag))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
                Ok(Value::Integer(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
                Ok(i64::try_from(number).map_or(Value::Other, Value::Integer))
            }

            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Value, E> {
                Ok(Value::Other)
            }

            fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
                Ok(Value::Null)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
                let (mut integers, mut texts, mut others) = (Vec::new(), Vec::new(), false);
                while let Some(value) = seq.next_element::<Value>()? {
                    match value {
                        Value::Integer(integer) => integers.push(integer),
                        Value::Text(text) => texts.push(text),
                        _ => others = true,
                    }
                }
                Ok(match (integers.is_empty(), texts.is_empty()) {
                    _ if others => Value::Other,
                    (_, true) => Value::Integers(integers),
                    (true, false) => Value::Texts(texts),
                    (false, false) => Value::Other,
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
                while map.next_entry::<IgnoredAny, Value>()?.is_some() {}
                Ok(Value::Other)
            }
        }
        deserializer.deserialize_any(ValueVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Note(Option<String>, Option<bool>, Option<u64>);

    impl Form for Note {
        fn read(fields: &mut FieldReader<'_>) -> Self {
            Self(fields.line("text", 5), fields.flag("flag"), fields.number("size"))
        }
    }

    fn json(body: &str) -> Result<(Note, FieldErrors)> {
        Fields::from_json(body.as_bytes(), 10)?.read(&Config::sample())
    }

    fn form(body: &str) -> Result<(Note, FieldErrors)> {
        Fields::from_form(body.as_bytes(), 10)?.read(&Config::sample())
    }

    #[test]
    fn a_form_and_json_say_the_same() {
        for (note, errors) in
            [form("text=+a%C3%A9+&flag=on&size=3").unwrap(), json(r#"{"text":" aé ","flag":true,"size":3}"#).unwrap()]
        {
            assert_eq!((note.0.as_deref(), note.1, note.2), (Some("aé"), Some(true), Some(3)));
            assert!(errors.is_empty());
        }
    }

    #[test]
    fn what_is_repeated_or_malformed_is_refused() {
        let deep = format!("{{\"x\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
        for body in [
            r#"{"text":"a","text":"b"}"#,
            r#"{"text":["a"]}"#,
            r#"{"text":1}"#,
            r#"{"size":-1}"#,
            r#"{"size":1e309}"#,
            r#"{"size":9223372036854775808}"#,
            r#"{"size":"3"}"#,
            "[]",
            "",
            "{",
            &deep,
        ] {
            assert!(json(body).is_err(), "{body:.40}");
        }
        for body in ["text=a&text=b", "text=%ff", "%ff=1", "a&b&c&d&e&f&g&h&i&j&k"] {
            assert!(form(body).is_err(), "{body}");
        }
    }

    #[test]
    fn every_mistake_of_a_field_is_noted() {
        let (_, errors) = form("text=abcdef%00&flag=maybe&size=x").unwrap();
        let codes: Vec<_> =
            errors.iter().map(|(field, errors)| (field, errors.iter().map(|e| e.code).collect::<Vec<_>>())).collect();
        assert_eq!(
            codes,
            [
                ("flag", vec!["invalid"]),
                ("size", vec!["invalid"]),
                ("text", vec!["null_characters_not_allowed", "max_length"])
            ]
        );
    }
}
