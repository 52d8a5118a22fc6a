//! An item as one line of JSON and back, nothing lost: texts, numbers, lists and maps as JSON's own; what JSON has no
//! form for under a name that begins with `$`, as `DynamoDB`'s own JSON names it.

use std::fmt::Write as _;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Number, Value};

use super::call::Item;

/// Writes an item: the same item gives the same text, whatever order it came in.
pub(super) fn to_line(item: &Item) -> String {
    let mut line = String::with_capacity(512);
    write_map(&mut line, item);
    line
}

/// Reads what [`to_line`] wrote.
///
/// # Errors
/// Why it is not that.
pub(super) fn from_line(line: &[u8]) -> Result<Item, String> {
    match serde_json::from_slice(line) {
        Ok(Value::Object(map)) => read_map(map),
        Ok(_) => Err("it is not an object".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn write_map(line: &mut String, map: &Item) {
    let mut names: Vec<_> = map.keys().collect();
    names.sort_unstable();
    line.push('{');
    for (index, name) in names.into_iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        write_text(line, name);
        line.push(':');
        write_value(line, &map[name]);
    }
    line.push('}');
}

fn write_value(line: &mut String, value: &AttributeValue) {
    match value {
        AttributeValue::S(text) => write_text(line, text),
        AttributeValue::N(number) if is_plain(number) => line.push_str(number),
        AttributeValue::Bool(flag) => line.push_str(if *flag { "true" } else { "false" }),
        AttributeValue::L(values) => write_list(line, values, write_value),
        // A name that begins with `$` would be read as one of ours.
        AttributeValue::M(map) if !map.keys().any(|name| name.starts_with('$')) => write_map(line, map),
        AttributeValue::M(map) => tagged(line, "$M", |line| write_map(line, map)),
        AttributeValue::N(number) => tagged(line, "$N", |line| write_text(line, number)),
        AttributeValue::B(bytes) => tagged(line, "$B", |line| write_bytes(line, bytes)),
        AttributeValue::Ss(texts) => {
            tagged(line, "$SS", |line| write_texts(line, texts));
        }
        AttributeValue::Ns(texts) => {
            tagged(line, "$NS", |line| write_texts(line, texts));
        }
        AttributeValue::Bs(all) => tagged(line, "$BS", |line| write_list(line, all, write_bytes)),
        // Null, and what a later DynamoDB may have: there is nothing else today.
        _ => line.push_str("null"),
    }
}

fn tagged(line: &mut String, tag: &str, value: impl FnOnce(&mut String)) {
    let _ = write!(line, "{{\"{tag}\":");
    value(line);
    line.push('}');
}

fn write_list<T>(line: &mut String, values: &[T], write: impl Fn(&mut String, &T)) {
    line.push('[');
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            line.push(',');
        }
        write(line, value);
    }
    line.push(']');
}

fn write_texts(line: &mut String, texts: &[String]) {
    write_list(line, texts, |line, text| write_text(line, text));
}

fn write_text(line: &mut String, text: &str) {
    line.push_str(&Value::from(text).to_string());
}

fn write_bytes(line: &mut String, bytes: &Blob) {
    write_text(line, &STANDARD.encode(bytes));
}

/// Whether a number reads back from JSON with the same digits.
fn is_plain(number: &str) -> bool {
    number.parse::<i64>().is_ok_and(|same| same.to_string() == number)
        || number.parse::<u64>().is_ok_and(|same| same.to_string() == number)
}

fn read_map(map: Map<String, Value>) -> Result<Item, String> {
    map.into_iter().map(|(name, value)| Ok((name, read(value)?))).collect()
}

fn read(value: Value) -> Result<AttributeValue, String> {
    Ok(match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(flag) => AttributeValue::Bool(flag),
        Value::Number(number) => AttributeValue::N(whole(&number)?),
        Value::String(text) => AttributeValue::S(text),
        Value::Array(values) => AttributeValue::L(values.into_iter().map(read).collect::<Result<_, _>>()?),
        Value::Object(mut map) => match map.keys().find(|name| name.starts_with('$')).cloned() {
            None => AttributeValue::M(read_map(map)?),
            Some(tag) => match map.remove(&tag).filter(|_| map.is_empty()) {
                Some(value) => read_tagged(&tag, value)?,
                None => return Err(format!("{tag} does not stand alone")),
            },
        },
    })
}

/// Numbers with a fraction are written under `$N`: JSON's readers round them.
fn whole(number: &Number) -> Result<String, String> {
    let text = number.to_string();
    if is_plain(&text) { Ok(text) } else { Err(format!("{text} is not a whole number")) }
}

fn read_tagged(tag: &str, value: Value) -> Result<AttributeValue, String> {
    let texts = |value: Value| serde_json::from_value::<Vec<String>>(value).map_err(|error| format!("{tag}: {error}"));
    let bytes = |text: &str| STANDARD.decode(text).map(Blob::new).map_err(|error| format!("{tag}: {error}"));
    Ok(match (tag, value) {
        ("$M", Value::Object(map)) => AttributeValue::M(read_map(map)?),
        ("$N", Value::String(text)) => AttributeValue::N(text),
        ("$B", Value::String(text)) => AttributeValue::B(bytes(&text)?),
        ("$SS", value) => AttributeValue::Ss(texts(value)?),
        ("$NS", value) => AttributeValue::Ns(texts(value)?),
        ("$BS", value) => AttributeValue::Bs(texts(value)?.iter().map(|text| bytes(text)).collect::<Result<_, _>>()?),
        _ => return Err(format!("{tag} is not known here")),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn whatever_an_item_holds_reads_back_the_same() {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let number = |text: &str| AttributeValue::N(text.to_owned());
        let values = [
            text(""),
            text("kim \u{1f600} \u{0} \" \\ \u{2028} </script>"),
            number("0"),
            number("-9223372036854775808"),
            number("18446744073709551615"),
            number("12345678901234567890123456789012345678"),
            number("0.1"),
            number("1E+3"),
            number("-0"),
            AttributeValue::Bool(true),
            AttributeValue::Null(true),
            AttributeValue::L(vec![text("a"), AttributeValue::L(Vec::new()), AttributeValue::M(HashMap::new())]),
            AttributeValue::M(HashMap::from([("$N".to_owned(), text("1")), ("b".to_owned(), number("2"))])),
            AttributeValue::M(HashMap::from([("$".to_owned(), AttributeValue::Null(true))])),
            AttributeValue::B(Blob::new([0, 255, 7])),
            AttributeValue::Ss(vec!["x".to_owned(), "y".to_owned()]),
            AttributeValue::Ns(vec!["1".to_owned(), "2.5".to_owned()]),
            AttributeValue::Bs(vec![Blob::new([1]), Blob::new([])]),
        ];
        let item: Item = values.into_iter().enumerate().map(|(index, value)| (format!("a{index}"), value)).collect();
        let line = to_line(&item);
        assert!(!line.contains('\n'));
        assert_eq!(from_line(line.as_bytes()).unwrap(), item);
        assert_eq!(to_line(&from_line(line.as_bytes()).unwrap()), line);
    }

    #[test]
    fn what_was_not_written_here_is_refused() {
        for line in
            ["", "[]", "1", "{\"a\":1.5}", "{\"a\":1e400}", "{\"a\":{\"$X\":1}}", "{\"a\":{\"$N\":\"1\",\"b\":2}}", "{"]
        {
            assert!(from_line(line.as_bytes()).is_err(), "{line}");
        }
    }
}
