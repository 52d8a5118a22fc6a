//! `permissions.toml`: which group is permitted what. Everything that is wrong is told at once, with its place.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use portico::permissions::{GroupName, Permission};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::Failure;
use crate::console::{Console, printable};
use crate::groups::no_name;
use crate::near::near;

/// The groups of a file, by their names, and what each is to permit.
#[derive(Debug, Default)]
pub(super) struct Declared {
    pub(super) groups: BTreeMap<String, Wanted>,
}

/// One group, as it is to be.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) name: GroupName,
    pub(super) permissions: BTreeSet<Permission>,
}

/// What is wrong, and where: from which byte on.
type Mistake = (usize, String);

/// Reads a file, of groups with up to `most` permissions each. What is wrong is told to `console`, a line each.
pub(super) fn read(path: &Path, most: usize, console: &mut dyn Console) -> Result<Declared, Failure> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|error| Failure::new(format!("{shown} cannot be read: {error}")))?;
    let text = String::from_utf8(bytes);
    let text = text.map_err(|error| Failure::new(format!("{shown} is not UTF-8: {}", error.utf8_error())))?;
    let (declared, mistakes) = parse(&text, most);
    if mistakes.is_empty() {
        return Ok(declared);
    }
    for (at, what) in &mistakes {
        let (line, column) = place(&text, *at);
        console.warn(&format!("{shown}:{line}:{column}: {what}"));
    }
    let count = mistakes.len();
    let mistakes = if count == 1 { "mistake" } else { "mistakes" };
    Err(Failure::new(format!("{shown} has {count} {mistakes}; nothing was changed")))
}

/// The groups of a file, and all that is wrong with it, in its order.
fn parse(text: &str, most: usize) -> (Declared, Vec<Mistake>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { most, names: names(), declared: Declared::default(), mistakes: Vec::new() };
    if errors.is_empty() {
        reader.file(table.get_ref());
    } else {
        // What was understood of a file that is malformed is a guess: nothing is said about that.
        let told = errors.iter().map(|error| (error.span().unwrap_or_default().start, error.message().to_owned()));
        reader.mistakes.extend(told);
    }
    reader.mistakes.sort();
    (reader.declared, reader.mistakes)
}

fn names() -> BTreeSet<String> {
    Permission::all().map(|permission| permission.as_str().to_owned()).collect()
}

/// Line and column of a byte, from 1, the column in characters.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.trim_start_matches('\u{feff}').chars().count() + 1)
}

/// A permission that is not declared, with the nearest one that is.
pub(crate) fn unknown(name: &str, names: &BTreeSet<String>) -> String {
    let shown = printable(name);
    match near(name, names).first() {
        Some(near) => format!("{shown:?} is not declared; perhaps it is {near}"),
        None => format!("{shown:?} is not declared; `cargo manage permissions list` tells what is"),
    }
}

struct Reader {
    most: usize,
    names: BTreeSet<String>,
    declared: Declared,
    mistakes: Vec<Mistake>,
}

impl Reader {
    fn mistake(&mut self, at: Range<usize>, what: impl Into<String>) {
        self.mistakes.push((at.start, what.into()));
    }

    fn file(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("groups", DeValue::Table(groups)) => {
                    for (name, group) in groups {
                        self.group(name, group);
                    }
                }
                ("groups", other) => {
                    let what = format!("groups is a table of groups, not {}", a(other));
                    self.mistake(value.span(), what);
                }
                (other, _) => {
                    let what =
                        format!("unknown: {:?}; a file has [groups.\"NAME\"] and nothing else", printable(other));
                    self.mistake(key.span(), what);
                }
            }
        }
    }

    fn group(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, value: &Spanned<DeValue<'_>>) {
        let shown = printable(key.get_ref());
        let name = GroupName::parse(key.get_ref());
        if name.is_none() {
            self.mistake(key.span(), no_name(key.get_ref()));
        }
        let DeValue::Table(table) = value.get_ref() else {
            let what = format!("the group {shown:?} is a table with permissions, not {}", a(value.get_ref()));
            return self.mistake(value.span(), what);
        };
        let mut permissions = None;
        for (attribute, value) in table {
            match attribute.get_ref().as_ref() {
                "permissions" => permissions = Some(self.permissions(value)),
                other => {
                    let what = format!("unknown: {:?}; a group has permissions and nothing else", printable(other));
                    self.mistake(attribute.span(), what);
                }
            }
        }
        let Some(permissions) = permissions else {
            let what = format!("the group {shown:?} lacks permissions; permissions = [] are none");
            return self.mistake(key.span(), what);
        };
        let Some(name) = name else { return };
        if self.declared.groups.contains_key(name.as_str()) {
            return self.mistake(key.span(), format!("the group {shown:?} is there twice, in two spellings"));
        }
        if let Some(other) = self.declared.groups.values().find(|other| other.name.looks_like(&name)) {
            let what = format!(
                "the group {shown:?} looks like {:?}: there can be one of them",
                printable(other.name.as_str())
            );
            return self.mistake(key.span(), what);
        }
        self.declared.groups.insert(name.as_str().to_owned(), Wanted { name, permissions });
    }

    fn permissions(&mut self, value: &Spanned<DeValue<'_>>) -> BTreeSet<Permission> {
        let mut permissions = BTreeSet::new();
        let DeValue::Array(list) = value.get_ref() else {
            self.mistake(value.span(), format!("permissions is a list, not {}", a(value.get_ref())));
            return permissions;
        };
        if list.len() > self.most {
            let what = format!("{} permissions; a group has {} at most (PERMISSIONS_MAX)", list.len(), self.most);
            self.mistake(value.span(), what);
        }
        for entry in list {
            let DeValue::String(name) = entry.get_ref() else {
                self.mistake(entry.span(), format!("a permission is a text, not {}", a(entry.get_ref())));
                continue;
            };
            match Permission::parse(name) {
                Some(permission) if permissions.insert(permission) => {}
                Some(permission) => self.mistake(entry.span(), format!("{permission} is there twice")),
                None => {
                    let what = unknown(name, &self.names);
                    self.mistake(entry.span(), what);
                }
            }
        }
        permissions
    }
}

