//! The first look at a dump: which model the users are of, and what its groups and permissions are called. Django writes
//! them by number or by name, before or after whoever refers to them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::io::BufRead;

use portico::accounts::Email;
use portico::permissions::Group;
use serde::Deserialize;
use serde::de::{self, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use sha1::{Digest as _, Sha1};

use super::report::quoted;
use crate::Failure;
use crate::rows::{Broken, Rows};

/// What the whole file says.
#[derive(Debug, Default)]
pub(super) struct Survey {
    /// The models of the file, each with its rows and those of them that have a password.
    models: BTreeMap<String, Counts>,
    /// Content types: the application of each, by number.
    applications: HashMap<String, String>,
    /// Permissions by number: content type and code name.
    permissions: HashMap<String, (Value, String)>,
    /// Groups by number: name.
    group_names: HashMap<String, String>,
    /// Groups: name and permissions, as they refer to them.
    groups: Vec<(String, Vec<Value>)>,
    /// The addresses that allauth knows to be proven, each with its user: digests, since there may be one for everybody.
    verified: HashSet<[u8; 20]>,
    /// Where the file breaks.
    broken: Option<Broken>,
}

#[derive(Debug, Default)]
struct Counts {
    rows: u64,
    with_password: u64,
}

/// A row, as far as it tells what it is.
#[derive(Deserialize)]
struct Head {
    model: String,
    #[serde(default)]
    fields: Option<Names>,
}

/// The names in an object: whether one of them is `password`.
#[derive(Default)]
struct Names {
    has_password: bool,
}

/// A row with everything in it.
#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    pk: Value,
    fields: Fields,
}

#[derive(Deserialize)]
struct Fields {
    #[serde(default)]
    name: String,
    #[serde(default)]
    codename: String,
    #[serde(default)]
    app_label: String,
    #[serde(default)]
    content_type: Value,
    #[serde(default)]
    permissions: Vec<Value>,
}

/// allauth's rows about addresses.
const EMAIL_ADDRESS: &str = "account.emailaddress";

/// One of them.
#[derive(Deserialize)]
struct Address {
    fields: AddressFields,
}

#[derive(Deserialize)]
struct AddressFields {
    /// The primary key of the user, or the user name in a list (a natural key).
    user: Value,
    email: String,
    verified: bool,
}

/// Models beyond this many are not told apart: no project has as many.
const MOST_MODELS: usize = 2_000;

impl Survey {
    /// Reads the whole file. Damage is left to the second reading to tell, if there is one.
    pub(super) fn of(file: impl BufRead) -> Self {
        let mut survey = Self::default();
        let mut rows = Rows::new(file);
        let mut row = Vec::new();
        loop {
            match rows.next(&mut row) {
                Ok(Some(_)) => survey.read(&row),
                Ok(None) => return survey,
                Err(broken) => {
                    survey.broken = Some(broken);
                    return survey;
                }
            }
        }
    }

    fn read(&mut self, row: &[u8]) {
        let Ok(head) = serde_json::from_slice::<Head>(row) else { return };
        let model = head.model.to_lowercase();
        if matches!(model.as_str(), "auth.group" | "auth.permission" | "contenttypes.contenttype")
            && let Ok(entry) = serde_json::from_slice::<Entry>(row)
        {
            self.note(&model, entry);
        }
        if model == EMAIL_ADDRESS
            && let Ok(Address { fields }) = serde_json::from_slice::<Address>(row)
        {
            self.note_address(&fields);
        }
        if self.models.contains_key(&model) || self.models.len() < MOST_MODELS {
            let counts = self.models.entry(model).or_default();
            counts.rows += 1;
            counts.with_password += u64::from(head.fields.is_some_and(|fields| fields.has_password));
        }
    }

    fn note(&mut self, model: &str, Entry { pk, fields }: Entry) {
        match (model, text_of(&pk)) {
            ("auth.group", number) => {
                if let Some(number) = number {
                    self.group_names.insert(number, fields.name.clone());
                }
                self.groups.push((fields.name, fields.permissions));
            }
            ("auth.permission", Some(number)) => {
                self.permissions.insert(number, (fields.content_type, fields.codename));
            }
            ("contenttypes.contenttype", Some(number)) => {
                self.applications.insert(number, fields.app_label);
            }
            _ => {}
        }
    }

    fn note_address(&mut self, AddressFields { user, email, verified }: &AddressFields) {
        let user = match user {
            Value::Array(key) => key.first().and_then(Value::as_str).map(by_name),
            number => text_of(number).map(|number| by_number(&number)),
        };
        if let (true, Some(user), Some(email)) = (verified, user, Email::parse(email.trim())) {
            self.verified.insert(pair(&user, &email));
        }
    }

    /// Whether allauth knows that the user with this primary key, or this user name, has proven this address.
    pub(super) fn is_verified(&self, pk: &Value, username: &str, email: &Email) -> bool {
        let number = text_of(pk).map(|number| by_number(&number));
        let mut users = number.into_iter().chain([by_name(username)]);
        users.any(|user| self.verified.contains(&pair(&user, email)))
    }

