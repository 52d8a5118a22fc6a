//! Many visitors at once, and what they cost a server.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};

use crate::Result;
use crate::connection::{Connection, Place};
use crate::description::Description;
use crate::message::Transport as _;
use crate::process::{self, Memory, Tree};
use crate::statistics::{Latencies, Spread, number, rounded};
use crate::visitor::{Visitor, warm_up};

/// A server that is measured.
pub(crate) struct Target {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) site: Description,
    /// The server's processes.
    pub(crate) tree: Tree,
}

/// Visitors that take one step again and again, each on a connection of their own.
pub(crate) struct Crowd<'c> {
    pub(crate) target: &'c Target,
    pub(crate) step: &'c str,
    pub(crate) connections: usize,
    /// After which they have done enough, all together.
    pub(crate) requests: usize,
}

/// What holds a crowd until it may start, and tells it when to stop.
pub(crate) struct Gate {
    ready: Barrier,
    start: Barrier,
    is_open: AtomicBool,
    stop: AtomicBool,
    working: AtomicUsize,
    answered: AtomicUsize,
    failed: AtomicUsize,
}

/// What one visitor got.
pub(crate) struct Tally {
    latencies: Vec<Duration>,
    errors: Vec<String>,
    end: Instant,
}

/// What a crowd got.
#[derive(Serialize)]
pub(crate) struct Measured {
    pub(crate) requests: usize,
    seconds: f64,
    requests_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    /// Seconds of the server's CPU time for a thousand requests.
    cpu_s_per_1000: f64,
    /// Cores that were busy with the driver.
    driver_cores: f64,
    /// Cores that were busy with neither: how much the machine was shared.
    other_cores: f64,
    memory: Memory,
}