/// What a value is.
fn a(value: &DeValue<'_>) -> String {
    format!(
        "{} {}",
        if matches!(value, DeValue::Array(_) | DeValue::Integer(_)) { "an" } else { "a" },
        value.type_str()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str) -> Vec<String> {
        let told = parse(text, 3).1.into_iter();
        told.map(|(at, what)| {
            let (line, column) = place(text, at);
            format!("{line}:{column}: {what}")
        })
        .collect()
    }

    #[test]
    fn a_file_is_read_and_a_group_may_permit_nothing() {
        let text = "# why\n[groups.\"All of us\"]\npermissions = []\n[groups]\nEditors = { permissions = [\"shop.view_order\", 'shop.add_order'] }\n";
        let (declared, told) = parse(text, 3);
        assert_eq!(told, []);
        let groups: Vec<_> =
            declared.groups.iter().map(|(name, wanted)| (name.as_str(), wanted.permissions.len())).collect();
        assert_eq!(groups, [("All of us", 0), ("Editors", 2)]);
        assert!(parse("", 3).0.groups.is_empty());
    }

    #[test]
    fn what_is_malformed_is_told_with_line_and_column() {
        for (text, place) in [
            ("[groups.\"Staff\"\npermissions = []", "1:16: "),
            ("[groups.Staff]\npermissions = [\"shop.view_order\"", "2:"),
            ("[groups.Staff]\npermissions = []\n\n  = 1", "4:3: "),
            ("[groups.Staff]\npermissions = []\n[groups.Staff]\npermissions = []", "3:9: "),
            ("[groups.a]\npermissions = []\npermissions = []", "3:1: "),
        ] {
            let told = mistakes(text);
            assert!(!told.is_empty() && told[0].starts_with(place), "{text:?}: {told:?}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_in_the_order_of_the_file() {
        let text = concat!(
            "version = 1\n",
            "[groups.Staff]\n",
            "permissions = [\"shop.veiw_order\", \"nothing.like_it\", 7, \"shop.view_order\", \"shop.view_order\"]\n",
            "members = [\"kim\"]\n",
            "[groups.\" x\"]\npermissions = []\n",
            "[groups.\"St\u{430}ff\"]\n",
            "[groups.\"\u{e9}quipe\"]\npermissions = 'shop.view_order'\n",
            "[groups.\"e\u{301}quipe\"]\npermissions = []\n",
            "[groups]\nother = []\n",
        );
        let expected = [
            "1:1: unknown: \"version\"; a file has [groups.\"NAME\"] and nothing else",
            "3:15: 5 permissions; a group has 3 at most (PERMISSIONS_MAX)",
            "3:16: \"shop.veiw_order\" is not declared; perhaps it is shop.view_order",
            "3:35: \"nothing.like_it\" is not declared; `cargo manage permissions list` tells what is",
            "3:54: a permission is a text, not an integer",
            "3:76: shop.view_order is there twice",
            "4:1: unknown: \"members\"; a group has permissions and nothing else",
            "5:9: \" x\" is no name of a group: 1 to 150 characters that can be seen, of one script, without blanks around them",
            "7:9: \"St\u{430}ff\" is no name of a group: 1 to 150 characters that can be seen, of one script, without blanks around them",
            "7:9: the group \"St\u{430}ff\" lacks permissions; permissions = [] are none",
            "9:15: permissions is a list, not a string",
            "8:9: the group is there twice",
            "13:9: the group \"other\" is a table with permissions, not an array",
        ];
        let told = mistakes(text);
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for expected in expected.iter().filter(|expected| !expected.contains("group is there")) {
            assert!(told.iter().any(|told| told == expected), "{expected}: {told:#?}");
        }
        assert!(told.iter().any(|told| told.contains("in two spellings")), "{told:#?}");
    }

    #[test]
    fn of_groups_that_look_alike_there_is_one() {
        let told = mistakes("[groups.Editors]\npermissions = []\n[groups.EDITORS]\npermissions = []\n");
        assert_eq!(told, ["1:9: the group \"Editors\" looks like \"EDITORS\": there can be one of them"]);
    }

    #[test]
    fn a_byte_order_mark_and_letters_of_several_bytes_do_not_move_a_column() {
        assert_eq!(place("\u{feff}ab", 4), (1, 2));
        assert_eq!(place("x\n\u{e9}b", 4), (2, 2));
    }
}
