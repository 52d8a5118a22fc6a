//! A site as functions: which answers what, and what stands in front of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::Result;
use crate::description::Description;
use crate::event::{answer, event};
use crate::function::{Function, Spawn};
use crate::message::{Answer, Request, Transport};

pub(crate) struct Site {
    pub(crate) name: String,
    pub(crate) description: Description,
    pub(crate) gateway: Gateway,
}

/// What requests come through. A function that is needed and does not run is started.
pub(crate) struct Gateway {
    deployment: Deployment,
    running: BTreeMap<String, Function>,
    verbose: bool,
}

/// How the functions of a site are started.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deployment {
    /// The site's origin, as `https://www.example.org`.
    origin: String,
    /// What stands in front of it adds these to every request; `{address}` is where that comes from.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// By name; the one called `*` answers what no other does.
    functions: BTreeMap<String, Spawn>,
}

impl Site {
    /// Reads `NAME=DESCRIPTION,FUNCTIONS`, the latter two of which are files.
    pub(crate) fn parse(text: &str, verbose: bool) -> Result<Self> {
        let malformed = || format!("`{text}` is not NAME=DESCRIPTION,FUNCTIONS");
        let (name, rest) = text.split_once('=').ok_or_else(malformed)?;
        let (description, functions) = rest.split_once(',').ok_or_else(malformed)?;
        Ok(Self {
            name: name.to_owned(),
            description: Description::read(Path::new(description))?,
            gateway: Gateway { deployment: Deployment::read(functions)?, running: BTreeMap::new(), verbose },
        })
    }
}

impl Gateway {
    /// The event for a request.
    pub(crate) fn event(&self, request: &Request) -> Result<Vec<u8>> {
        let mut request = request.clone();
        for (name, value) in &self.deployment.headers {
            request.set_header(name, &value.replace("{address}", &request.address.to_string()));
        }
        let host = self.deployment.origin.strip_prefix("https://").ok_or("the origin begins with https://")?;
        Ok(event(&request, host).to_string().into_bytes())
    }

    /// Another process of the function.
    pub(crate) fn start(&self, name: &str) -> Result<Function> {
        let (name, spawn) = self.deployment.named(name)?;
        let started = Function::start(name, spawn, self.verbose);
        Ok(started.map_err(|why| format!("the function `{name}`: {why}"))?)
    }

    /// The process of the function that answers.
    pub(crate) fn function(&mut self, name: &str) -> Result<&mut Function> {
        let name = self.deployment.named(name)?.0.to_owned();
        if !self.running.contains_key(&name) {
            let started = self.start(&name)?;
            self.running.insert(name.clone(), started);
        }
        Ok(self.running.get_mut(&name).ok_or("it was started")?)
    }

    /// The processes that answer, by the names of their functions.
    pub(crate) fn running(&self) -> impl Iterator<Item = (&String, &Function)> {
        self.running.iter()
    }
}

impl Transport for Gateway {
    fn origin(&self) -> &str {
        &self.deployment.origin
    }

    fn send(&mut self, request: &Request) -> Result<Answer> {
        let event = self.event(request)?;
        answer(&self.function(&request.function)?.invoke(event)?.answer)
    }
}

impl Deployment {
    fn read(path: &str) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        Ok(serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))?)
    }

    /// The function of that name, or the one that answers everything.
    fn named(&self, name: &str) -> Result<(&str, &Spawn)> {
        let found = [name, "*"].into_iter().find_map(|name| self.functions.get_key_value(name));
        let (name, spawn) = found.ok_or_else(|| format!("there is no function `{name}`"))?;
        Ok((name, spawn))
    }
}
