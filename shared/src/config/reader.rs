//! Reads variables one by one and gathers every mistake, so that a start that fails names them all.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

/// One variable: its name, what it accepts and what it is when it is not given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The environment variable.
    pub name: &'static str,
    /// The unit or form of its value.
    pub accepts: String,
    /// The value in its absence; `None` when it has none.
    pub default: Option<String>,
}

/// Everything that is wrong with an environment, a line each.
#[derive(Debug, Default)]
pub struct ConfigErrors(Vec<String>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration cannot be used:")?;
        for line in &self.0 {
            write!(f, "\n  {line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

pub(super) struct Reader {
    vars: HashMap<String, String>,
    /// Of all that was asked for.
    names: Vec<&'static str>,
    /// The same in whole, where somebody wants to see it: a start does not.
    settings: Option<Vec<Setting>>,
    errors: Vec<String>,
}

impl Reader {
    pub(super) fn new(vars: HashMap<String, String>) -> Self {
        Self { vars, names: Vec::new(), settings: None, errors: Vec::new() }
    }

    /// Finds nothing, and writes down what is asked for.
    pub(super) fn listing() -> Self {
        Self { settings: Some(Vec::new()), ..Self::new(HashMap::new()) }
    }

    /// The names that were given, and those that were asked for.
    pub(super) fn names(&self) -> (impl Iterator<Item = &String>, &[&'static str]) {
        (self.vars.keys(), &self.names)
    }

    pub(super) fn finish(&mut self) -> Result<(), ConfigErrors> {
        if self.errors.is_empty() { Ok(()) } else { Err(ConfigErrors(std::mem::take(&mut self.errors))) }
    }

    pub(super) fn settings(self) -> Vec<Setting> {
        self.settings.unwrap_or_default()
    }

    /// A variable that must be there.
    pub(super) fn required<T>(
        &mut self,
        name: &'static str,
        accepts: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let value = self.optional(name, accepts, parse)?;
        if value.is_none() {
            self.errors.push(format!("{name} is missing: {accepts}"));
        }
        value
    }

    /// A variable that may be absent. The outer `None` is a mistake, the inner one absence.
    #[expect(clippy::option_option, reason = "a mistake and an absence are two things")]
    pub(super) fn optional<T>(
        &mut self,
        name: &'static str,
        accepts: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<Option<T>> {
        self.note(name, || Setting { name, accepts: accepts.to_owned(), default: None });
        let Some(text) = self.vars.get(name) else { return Some(None) };
        // The value is not repeated: it may be a secret.
        if let Some(value) = parse(text) {
            return Some(Some(value));
        }
        self.errors.push(format!("{name} accepts {accepts}"));
        None
    }

    /// A variable with a default, in the form in which it would be given.
    pub(super) fn or<T>(
        &mut self,
        name: &'static str,
        accepts: &str,
        default: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.note(name, || Setting { name, accepts: accepts.to_owned(), default: Some(default.to_owned()) });
        let value = parse(self.vars.get(name).map_or(default, String::as_str));
        if value.is_none() {
            self.errors.push(format!("{name} accepts {accepts}"));
        }
        value
    }

    /// A whole number from `least` to `most`; `default` where it is absent or wrong (what is wrong is an error anyway).
    pub(super) fn number<T>(&mut self, name: &'static str, unit: &str, least: T, most: T, default: T) -> T
    where
        T: FromStr + PartialOrd + Copy + fmt::Display,
    {
        let accepts = || format!("{unit}, {least} to {most}");
        self.note(name, || Setting { name, accepts: accepts(), default: Some(default.to_string()) });
        let Some(text) = self.vars.get(name) else { return default };
        match text.trim().parse::<T>() {
            Ok(value) if value >= least && value <= most => value,
            _ => {
                self.errors.push(format!("{name} accepts {}", accepts()));
                default
            }
        }
    }

    /// Records a mistake that no single variable shows.
    pub(super) fn fail<T>(&mut self, name: &'static str, why: &str) -> Option<T> {
        self.errors.push(format!("{name}: {why}"));
        None
    }

    fn note(&mut self, name: &'static str, setting: impl FnOnce() -> Setting) {
        self.names.push(name);
        if let Some(settings) = &mut self.settings {
            settings.push(setting());
        }
    }
}