impl Crowd<'_> {
    /// Lets them work for that long at most, and tells what it took.
    pub(crate) fn measure(&self, most: Duration) -> Result<Measured> {
        self.measure_amid(most, |work| {
            work();
            Ok(())
        })
    }

    /// As [`Self::measure`], with something around it: `amid` is called when they are ready, and has them work.
    pub(crate) fn measure_amid(
        &self,
        most: Duration,
        amid: impl FnOnce(&mut dyn FnMut()) -> Result<()>,
    ) -> Result<Measured> {
        let (driver, server) = (Tree::own(), self.target.tree);
        let usage = || (Instant::now(), server.cpu(), driver.cpu(), process::machine_busy());
        let (mut before, mut after) = (usage(), usage());
        let mut around = Ok(());
        let tallies = self.work(|gate| {
            around = amid(&mut || {
                before = usage();
                gate.open();
                while !gate.is_over() {
                    if before.0.elapsed() >= most {
                        gate.close();
                    }
                    thread::sleep(Duration::from_millis(1));
                }
                after = usage();
            });
        })?;
        around?;
        let end = tallies.iter().map(|tally| tally.end).max().unwrap_or(after.0);
        let used = Used {
            seconds: end.saturating_duration_since(before.0).as_secs_f64(),
            server: after.1 - before.1,
            driver: after.2 - before.2,
            machine: after.3 - before.3,
        };
        Ok(Measured::new(tallies, &used, server.memory()))
    }

    /// Prepares them, and has `watch` open the gate to them; once it is done they stop.
    ///
    /// # Errors
    /// Where an answer was wrong: what a server costs that answers wrongly nobody wants to know.
    pub(crate) fn work(&self, watch: impl FnOnce(&Gate)) -> Result<Vec<Tally>> {
        let gate = Gate::new(self.connections);
        thread::scope(|scope| {
            let share = |visitor: usize| {
                self.requests / self.connections + usize::from(visitor < self.requests % self.connections)
            };
            let gate = &gate;
            let workers: Vec<_> =
                (0..self.connections).map(|visitor| scope.spawn(move || self.visit(gate, share(visitor)))).collect();
            gate.ready.wait();
            watch(gate);
            // Also where it has not let them in, or not told them to stop.
            gate.close();
            gate.open();
            let tallies = workers.into_iter().map(|worker| worker.join().map_err(|_| "a visitor panicked")?);
            let tallies = tallies.collect::<Result<Vec<_>>>()?;
            let wrong: Vec<_> = tallies.iter().flat_map(|tally| &tally.errors).collect();
            match wrong.first() {
                Some(first) => {
                    let (site, step) = (&self.target.name, self.step);
                    Err(format!("{site}: {step}: {} wrong answers: {first}", wrong.len()).into())
                }
                None => Ok(tallies),
            }
        })
    }

    fn visit(&self, gate: &Gate, requests: usize) -> Result<Tally> {
        let mut connection = Connection::new(&self.target.place);
        let prepared = self.prepare(&mut connection, requests);
        gate.ready.wait();
        gate.start.wait();
        let tally = prepared.and_then(|visitors| self.repeat(gate, requests, visitors, &mut connection));
        gate.working.fetch_sub(1, Ordering::Relaxed);
        tally
    }

    /// As many visitors as it takes, where one may not take the step as often as asked.
    fn prepare(&self, connection: &mut Connection, requests: usize) -> Result<Vec<Visitor>> {
        let site = &self.target.site;
        let visitors = requests.div_ceil(site.step(self.step)?.times()).max(1);
        let prepared = warm_up(site, self.step, connection)
            .and_then(|()| (0..visitors).map(|_| Visitor::ready_for(site, self.step, connection)).collect());
        prepared.map_err(|why| format!("{}: before {}: {why}", self.target.name, self.step).into())
    }

    fn repeat(
        &self,
        gate: &Gate,
        requests: usize,
        visitors: Vec<Visitor>,
        connection: &mut Connection,
    ) -> Result<Tally> {
        let step = self.target.site.step(self.step)?;
        let mut tally = Tally { latencies: Vec::new(), errors: Vec::new(), end: Instant::now() };
        let mut left = requests;
        for mut visitor in visitors {
            for _ in 0..step.times().min(left) {
                if gate.stop.load(Ordering::Relaxed) {
                    return Ok(tally);
                }
                let request = visitor.request(step, connection.origin());
                let sent = Instant::now();
                let answer = connection.send(&request);
                let latency = sent.elapsed();
                match answer.and_then(|answer| visitor.judge(step, connection.origin(), &answer).map(|()| answer)) {
                    Ok(answer) => {
                        tally.latencies.push(latency);
                        visitor.jar.absorb(&answer);
                        gate.answered.fetch_add(1, Ordering::Relaxed);
                    }
                    Err(why) => {
                        tally.errors.push(why.to_string());
                        gate.failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
                tally.end = Instant::now();
                left -= 1;
            }
        }
        Ok(tally)
    }
}

impl Gate {
    fn new(connections: usize) -> Self {
        Self {
            ready: Barrier::new(connections + 1),
            start: Barrier::new(connections + 1),
            is_open: AtomicBool::new(false),
            stop: AtomicBool::new(false),
            working: AtomicUsize::new(connections),
            answered: AtomicUsize::new(0),
            failed: AtomicUsize::new(0),
        }
    }

    /// Lets the crowd in, unless it is.
    pub(crate) fn open(&self) {
        if !self.is_open.swap(true, Ordering::Relaxed) {
            self.start.wait();
        }
    }

    /// Tells it to stop: each waits for one more answer.
    fn close(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether everybody has done enough.
    pub(crate) fn is_over(&self) -> bool {
        self.working.load(Ordering::Relaxed) == 0
    }

    /// How many right answers there were so far.
    pub(crate) fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// Whether one was wrong.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed) > 0
    }
}

/// Seconds: of the clock, and of CPU time.
struct Used {
    seconds: f64,
    server: f64,
    driver: f64,
    machine: f64,
}

impl Measured {
    fn new(tallies: Vec<Tally>, used: &Used, memory: Memory) -> Self {
        let latencies = Latencies::of(tallies.into_iter().flat_map(|tally| tally.latencies).collect());
        let requests = latencies.count();
        Self {
            requests,
            seconds: rounded(used.seconds),
            requests_per_second: rounded(number(requests) / used.seconds),
            p50_ms: latencies.percentile(50),
            p99_ms: latencies.percentile(99),
            cpu_s_per_1000: rounded(used.server * 1e3 / number(requests)),
            driver_cores: rounded(used.driver / used.seconds),
            other_cores: rounded((used.machine - used.server - used.driver) / used.seconds),
            memory,
        }
    }

    /// For whoever waits.
    pub(crate) fn line(&self) -> String {
        format!(
            "{:.0}/s, p50 {:.2} ms, p99 {:.2} ms, {:.3} s of CPU per 1,000",
            self.requests_per_second, self.p50_ms, self.p99_ms, self.cpu_s_per_1000
        )
    }

    /// The rounds of one measurement together.
    pub(crate) fn summary(rounds: &[&Self]) -> Value {
        let spread = |of: fn(&Self) -> f64| Spread::of(rounds.iter().map(|measured| of(measured)));
        json!({
            "requests": rounds.iter().map(|measured| measured.requests).sum::<usize>(),
            "requests_per_second": spread(|measured| measured.requests_per_second),
            "cpu_s_per_1000": spread(|measured| measured.cpu_s_per_1000),
            "p50_ms": spread(|measured| measured.p50_ms),
            "p99_ms": spread(|measured| measured.p99_ms),
            "driver_cores": spread(|measured| measured.driver_cores),
            "other_cores": spread(|measured| measured.other_cores),
            "rss_mib": spread(|measured| measured.memory.rss_mib),
            "peak_mib": spread(|measured| measured.memory.peak_mib),
        })
    }
}
