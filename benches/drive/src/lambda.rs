//! `drive lambda`: functions by the runtime's API, first cold, then warm.
//!
//! A site is one function that answers everything, or several. Each step of a cold start has a process of its own, which is
//! asked for nothing before; sessions and tokens that the step needs come from other processes of the same site.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value, json};

use crate::cold::Cold;
use crate::event::answer;
use crate::message::Transport as _;
use crate::site::Site;
use crate::statistics::{Latencies, Spread, number};
use crate::visitor::{Visitor, warm_up};
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
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "login_page,profile,presign,login,login_again,login_refused,signup,logout"
    )]
    steps: Vec<String>,
    /// Shows what the functions log.
    #[arg(long)]
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
        let guards =
            guards::prove(&site.description, &mut site.gateway).map_err(|why| format!("{}: {why}", site.name))?;
        guards::require(&site.name, &guards)?;
        proven.insert(site.name.clone(), json!(guards));
    }
    let cold = cold(arguments, &mut sites)?;
    let warm = warm(arguments, &mut sites)?;
    let memory = |site: &Site| -> Value {
        let memories = site.gateway.running().map(|(name, function)| (name.clone(), json!(function.memory())));
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

fn cold(arguments: &Arguments, sites: &mut [Site]) -> Result<ByStep<Vec<Cold>>> {
    let mut starts = ByStep::<Vec<Cold>>::new();
    for step in &arguments.cold_steps {
        // The first is not counted: the program was not in the page cache.
        for round in 0..=arguments.cold {
            for site in in_turn(sites, round) {
                let start = start(site, step).map_err(|why| format!("{}: cold: {why}", site.name))?;
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

/// Starts a process that is asked for this first.
fn start(site: &mut Site, name: &str) -> Result<Cold> {
    let Site { description, gateway, .. } = site;
    let visitor = Visitor::ready_for(description, name, gateway)?;
    let step = description.step(name)?;
    let event = gateway.event(&visitor.request(step, gateway.origin()))?;
    let (start, given) = Cold::measure(&mut gateway.start(&step.function)?, event)?;
    visitor.judge(step, gateway.origin(), &answer(&given)?)?;
    Ok(start)
}

/// Invocations of a process that has answered before.
#[derive(Default)]
struct Warm {
    latencies: Vec<Duration>,
    /// Milliseconds of CPU time for an invocation, in each round.
    cpu: Vec<f64>,
}

fn warm(arguments: &Arguments, sites: &mut [Site]) -> Result<ByStep<Warm>> {
    let mut measured = ByStep::<Warm>::new();
    for step in &arguments.steps {
        for round in 0..ROUNDS {
            for site in in_turn(sites, round) {
                let once = site.description.step(step)?.once;
                let times = if once { arguments.logins } else { arguments.warm }.div_ceil(ROUNDS);
                let warm = measured.entry(step.clone()).or_default().entry(site.name.clone()).or_default();
                warm.repeat(site, step, times).map_err(|why| format!("{}: {step}: {why}", site.name))?;
            }
        }
        for (site, warm) in measured.get(step).into_iter().flatten() {
            tell(&format!("warm {step}: {site}: {}", Warm::summary(warm)));
        }
    }
    Ok(measured)
}

impl Warm {
    /// Asks for the same again and again.
    fn repeat(&mut self, site: &mut Site, name: &str, times: usize) -> Result<()> {
        let Site { description, gateway, .. } = site;
        let step = description.step(name)?;
        let each = step.times();
        warm_up(description, name, gateway)?;
        let visitors = (0..times.div_ceil(each)).map(|_| Visitor::ready_for(description, name, gateway));
        let mut visitors = visitors.collect::<Result<Vec<_>>>()?;
        let origin = gateway.origin().to_owned();
        let before = gateway.function(&step.function)?.cpu_ms();
        for invocation in 0..times {
            let visitor = &mut visitors[invocation / each];
            let event = gateway.event(&visitor.request(step, &origin))?;
            let invoked = gateway.function(&step.function)?.invoke(event)?;
            let answer = answer(&invoked.answer)?;
            visitor.judge(step, &origin, &answer)?;
            self.latencies.push(invoked.latency);
            visitor.jar.absorb(&answer);
        }
        self.cpu.push((gateway.function(&step.function)?.cpu_ms() - before) / number(times));
        Ok(())
    }

    fn summary(&self) -> Value {
        let latencies = Latencies::of(self.latencies.clone());
        json!({
            "invocations": latencies.count(),
            "p50_ms": latencies.percentile(50),
            "p99_ms": latencies.percentile(99),
            "cpu_ms": Spread::of(self.cpu.iter().copied()),
        })
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
