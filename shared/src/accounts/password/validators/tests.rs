//! The rules held against what a real Django said: `tests/fixtures/passwords`.

use std::collections::BTreeMap;

use super::*;
use crate::secret::hex;

const VERDICTS: &str = include_str!("../../../../../tests/fixtures/passwords/verdicts.jsonl");
const UNICODE: &str = include_str!("../../../../../tests/fixtures/passwords/unicode.txt");

fn validators(text: &str) -> Validators {
    Validators::parse(text, 10, &["orchard".to_owned()], &[]).unwrap()
}

fn codes(validators: &Validators, password: &str, subject: &Subject) -> Vec<&'static str> {
    validators.check(&Password::new(password), subject).iter().map(|error| error.code).collect()
}

#[test]
fn every_verdict_is_djangos() {
    let validators = validators(Validators::DEFAULT);
    let mut count = 0;
    for line in VERDICTS.lines() {
        let [expected, password, username, first_name, last_name, email]: [String; 6] =
            serde_json::from_str(line).unwrap();
        let subject = Subject(vec![
            ("username", username),
            ("first_name", first_name),
            ("last_name", last_name),
            ("email", email),
        ]);
        // As it stands: that a password is taken in NFC is decided before the rules see it.
        let errors = validators.0.iter().filter_map(|validator| validator.check(&password, &subject, 10));
        let letter = |error: FieldError| match (error.code, error.args.first()) {
            ("password_too_similar", Some((_, Arg::Text(attribute)))) => attribute.chars().next().unwrap(),
            ("password_too_short", _) => 's',
            ("password_too_common", _) => 'c',
            ("password_entirely_numeric", _) => 'n',
            other => panic!("{other:?}"),
        };
        assert_eq!(errors.map(letter).collect::<String>(), expected, "{line}");
        count += 1;
    }
    assert!(count >= 3_000);
}

/// The lines of `unicode.txt` by name.
fn unicode() -> BTreeMap<&'static str, &'static str> {
    UNICODE.lines().map(|line| line.split_once(' ').unwrap()).collect()
}

/// A set of code points, each of them a flag.
fn points(ranges: &str) -> Vec<bool> {
    let mut points = vec![false; 0x11_0000];
    for range in ranges.split(' ') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let [first, last] = [first, last].map(|hex| usize::from_str_radix(hex, 16).unwrap());
        points[first..=last].fill(true);
    }
    points
}

#[test]
fn every_character_is_what_python_takes_it_for() {
    let unicode = unicode();
    let [assigned, word, digit, space] = ["assigned", "word", "digit", "space"].map(|name| points(unicode[name]));
    let mut lowered = sha2::Sha256::default();
    // What Unicode has added since is another matter to each Python.
    for c in (char::MIN..=char::MAX).filter(|c| assigned[*c as usize]) {
        let (text, point) = (c.to_string(), c as usize);
        assert_eq!(python::is_digit(&text), digit[point], "{c:?} is a digit");
        assert_eq!(python::strip(&text).is_empty(), space[point], "{c:?} is white space");
        assert_eq!(python::words(&text).eq([&*text]), word[point], "{c:?} is of a word");
        let lower = python::lower(&text);
        if lower != text {
            sha2::Digest::update(&mut lowered, format!("{text}{lower}\n"));
        }
    }
    assert_eq!(hex(&sha2::Digest::finalize(lowered)), unicode["lower"]);
}

#[test]
fn a_text_is_split_as_python_splits_it() {
    for (text, parts) in [
        ("", vec![""]),
        ("a.b", vec!["a", "b"]),
        (".a..b-", vec!["", "a", "b", ""]),
        ("--", vec!["", ""]),
        ("e\u{301}te", vec!["e", "te"]),
        ("lee_2@x", vec!["lee_2", "x"]),
    ] {
        assert_eq!(python::words(text).collect::<Vec<_>>(), parts, "{text:?}");
    }
}

#[test]
fn an_address_of_many_parts_is_compared_at_once() {
    let subject = Subject(vec![("email", "a-".repeat(30_000))]);
    let password = "ab".repeat(2_000);
    assert_eq!(codes(&validators(Validators::DEFAULT), &password, &subject), [""; 0]);
}

