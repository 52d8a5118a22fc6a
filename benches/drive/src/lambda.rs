//! `drive lambda`: functions by the runtime's API, first cold, then warm.
//!
//! A site is one function that answers everything, or several. Each step of a cold start has a process of its own, which is
//! asked for nothing before; sessions and tokens that the step needs come from other processes of the same site.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::description::{Description, Step};
use crate::event::{answer, event};
use crate::function::{Function, Invoked, Spawn};
use crate::message::{Answer, Request, Transport};
use crate::process::Memory;
use crate::statistics::{Latencies, Spread, milliseconds, number};
use crate::visitor::Visitor;
use crate::{Result, guards, tell};

#[derive(Args)]
pub(crate) struct Arguments {
    /// A site: its name, what it answers, and its functions.
    #[arg(long = "target", value_name = "NAME=DESCRIPTION,FUNCTIONS", required = true)]
    targets: Vec<String>,
    /// How often each process is started, for each step that comes first.
    #[arg(long, default_value_t = 15)]
    cold: usize,
    /// What a process is asked first.
    #[arg(long, value_delimiter = ',', default_value = "login_page,profile,presign,login")]
    cold_steps: Vec<String>,
    /// How often a step is repeated.
    #[arg(long, default_value_t = 300)]
    warm: usize,
    /// How often what each visitor does once is repeated.
    #[arg(long, default_value_t = 48)]
    logins: usize,
    /// What is repeated.
    #[arg(long, value_delimiter = ',', default_value = "login_page,profile,presign,login,login_refused,signup,logout")]
    steps: Vec<String>,
    /// Shows what the functions log.
    #[arg(long)]
    verbose: bool,
}

/// How the functions of a site are started.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Functions {
    /// The site's origin, `https://www.example.org`.
    origin: String,
    /// What its gateway adds to every request.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// By name; the one called `*` answers what no other does.
    #[serde(rename = "functions")]
    by_name: BTreeMap<String, Spawn>,
}

/// A site, and those of its functions that run.
struct Site {
    name: String,
    description: Description,
    functions: Functions,
    running: BTreeMap<String, Function>,
    verbose: bool,
}

/// How often the repetitions are divided, so that the sites take turns.
const ROUNDS: usize = 3;

/// What was measured of a step, by step and site.
type ByStep<T> = BTreeMap<String, BTreeMap<String, T>>;

pub(crate) fn measure(arguments: &Arguments) -> Result<Value> {
    let mut sites =
        arguments.targets.iter().map(|target| Site::parse(target, arguments.verbose)).collect::<Result<Vec<_>>>()?;
    let mut proven = Map::new();
    for site in &mut sites {
        let guards = site.with_description(guards::prove).map_err(|why| format!("{}: {why}", site.name))?;
        guards::require(&site.name, &guards)?;
        proven.insert(site.name.clone(), json!(guards));
    }
    let cold = cold(arguments, &mut sites)?;
    let warm = warm(arguments, &mut sites)?;
    let memory = |site: &Site| -> Value {
        let memories = site.running.iter().map(|(name, function)| (name.clone(), json!(function.memory())));
        Value::Object(memories.collect())
    };
    let memories: Map<_, _> = sites.iter().map(|site| (site.name.clone(), memory(site))).collect();
    Ok(json!({
        "guards": proven,
        "cold": summary(&cold, |starts: &Vec<Cold>| Cold::summary(starts)),
        "warm": summary(&warm, Warm::summary),
        "memory": memories,
    }))
}

/// A first answer.
struct Cold {
    /// From the start of the process until it asks for work.
    init: Duration,
    /// From there to the answer.
    invoke: Duration,
    /// From the start of the process to the answer.
    first_answer: Duration,
    /// Milliseconds of CPU time until then.
    cpu_ms: f64,
    /// Then.
    memory: Memory,
}

fn cold(arguments: &Arguments, sites: &mut [Site]) -> Result<ByStep<Vec<Cold>>> {
    let mut starts = ByStep::<Vec<Cold>>::new();
    for step in &arguments.cold_steps {
        // The first is not counted: the program was not in the page cache.
        for round in 0..=arguments.cold {
            for site in in_turn(sites, round) {
                let start = site.start_cold(step).map_err(|why| format!("{}: cold: {why}", site.name))?;
                if round > 0 {
                    starts.entry(step.clone()).or_default().entry(site.name.clone()).or_default().push(start);
                }
            }
        }
        for (site, starts) in starts.get(step).into_iter().flatten() {
            tell(&format!("cold {step}: {site}: {}", Cold::summary(starts)));
        }
    }
    Ok(starts)
}

