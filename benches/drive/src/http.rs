//! `drive http`: servers over HTTP, in turns.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value, json};

use crate::connection::{Connection, Place};
use crate::description::Description;
use crate::flood::{self, Flood};
use crate::load::{Crowd, Measured, Target};
use crate::process::Tree;
use crate::{Result, guards, soak, tell};

#[derive(Args)]
pub(crate) struct Arguments {
    /// A server: its name, where it listens, what it answers, and the process that it began as.
    #[arg(long = "target", value_name = "NAME=http://localhost:PORT,DESCRIPTION,PID", required = true)]
    targets: Vec<String>,
    /// Steps that are repeated.
    #[arg(long, value_delimiter = ',', default_value = "profile,login,signup,presign,login_page")]
    steps: Vec<String>,
    /// How many visitors there are at once.
    #[arg(long, value_delimiter = ',', default_value = "1,8,32")]
    connections: Vec<usize>,
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long a step is repeated.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How often a step is repeated at most.
    #[arg(long, default_value_t = 20_000)]
    requests: usize,
    /// How often what each visitor does once is done by 8 at once: a quarter of that by one, and twice as often by many.
    #[arg(long, default_value_t = 160)]
    logins: usize,
    /// Measures a profile in a flood of log-ins.
    #[arg(long)]
    flood: bool,
    /// After how many requests memory is looked at.
    #[arg(long, value_delimiter = ',')]
    soak: Vec<usize>,
}

/// What was measured in each round: by step and visitors, and then by target.
type Rounds<T> = BTreeMap<(String, String), Vec<T>>;

pub(crate) fn measure(arguments: &Arguments) -> Result<Value> {
    let targets = arguments.targets.iter().map(|target| Target::parse(target)).collect::<Result<Vec<_>>>()?;
    let mut proven = Map::new();
    for target in &targets {
        let guards = guards::prove(&target.site, &mut Connection::new(&target.place));
        let guards = guards.map_err(|why| format!("{}: {why}", target.name))?;
        guards::require(&target.name, &guards)?;
        proven.insert(target.name.clone(), json!(guards));
    }
    let seconds = Duration::from_secs_f64(arguments.seconds);
    let mut loads: Rounds<Measured> = BTreeMap::new();
    let mut floods: Rounds<Flood> = BTreeMap::new();
    for round in 1..=arguments.rounds {
        for step in &arguments.steps {
            for connections in &arguments.connections {
                for target in in_turn(&targets, round) {
                    let crowd = arguments.crowd(target, step, *connections)?;
                    let measured = crowd.measure(seconds)?;
                    tell(&format!("round {round}: {step} at {connections}: {}: {}", target.name, measured.line()));
                    let key = (format!("{step}@{connections}"), target.name.clone());
                    loads.entry(key).or_default().push(measured);
                }
            }
        }
        for target in in_turn(&targets, round).filter(|_| arguments.flood) {
            let flood = flood::measure(target, seconds, arguments.requests)?;
            floods.entry(("profile".to_owned(), target.name.clone())).or_default().push(flood);
        }
    }
    let mut soaked = Map::new();
    for target in targets.iter().filter(|_| !arguments.soak.is_empty()) {
        soaked.insert(target.name.clone(), soak::measure(target, &arguments.soak)?);
    }
    Ok(json!({
        "guards": proven,
        "load": by_target(&loads, Measured::summary),
        "flood": by_target(&floods, Flood::summary),
        "soak": soaked,
        "rounds": by_target(&loads, |rounds| json!(rounds)),
    }))
}

impl Arguments {
    fn crowd<'c>(&self, target: &'c Target, step: &'c str, connections: usize) -> Result<Crowd<'c>> {
        let described = target.site.step(step)?;
        let requests = match (described.once, described.most) {
            (true, _) => (self.logins * connections / 8).clamp(self.logins / 4, self.logins * 2),
            (false, Some(most)) => most.min(self.requests),
            (false, None) => self.requests,
        };
        Ok(Crowd { target, step, connections, requests: requests.max(connections) })
    }
}

impl Target {
    fn parse(text: &str) -> Result<Self> {
        let malformed = || format!("`{text}` is not NAME=http://localhost:PORT,DESCRIPTION,PID");
        let (name, rest) = text.split_once('=').ok_or_else(malformed)?;
        let [origin, description, pid] = rest.split(',').collect::<Vec<_>>()[..] else {
            return Err(malformed().into());
        };
        Ok(Self {
            name: name.to_owned(),
            place: Place::parse(origin).ok_or_else(malformed)?,
            site: Description::read(Path::new(description))?,
            tree: Tree::new(pid.parse().map_err(|_| malformed())?),
        })
    }
}

/// In the one order in odd rounds, in the other in even ones, so that nobody always comes after the other.
fn in_turn(targets: &[Target], round: usize) -> Box<dyn Iterator<Item = &Target> + '_> {
    if round % 2 == 1 { Box::new(targets.iter()) } else { Box::new(targets.iter().rev()) }
}

fn by_target<T>(rounds: &Rounds<T>, summary: fn(&[&T]) -> Value) -> Value {
    let mut all = Map::new();
    for ((what, target), rounds) in rounds {
        all.entry(what).or_insert_with(|| json!({}))[target] = summary(&rounds.iter().collect::<Vec<_>>());
    }
    Value::Object(all)
}
