//! A site with fields of its own: the form, JSON, the store, and users who were stored before.

use serde::Deserialize;
use serde_dynamo::aws_sdk_dynamodb_1::{from_item, to_item};
use serde_json::json;

use super::*;
use crate::accounts::{Avatar, UserId};
use crate::config::Config;
use crate::error::FieldErrors;
use crate::fields::{Fields, Form};
use crate::i18n::Language;
use crate::media::UploadId;
use crate::site::UserFields;

crate::choices! {
    /// What somebody does.
    enum Role {
        /// Builds.
        Developer = "developer",
        /// Draws.
        Designer = "designer",
    }
}

crate::user_fields! {
    /// What another site knows of its users.
    struct Other {
        family: Line<150> = everywhere().family_name(),
        given: Line<150> = everywhere().given_name().required(),
        organisation: Line<10> = everywhere().autocomplete("organization"),
        role: Choice<Role> = everywhere(),
        newsletter: Consent = everywhere(),
        terms: Flag = on_sign_up().required(),
        birthday: Date = on_profile(),
        about: Text<20> = on_profile().hint("profile-bio-hint"),
        phone: Phone = on_profile(),
        rank: Line<5> = read_only(),
    }
}

/// A user with such fields, stored as [`crate::accounts::User`] is: attributes of the product before and after them.
#[derive(Debug, Serialize, Deserialize)]
struct Member {
    id: UserId,
    #[serde(flatten)]
    fields: Other,
    version: u64,
    #[serde(flatten)]
    avatar: Avatar,
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// What a form of ours does with a body.
struct Asked<const PROFILE: bool>(FieldChanges<Other>);

impl<const PROFILE: bool> Form for Asked<PROFILE> {
    fn read(fields: &mut FieldReader<'_>) -> Self {
        let place = if PROFILE { Place::Profile } else { Place::SignUp };
        let mut changes = FieldChanges::read(Some(place), fields);
        if PROFILE && !fields.is_json() {
            changes.untick(fields);
        }
        Self(changes)
    }
}

fn read(place: Place, fields: &Fields) -> (FieldChanges<Other>, FieldErrors) {
    let config = Config::sample();
    match place {
        Place::SignUp => fields.read::<Asked<false>>(&config).map(|(form, errors)| (form.0, errors)).unwrap(),
        Place::Profile => fields.read::<Asked<true>>(&config).map(|(form, errors)| (form.0, errors)).unwrap(),
    }
}

fn json(place: Place, body: &Value) -> (FieldChanges<Other>, FieldErrors) {
    read(place, &Fields::from_json(body.to_string().as_bytes(), 100).unwrap())
}

fn form(place: Place, body: &str) -> (FieldChanges<Other>, FieldErrors) {
    read(place, &Fields::from_form(body.as_bytes(), 100).unwrap())
}

fn codes(errors: &FieldErrors) -> Vec<(&str, &str)> {
    errors.iter().flat_map(|(field, errors)| errors.iter().map(move |error| (field, error.code))).collect()
}

const SIGN_UP: &str =
    "given=Haneul&family=Kim&organisation=Portico&role=developer&newsletter=on&terms=on&rank=chief&about=x";

#[test]
fn a_form_gives_what_it_asks_for_and_nothing_else() {
    let (changes, errors) = form(Place::SignUp, SIGN_UP);
    assert!(errors.is_empty(), "{errors}");
    let fields = changes.applied_to(&Other::default(), at(7));
    assert_eq!((fields.given.as_str(), fields.family.as_str(), &*fields.organisation), ("Haneul", "Kim", "Portico"));
    assert_eq!((fields.role, fields.terms), (Choice(Some(Role::Developer)), Flag(true)));
    assert_eq!((fields.newsletter.is_given(), fields.newsletter.at()), (true, Some(at(7))));
    assert_eq!((fields.rank.as_str(), fields.about.as_str()), ("", ""), "no form of a sign-up has these");
    let json = json!({
        "given": "Haneul", "family": "Kim", "organisation": "Portico", "role": "developer", "newsletter": true,
        "terms": true,
    });
    assert_eq!(self::json(Place::SignUp, &json).0.applied_to(&Other::default(), at(7)), fields);
}

#[test]
fn what_is_wrong_is_told_of_each_field_and_shown_again() {
    let (changes, errors) = form(
        Place::SignUp,
        "given=+&family=a%00b&organisation=Portico+Incorporated&role=boss&newsletter=perhaps&phone=x",
    );
    let expected = [
        ("family", "null_characters_not_allowed"),
        ("given", "required"),
        ("newsletter", "invalid"),
        ("organisation", "max_length"),
        ("role", "invalid_choice"),
        ("terms", "required"),
    ];
    assert_eq!(codes(&errors), expected);
    assert_eq!(changes.sent(), &Other::default(), "what is wrong is no value");
    let shown = changes.shown(&Other::default());
    assert_eq!(shown.get("organisation"), Some(&json!("Portico Incorporated")));
    assert_eq!((shown.get("role"), shown.get("newsletter")), (Some(&json!("boss")), Some(&json!(false))));
    assert_eq!(shown.get("phone"), None, "it is not asked for here");

    let (_, errors) =
        json(Place::Profile, &json!({ "birthday": "2026-2-30", "phone": "call me", "about": "x".repeat(21) }));
    assert_eq!(codes(&errors), [("about", "max_length"), ("birthday", "invalid"), ("phone", "invalid")]);
    for date in ["20261122", "2026-11-22T00:00:00", "2026-11-22[UTC]", "tomorrow"] {
        let (_, errors) = json(Place::Profile, &json!({ "birthday": date }));
        assert_eq!(codes(&errors), [("birthday", "invalid")], "{date}");
    }
}

#[test]
fn an_edit_changes_what_was_sent_alone() {
    let stored = form(Place::SignUp, SIGN_UP).0.applied_to(&Other::default(), at(7));
    let (changes, errors) = json(Place::Profile, &json!({ "birthday": "2001-02-28", "terms": false, "rank": "chief" }));
    assert!(errors.is_empty());
    assert_eq!(changes.attributes(&stored, at(8)), [("birthday".to_owned(), json!("2001-02-28"))]);
    let edited = changes.applied_to(&stored, at(8));
    assert_eq!(edited.given, stored.given);
    assert!(changes.are_in(&edited) && !changes.are_in(&stored));

    let (_, errors) = json(Place::Profile, &json!({ "given": "" }));
    assert_eq!(codes(&errors), [("given", "required")], "what is required cannot be emptied");
    let (changes, errors) = json(Place::Profile, &json!({ "role": "", "birthday": null }));
    assert!(errors.is_empty());
    assert_eq!(changes.attributes(&stored, at(8)), [("role".to_owned(), json!(""))]);
}

#[test]
fn a_consent_knows_since_when() {
    let given = form(Place::SignUp, SIGN_UP).0.applied_to(&Other::default(), at(7));
    let (again, _) = form(Place::Profile, "given=Haneul&newsletter=on");
    assert_eq!(again.applied_to(&given, at(8)).newsletter.at(), Some(at(7)), "saying it again changes nothing");
    let (withdrawn, _) = form(Place::Profile, "given=Haneul");
    let attributes = withdrawn.attributes(&given, at(9));
    assert!(attributes.contains(&("newsletter".to_owned(), json!(false))), "{attributes:?}");
    assert!(attributes.contains(&("newsletter_at".to_owned(), json!(at(9)))), "{attributes:?}");
    let never = form(Place::SignUp, "given=Haneul&terms=on").0.applied_to(&Other::default(), at(7));
    assert_eq!((never.newsletter.is_given(), never.newsletter.at()), (false, None));
    let attributes = never.attributes();
    assert!(attributes.iter().flat_map(|(_, stored)| stored).all(|(name, _)| name != "newsletter_at"));
}

#[test]
fn what_is_stored_comes_back_from_among_the_products_own_attributes() {
    let fields = form(Place::SignUp, SIGN_UP).0.applied_to(&Other::default(), at(7));
    let fields = json(Place::Profile, &json!({ "birthday": "2001-02-28" })).0.applied_to(&fields, at(8));
    let upload = UploadId::parse("00000000-0000-0000-0000-000000000001").unwrap();
    let avatar = Avatar { upload: Some(upload), ..Avatar::default() };
    let member = Member { id: UserId::nobody(), fields: fields.clone(), version: 3, avatar };
    let item: std::collections::HashMap<_, _> = to_item(&member).unwrap();
    assert_eq!(item["role"].as_s().unwrap(), "developer");
    assert_eq!(item["newsletter_at"].as_s().unwrap(), "1970-01-01T00:00:07Z");
    assert!(item["newsletter"].as_bool().unwrap());
    let read: Member = from_item(item).unwrap();
    assert_eq!((read.fields, read.version, read.avatar.upload), (fields, 3, Some(upload)));
}

#[test]
fn a_user_who_was_stored_before_reads_well() {
    let before = json!({
        "id": UserId::nobody(), "version": 1, "given": "Haneul", "newsletter": true, "role": "emperor", "rank": null,
        "organisation": "older and longer than today's rule", "since_removed": { "any": ["thing"] },
    });
    let item: std::collections::HashMap<_, _> = to_item(before).unwrap();
    let member: Member = from_item(item).unwrap();
    assert_eq!((&*member.fields.given, &*member.fields.family), ("Haneul", ""));
    assert_eq!((member.fields.newsletter.is_given(), member.fields.newsletter.at()), (true, None));
    assert_eq!(member.fields.role, Choice(None), "what there is no longer to choose reads as nothing");
    assert_eq!(&*member.fields.organisation, "older and longer than today's rule");
    // What the type cannot read is still there until somebody changes it.
    let (changes, _) = json(Place::Profile, &json!({ "about": "hello" }));
    assert_eq!(changes.attributes(&member.fields, at(1)), [("about".to_owned(), json!("hello"))]);
}

#[test]
fn an_export_is_read_by_name() {
    let fields = form(Place::SignUp, SIGN_UP).0.applied_to(&Other::default(), at(7));
    let exported = serde_json::to_value(&fields).unwrap();
    assert_eq!(exported["newsletter_at"], "1970-01-01T00:00:07Z");
    assert_eq!(serde_json::from_value::<Other>(exported).unwrap(), fields);
    // What comes from elsewhere is checked: every field, none of them required.
    let body = json!({ "given": "", "rank": "chief", "phone": "+82 10", "role": "boss" }).to_string();
    let fields = Fields::from_json(body.as_bytes(), 100).unwrap();
    let (changes, errors) = fields.read::<FieldChanges<Other>>(&Config::sample()).unwrap();
    assert_eq!(codes(&errors), [("role", "invalid_choice")]);
    let read = changes.applied_to(&Other::default(), at(7));
    assert_eq!((&*read.rank, &*read.phone), ("chief", "+82 10"));
}

#[test]
fn answers_have_the_values_under_the_fields_names() {
    let fields = form(Place::SignUp, SIGN_UP).0.applied_to(&Other::default(), at(7));
    let expected = json!({
        "family": "Kim", "given": "Haneul", "organisation": "Portico", "role": "developer", "newsletter": true,
        "terms": true, "birthday": "", "about": "", "phone": "", "rank": "",
    });
    assert_eq!(serde_json::to_value(Values::new(&fields)).unwrap(), expected);
    let asked = serde_json::to_value(Values::asked(Place::SignUp, &fields)).unwrap();
    assert_eq!(asked.as_object().unwrap().len(), 6);
}

#[test]
fn rows_follow_the_declaration_and_names_the_language() {
    let names = |place, language| {
        let rows = rows::<Other>(place, language, &Config::sample());
        rows.iter().map(|row| row.iter().map(|field| field.name).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    let rest = [vec!["organisation"], vec!["role"], vec!["newsletter"], vec!["terms"]];
    let english = names(Place::SignUp, Language::En);
    assert_eq!((&english[0], &english[1..]), (&vec!["given", "family"], &rest[..]));
    assert_eq!(names(Place::SignUp, Language::Ko)[0], ["family", "given"]);
    assert_eq!(names(Place::Profile, Language::En).concat().last(), Some(&"phone"));
}

/// The texts that a declaration needs.
fn texts<F: FieldSet>() -> Vec<String> {
    let own = |field: &Field| {
        let choices = field.choices.iter().map(|choice| field.choice_key(choice)).collect::<Vec<_>>();
        let hint = field.spec.hint.map(str::to_owned);
        [field.label_key()].into_iter().chain(hint).chain(choices).collect::<Vec<_>>()
    };
    F::FIELDS.iter().flat_map(own).collect()
}

#[test]
fn every_field_of_this_site_has_its_words_in_every_language() {
    for key in texts::<UserFields>() {
        for language in Language::ALL {
            assert!(
                language.find(&key, &[]).is_some(),
                "a field of the site needs the text {key} in {}",
                language.code()
            );
        }
    }
    assert!(texts::<Other>().contains(&"label-role-designer".to_owned()));
    let lacking = texts::<Other>().into_iter().find(|key| Language::Ko.find(key, &[]).is_none());
    assert_eq!(lacking.as_deref(), Some("label-family"), "and a missing one is noticed");
}