impl Cold {
    fn summary(starts: &[Self]) -> Value {
        let spread = |of: fn(&Self) -> f64| Spread::of(starts.iter().map(of));
        json!({
            "starts": starts.len(),
            "init_ms": spread(|start| milliseconds(start.init)),
            "invoke_ms": spread(|start| milliseconds(start.invoke)),
            "first_answer_ms": spread(|start| milliseconds(start.first_answer)),
            "cpu_ms": spread(|start| start.cpu_ms),
            "rss_mib": spread(|start| start.memory.rss_mib),
            "peak_mib": spread(|start| start.memory.peak_mib),
        })
    }
}

/// Invocations of a process that has answered before.
#[derive(Default)]
struct Warm {
    latencies: Vec<Duration>,
    /// Milliseconds of CPU time for an invocation, in each round.
    cpu: Vec<f64>,
    errors: Vec<String>,
}

fn warm(arguments: &Arguments, sites: &mut [Site]) -> Result<ByStep<Warm>> {
    let mut measured = ByStep::<Warm>::new();
    for step in &arguments.steps {
        for round in 0..ROUNDS {
            for site in in_turn(sites, round) {
                let once = site.description.step(step)?.once;
                let times = if once { arguments.logins } else { arguments.warm }.div_ceil(ROUNDS);
                let warm = measured.entry(step.clone()).or_default().entry(site.name.clone()).or_default();
                site.repeat(step, times, warm).map_err(|why| format!("{}: {step}: {why}", site.name))?;
            }
        }
        for (site, warm) in measured.get(step).into_iter().flatten() {
            tell(&format!("warm {step}: {site}: {}", Warm::summary(warm)));
        }
    }
    Ok(measured)
}

impl Warm {
    fn summary(&self) -> Value {
        let latencies = Latencies::of(self.latencies.clone());
        json!({
            "invocations": latencies.count(),
            "p50_ms": latencies.percentile(50),
            "p99_ms": latencies.percentile(99),
            "cpu_ms": Spread::of(self.cpu.iter().copied()),
            "errors": self.errors.len(),
            "first_error": self.errors.first(),
        })
    }
}

impl Site {
    fn parse(text: &str, verbose: bool) -> Result<Self> {
        let malformed = || format!("`{text}` is not NAME=DESCRIPTION,FUNCTIONS");
        let (name, rest) = text.split_once('=').ok_or_else(malformed)?;
        let (description, functions) = rest.split_once(',').ok_or_else(malformed)?;
        let path = PathBuf::from(functions);
        let failed = |error: &dyn std::error::Error| format!("{}: {error}", path.display());
        let functions = fs::read_to_string(&path).map_err(|error| failed(&error))?;
        Ok(Self {
            name: name.to_owned(),
            description: Description::read(Path::new(description))?,
            functions: serde_json::from_str(&functions).map_err(|error| failed(&error))?,
            running: BTreeMap::new(),
            verbose,
        })
    }

    /// Does something for which the site is both what is known of it and what carries requests.
    fn with_description<T>(&mut self, act: impl FnOnce(&Description, &mut dyn Transport) -> Result<T>) -> Result<T> {
        let mut gateway = Gateway { functions: &self.functions, running: &mut self.running, verbose: self.verbose };
        act(&self.description, &mut gateway)
    }

    /// A process that is asked for this first.
    fn start_cold(&mut self, name: &str) -> Result<Cold> {
        let visitor = self.with_description(|site, gateway| Visitor::ready_for(site, name, gateway))?;
        let step = self.description.step(name)?;
        let request = visitor.request(step, &self.functions.origin);
        let event = self.functions.event(&request)?;
        let mut function = self.functions.start(&step.function, self.verbose)?;
        let Invoked { answer: given, latency, since_start } = function.invoke(event)?;
        let (cpu_ms, memory) = (function.cpu_ms(), function.memory());
        visitor.judge(step, &self.functions.origin, &answer(&given)?)?;
        Ok(Cold { init: function.init, invoke: latency, first_answer: since_start, cpu_ms, memory })
    }

