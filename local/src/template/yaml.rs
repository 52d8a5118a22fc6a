//! Reads the YAML of a template into JSON: `!Ref X` becomes `{"Ref": "X"}`, so that what follows knows
//! one spelling of each intrinsic function.

use serde_json::{Map, Value as Json};
use serde_yaml_ng::Value as Yaml;

use super::error::TemplateError;

/// The short tags of CloudFormation; `Ref` and `Condition` have no `Fn::` in their long form.
const FUNCTIONS: [&str; 17] = [
    "And",
    "Base64",
    "Cidr",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Select",
    "Split",
    "Sub",
    "Transform",
];

/// Parses `text`, with every tag in its long form.
pub(super) fn read(text: &str) -> Result<Json, TemplateError> {
    convert(serde_yaml_ng::from_str(text)?)
}

fn convert(yaml: Yaml) -> Result<Json, TemplateError> {
    Ok(match yaml {
        Yaml::Null => Json::Null,
        Yaml::Bool(flag) => Json::Bool(flag),
        Yaml::Number(number) => {
            if let Some(whole) = number.as_i64() {
                Json::from(whole)
            } else if let Some(whole) = number.as_u64() {
                Json::from(whole)
            } else {
                Json::from(number.as_f64())
            }
        }
        Yaml::String(text) => Json::String(text),
        Yaml::Sequence(items) => Json::Array(items.into_iter().map(convert).collect::<Result<_, _>>()?),
        Yaml::Mapping(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                map.insert(key_of(key)?, convert(value)?);
            }
            Json::Object(map)
        }
        Yaml::Tagged(tagged) => long_form(&tagged.tag.to_string(), convert(tagged.value)?)?,
    })
}

fn key_of(key: Yaml) -> Result<String, TemplateError> {
    match key {
        Yaml::String(text) => Ok(text),
        Yaml::Number(number) => Ok(number.to_string()),
        Yaml::Bool(flag) => Ok(flag.to_string()),
        other => Err(TemplateError::Shape(format!("a key must be a word, not {other:?}"))),
    }
}

fn long_form(tag: &str, value: Json) -> Result<Json, TemplateError> {
    let name = tag.trim_start_matches('!');
    let (key, value) = match (name, value) {
        ("Ref" | "Condition", value) => (name.to_owned(), value),
        // `!GetAtt A.B` is `{"Fn::GetAtt": ["A", "B"]}`; the attribute itself may have dots.
        ("GetAtt", Json::String(path)) => {
            let (resource, attribute) = path
                .split_once('.')
                .ok_or_else(|| TemplateError::Shape(format!("!GetAtt {path} names no attribute")))?;
            ("Fn::GetAtt".to_owned(), Json::from(vec![resource, attribute]))
        }
        (name, value) if FUNCTIONS.contains(&name) => (format!("Fn::{name}"), value),
        _ => return Err(TemplateError::Shape(format!("the tag {tag} is not known"))),
    };
    Ok(Json::Object(Map::from_iter([(key, value)])))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_short_tag_and_its_long_form_are_the_same() {
        let short = read("[!Ref A, !GetAtt A.B.C, !Sub 'x${A}', !If [C, 1, 2], !Condition D]").unwrap();
        let long = json!([
            {"Ref": "A"},
            {"Fn::GetAtt": ["A", "B.C"]},
            {"Fn::Sub": "x${A}"},
            {"Fn::If": ["C", 1, 2]},
            {"Condition": "D"},
        ]);
        assert_eq!(short, long);
    }

    #[test]
    fn tags_inside_tags_are_read() {
        let value = read("!Not [!Equals [!Ref A, '']]").unwrap();
        assert_eq!(value, json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "A"}, ""]}]}));
    }

    #[test]
    fn an_unknown_tag_is_refused_by_name() {
        let error = read("!Reff A").unwrap_err().to_string();
        assert!(error.contains("!Reff"), "{error}");
    }

    #[test]
    fn a_key_given_twice_is_refused() {
        assert!(matches!(read("A: 1\nA: 2"), Err(TemplateError::Yaml(_))));
    }
}