    /// The model of the users: the one that was asked for, else the only one whose rows have a password.
    pub(super) fn user_model(&self, asked: Option<&str>) -> Result<String, Failure> {
        if let Some(asked) = asked {
            let asked = asked.to_lowercase();
            return if self.models.contains_key(&asked) {
                Ok(asked)
            } else {
                Err(Failure::new(format!("the file has no rows of {asked}; it has {}", self.list(|_| true))))
            };
        }
        let mut candidates = self.models.iter().filter(|(_, counts)| counts.with_password > 0);
        match (candidates.next(), candidates.next()) {
            (Some((model, _)), None) => Ok(model.clone()),
            (Some(_), Some(_)) => Err(Failure::new(format!(
                "several models have passwords: {}; say which are the users with --user-model",
                self.list(|counts| counts.with_password > 0)
            ))),
            (None, _) if self.models.is_empty() => {
                let why = self.broken.as_ref().map(|broken| format!(": {broken}")).unwrap_or_default();
                Err(Failure::new(format!("the file has no rows of dumpdata's form in it{why}")))
            }
            (None, _) => Err(Failure::new(format!(
                "no rows of the file have a password; it has {}. Dump the users too: manage.py dumpdata auth",
                self.list(|_| true)
            ))),
        }
    }

    /// The models that are neither users nor what belongs to them, with their rows.
    pub(super) fn others(&self, user_model: &str) -> String {
        let ours = |model: &str| {
            model == user_model
                || matches!(model, "auth.group" | "auth.permission" | "contenttypes.contenttype" | EMAIL_ADDRESS)
        };
        let others = self.models.iter().filter(|(model, _)| !ours(model));
        others.map(|(model, counts)| format!("{model} ({})", counts.rows)).collect::<Vec<_>>().join(", ")
    }

    /// The groups, each with its permissions, and what is wrong with some of them.
    pub(super) fn groups(&self) -> (Vec<Group>, Vec<String>) {
        let (mut groups, mut wrong) = (Vec::new(), Vec::new());
        for (name, refers) in &self.groups {
            if let Err(why) = check_name(name) {
                wrong.push(format!("a group is left out: {why}"));
                continue;
            }
            let (permissions, unknown) = self.permissions(refers);
            wrong.extend(unknown.into_iter().map(|what| format!("group {name:?} goes without {what}")));
            groups.push(Group { permissions, ..Group::new(name.clone()) });
        }
        (groups, wrong)
    }

    /// Permissions as `app.codename`, sorted, each once; and those that the file does not explain.
    pub(super) fn permissions(&self, refers: &[Value]) -> (Vec<String>, Vec<String>) {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for refer in refers {
            match self.permission(refer) {
                Some(permission) => known.push(permission),
                None => unknown.push(format!("permission {refer}, which the file does not explain")),
            }
        }
        known.sort_unstable();
        known.dedup();
        (known, unknown)
    }

    /// Names of groups, sorted, each once; and those that the file does not explain.
    pub(super) fn group_names(&self, refers: &[Value]) -> (Vec<String>, Vec<String>) {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for refer in refers {
            let name = match refer {
                Value::Array(key) => key.first().and_then(Value::as_str).map(str::to_owned),
                number => text_of(number).and_then(|number| self.group_names.get(&number).cloned()),
            };
            match name.filter(|name| check_name(name).is_ok()) {
                Some(name) => known.push(name),
                None => unknown.push(format!("group {refer}, which the file does not explain")),
            }
        }
        known.sort_unstable();
        known.dedup();
        (known, unknown)
    }

    fn permission(&self, refer: &Value) -> Option<String> {
        let (application, codename) = match refer {
            // [codename, app_label, model]
            Value::Array(key) => (key.get(1)?.as_str()?, key.first()?.as_str()?),
            number => {
                let (content_type, codename) = self.permissions.get(&text_of(number)?)?;
                let application = match content_type {
                    Value::Array(key) => key.first()?.as_str()?,
                    number => self.applications.get(&text_of(number)?)?,
                };
                (application, codename.as_str())
            }
        };
        let sound = |text: &str| !text.is_empty() && text.chars().count() <= 100 && !text.contains(char::is_control);
        (sound(application) && sound(codename)).then(|| format!("{application}.{codename}"))
    }

    fn list(&self, which: impl Fn(&Counts) -> bool) -> String {
        let names: Vec<_> = self.models.iter().filter(|(_, counts)| which(counts)).map(|(model, _)| &**model).collect();
        names.join(", ")
    }
}

fn by_number(number: &str) -> String {
    format!("number {number}")
}

fn by_name(name: &str) -> String {
    format!("name {name}")
}

/// A user with an address, without regard to its case.
fn pair(user: &str, email: &Email) -> [u8; 20] {
    Sha1::digest(format!("{user}\n{}", email.canonical().as_str())).into()
}

/// A primary key as text: a number, a UUID, a name.
pub(super) fn text_of(pk: &Value) -> Option<String> {
    match pk {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("it has no name".to_owned());
    }
    if name.chars().count() > Group::NAME_MAX_LENGTH || name.contains(char::is_control) {
        return Err(format!("{} cannot be its name", quoted(name)));
    }
    Ok(())
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamesVisitor;
        impl<'de> Visitor<'de> for NamesVisitor {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Names, A::Error> {
                let mut names = Names::default();
                while let Some((name, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    names.has_password |= name == "password";
                }
                Ok(names)
            }
        }
        deserializer.deserialize_map(NamesVisitor)
    }
}