    /// The same again and again, by a process that has answered everything before.
    fn repeat(&mut self, name: &str, times: usize, warm: &mut Warm) -> Result<()> {
        const UNTIMED: usize = 4;
        let each = visits(self.description.step(name)?);
        let mut visitors = Vec::new();
        self.with_description(|site, gateway| {
            for _ in 0..times.div_ceil(each) {
                visitors.push(Visitor::ready_for(site, name, gateway)?);
            }
            // A page that is read again and again has been read before.
            for visitor in visitors.iter_mut().filter(|_| each == usize::MAX) {
                for _ in 0..UNTIMED {
                    visitor.take(site, name, gateway)?;
                }
            }
            Ok(())
        })?;
        let step = self.description.step(name)?;
        let origin = &self.functions.origin;
        let name = self.functions.name_of(&step.function)?;
        let function = running(&self.functions, &mut self.running, name, self.verbose)?;
        let before = function.cpu_ms();
        for invocation in 0..times {
            let visitor = &mut visitors[invocation / each];
            let event = self.functions.event(&visitor.request(step, origin))?;
            let invoked = function.invoke(event)?;
            let answer = answer(&invoked.answer)?;
            match visitor.judge(step, origin, &answer) {
                Ok(()) => warm.latencies.push(invoked.latency),
                Err(why) => warm.errors.push(why.to_string()),
            }
            visitor.jar.absorb(&answer);
        }
        warm.cpu.push((function.cpu_ms() - before) / number(times));
        Ok(())
    }
}

/// How often one visitor may take a step.
fn visits(step: &Step) -> usize {
    if step.once { 1 } else { step.times.unwrap_or(usize::MAX) }
}

impl Functions {
    /// The function of that name, or the one that answers everything.
    fn name_of<'f>(&'f self, name: &'f str) -> Result<&'f str> {
        let found = [name, "*"].into_iter().find(|name| self.by_name.contains_key(*name));
        Ok(found.ok_or_else(|| format!("there is no function `{name}`"))?)
    }

    fn start(&self, name: &str, verbose: bool) -> Result<Function> {
        let name = self.name_of(name)?;
        Ok(Function::start(name, &self.by_name[name], verbose)
            .map_err(|why| format!("the function `{name}`: {why}"))?)
    }

    fn event(&self, request: &Request) -> Result<Vec<u8>> {
        let mut request = request.clone();
        for (name, value) in &self.headers {
            request.set_header(name, value);
        }
        let host = self.origin.strip_prefix("https://").ok_or("the origin begins with https://")?;
        Ok(event(&request, host).to_string().into_bytes())
    }
}

/// What stands in front of the functions, and starts those that are needed.
struct Gateway<'g> {
    functions: &'g Functions,
    running: &'g mut BTreeMap<String, Function>,
    verbose: bool,
}

impl Transport for Gateway<'_> {
    fn origin(&self) -> &str {
        &self.functions.origin
    }

    fn send(&mut self, request: &Request) -> Result<Answer> {
        let name = self.functions.name_of(&request.function)?;
        let function = running(self.functions, self.running, name, self.verbose)?;
        answer(&function.invoke(self.functions.event(request)?)?.answer)
    }
}

/// The process of a function, started where there is none.
fn running<'r>(
    functions: &Functions,
    running: &'r mut BTreeMap<String, Function>,
    name: &str,
    verbose: bool,
) -> Result<&'r mut Function> {
    match running.entry(name.to_owned()) {
        Entry::Occupied(function) => Ok(function.into_mut()),
        Entry::Vacant(place) => Ok(place.insert(functions.start(name, verbose)?)),
    }
}

/// In the one order in odd rounds, in the other in even ones.
fn in_turn(sites: &mut [Site], round: usize) -> Box<dyn Iterator<Item = &mut Site> + '_> {
    if round % 2 == 1 { Box::new(sites.iter_mut()) } else { Box::new(sites.iter_mut().rev()) }
}

fn summary<T>(measured: &ByStep<T>, of: fn(&T) -> Value) -> Value {
    let each = |sites: &BTreeMap<String, T>| -> Map<_, _> {
        sites.iter().map(|(site, measured)| (site.clone(), of(measured))).collect()
    };
    Value::Object(measured.iter().map(|(step, sites)| (step.clone(), Value::Object(each(sites)))).collect())
}