#[test]
fn the_setting_is_a_list_with_options() {
    let kim = Subject(vec![("email", "kim.lee@example.com".into()), ("username", "orchardist".into())]);
    let one = validators("MinimumLength(min_length=12)");
    assert_eq!(codes(&one, "password123", &kim), ["password_too_short"]);
    assert_eq!(one.min_length(), 12);
    // In the order of the list.
    let two = validators("NumericPassword, django.contrib.auth.password_validation.MinimumLengthValidator");
    assert_eq!(codes(&two, "123456", &kim), ["password_entirely_numeric", "password_too_short"]);
    let loose = validators("MinimumLength, UserAttributeSimilarity(max_similarity=1.0 user_attributes=email)");
    assert_eq!(codes(&loose, "orchardist", &kim), [""; 0]);
    assert_eq!(codes(&loose, "kim.lee@example.com", &kim), ["password_too_similar"]);
    assert_eq!(codes(&validators("strict"), "correct horse", &kim), ["password_too_short"]);
    for text in [
        "",
        "CommonPassword",
        "MinimumLength, Unknown",
        "MinimumLength(min_length=7)",
        "MinimumLength(min_length=10",
        "MinimumLength(10)",
        "MinimumLength(max_length=10)",
        "MinimumLength(min_length=10 min_length=11)",
        "MinimumLength, UserAttributeSimilarity(max_similarity=0.05)",
        "MinimumLength, UserAttributeSimilarity(user_attributes=shoe_size)",
        "MinimumLength, CommonPassword(list=x)",
    ] {
        assert_eq!(Validators::parse(text, 10, &[], &[]), None, "{text}");
    }
}

#[test]
fn every_field_of_the_site_can_be_compared_with() {
    let known = serde_json::json!({ "phone": "+82 10 1234 5678", "bio": "An orchardist." });
    let fields = UserFields::from_attributes(known.as_object().unwrap());
    let kim = Subject::new(None, None, &fields);
    let rules = validators("MinimumLength, UserAttributeSimilarity(user_attributes=bio+phone)");
    assert_eq!(codes(&rules, "orchardists", &kim), ["password_too_similar"]);
    assert_eq!(codes(&validators(Validators::DEFAULT), "orchardists", &kim), [""; 0]);
}

#[test]
fn the_sites_name_and_ones_own_address_are_no_passwords() {
    let rules = validators("MinimumLength, ContextWords(words=Apfelbaum+obst)");
    let kim = Subject(vec![("email", "kim.haneul@garden.example".into())]);
    for password in [
        "orchard2026!",
        "Orchard-Orchard",
        "APFELBAUM1234",
        "kim.haneul@garden.example",
        "haneul-kim-1",
        "garden!garden!",
    ] {
        assert_eq!(codes(&rules, password, &kim), ["password_context_word"], "{password}");
    }
    for password in ["correct horse battery", "an orchard of my own", "kimchi, rice and stew"] {
        assert_eq!(codes(&rules, password, &kim), [""; 0], "{password}");
    }
    // Nobody's address: only the words of the site.
    assert_eq!(codes(&rules, "haneul-kim-1", &Subject::default()), [""; 0]);
}

#[test]
fn every_rule_says_in_every_language_what_it_asks_for() {
    let rules = validators("strict");
    for language in Language::ALL {
        let help = rules.help(language);
        assert_eq!(help.len(), 5);
        assert!(help.iter().all(|rule| rule.message.contains(' ')), "{help:?}");
        assert!(help[1].message.contains("15") && help[1].code == "password_too_short");
        for attribute in ["username", "first_name", "last_name", "email", "shoe_size"] {
            let text = language.text("password-too-similar", &[("attribute", Arg::Text(attribute.to_owned()))]);
            assert!(!text.contains('_') && !text.contains('{'), "{text}");
        }
    }
}

#[test]
fn a_rule_of_the_sites_own_is_asked_where_it_is_listed_and_in_its_turn() {
    let no_phone = OwnRule {
        name: "NoPhone",
        code: "password_phone",
        message: "password-too-common",
        help: "password-help-common",
        is_broken: |password, subject| !subject.get("phone").is_empty() && password.contains(subject.get("phone")),
    };
    let parse = |text| Validators::parse(text, 10, &[], &[no_phone]);
    let subject = Subject(vec![("phone", "555".to_owned())]);
    let listed = parse("NoPhoneValidator, MinimumLength").unwrap();
    assert_eq!(codes(&listed, "555", &subject), ["password_phone", "password_too_short"]);
    assert_eq!(codes(&listed, "correct horse", &subject), [""; 0]);
    assert_eq!(codes(&listed, "correct horse 555", &Subject::default()), [""; 0]);
    assert_eq!(listed.help(Language::En)[0].code, "password_phone");
    assert_eq!(
        codes(&parse("MinimumLength").unwrap(), "correct horse 555", &subject),
        [""; 0],
        "not listed, not asked"
    );
    assert_eq!(parse("MinimumLength, NoPhone(x=1)"), None, "it has no options");
    assert_eq!(parse("MinimumLength, NoName"), None);
}

#[test]
fn the_words_of_the_sites_own_rules_are_there_in_both_languages() {
    for rule in crate::site::validators() {
        for (language, key) in
            Language::ALL.into_iter().flat_map(|language| [(language, rule.message), (language, rule.help)])
        {
            assert!(language.find(key, &[]).is_some(), "{} lacks {key}", language.code());
        }
    }
}
