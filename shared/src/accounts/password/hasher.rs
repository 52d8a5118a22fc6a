//! Hashes and verifies: equal work for whoever is asked about, and no more hashes at once than cores.
//!
//! A refusal must not tell whether there is an account, nor how its password was hashed (CVE-2016-2513, CVE-2024-39329).
//! Every refusal therefore does the same work in each [`Kind`] of hash that there is in the table: what the account's
//! own hash did not take is done for nothing. Where all hashes are ours that is one Argon2 a refusal. A right password
//! costs what its hash costs: being let in tells that anyway. Where it lets nobody in all the same, it is a refusal too.

use std::fmt;
use std::ops::Sub;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use argon2::Params;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use super::accepted::Accepted;
use super::recipe::{Cost, Kind, Memory, Recipe};
use super::stored::{OUTPUT, Stored, Unreadable, write};
use super::{Password, PasswordHash};
use crate::config::PasswordSettings;
use crate::error::{Error, Result};
use crate::rng::Rng;
use crate::secret::same;

/// Hashes and verifies. One for a process: it holds the memory that Argon2 works in, and the queue for it.
pub struct Hasher {
    concurrency: usize,
    /// As many as hash at once; the first hash makes it.
    turns: OnceLock<Arc<Semaphore>>,
    wait: Duration,
    rng: Arc<dyn Rng>,
    bench: Arc<Bench>,
    threads: Option<Handle>,
}

/// Where the work is done.
struct Bench {
    params: Params,
    accepted: Accepted,
    blocks: Mutex<Blocks>,
    /// What every refusal takes.
    refusal: Mutex<Costs>,
    done: Mutex<Work>,
}

/// Memory for Argon2. A hash in fresh memory takes three quarters longer, for page faults, so that blocks are used again;
/// when nobody has logged in for long they are given back.
#[derive(Default)]
struct Blocks {
    idle: Vec<Memory>,
    /// When the last hash was done.
    used: Option<Instant>,
    /// Whether somebody waits to give the blocks back.
    watched: bool,
}

/// How long blocks are kept for the next hash. To give them back sooner gains nothing in Lambda, which bills the memory that
/// is configured. Where many functions share a machine, a quiet one gives its memory back.
const KEPT: Duration = Duration::from_mins(15);

/// The costliest hash of each kind that there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Costs([Cost; Kind::ALL.len()]);

impl Costs {
    /// What a stored hash costs: nothing, where there is no password.
    ///
    /// # Errors
    /// Why nobody could log in with the hash.
    pub fn of(hash: &PasswordHash, accepted: &Accepted) -> Result<Self, Unreadable> {
        let mut costs = Self::default();
        match Stored::read(hash.as_str(), accepted) {
            Ok(stored) => costs.raise(stored.recipe.kind(), stored.recipe.cost()),
            Err(Unreadable::Unusable) => {}
            Err(other) => return Err(other),
        }
        Ok(costs)
    }

    /// The greater of both, in each kind.
    pub fn or_more(mut self, other: Self) -> Self {
        for kind in Kind::ALL {
            self.raise(kind, other.get(kind));
        }
        self
    }

    /// What the costliest hash of a kind costs.
    pub fn get(self, kind: Kind) -> Cost {
        self.0[kind as usize]
    }

    /// Notes that there is such a hash.
    pub fn raise(&mut self, kind: Kind, cost: Cost) {
        let known = &mut self.0[kind as usize];
        *known = (*known).max(cost);
    }
}

/// How much work was done, in each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Work([u64; Kind::ALL.len()]);

impl Work {
    /// In the kind's unit.
    pub fn get(self, kind: Kind) -> u64 {
        self.0[kind as usize]
    }

    fn add(&mut self, kind: Kind, work: u64) {
        self.0[kind as usize] += work;
    }
}

impl Sub for Work {
    type Output = Self;

    /// What was done since `earlier`.
    fn sub(mut self, earlier: Self) -> Self {
        for (now, then) in self.0.iter_mut().zip(earlier.0) {
            *now -= then;
        }
        self
    }
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("params", &self.bench.params).finish_non_exhaustive()
    }
}

impl Hasher {
    /// Prepares hashing at the configured cost.
    ///
    /// # Errors
    /// When Argon2 does not accept the parameters together.
    pub fn new(settings: &PasswordSettings, rng: Arc<dyn Rng>) -> Result<Self, String> {
        let params = Params::new(settings.memory_kib, settings.iterations, settings.parallelism, Some(OUTPUT))
            .map_err(|error| format!("ARGON2_*: {error}"))?;
        let recipe = Recipe::Own { params: params.clone(), salt: Vec::new() };
        let mut refusal = Costs::default();
        refusal.raise(Kind::Own, recipe.cost());
        Ok(Self {
            concurrency: settings.concurrency,
            turns: OnceLock::new(),
            wait: Duration::from_millis(settings.wait_ms),
            rng,
            bench: Arc::new(Bench {
                params,
                accepted: settings.hashers.clone(),
                blocks: Mutex::default(),
                refusal: Mutex::new(refusal),
                done: Mutex::default(),
            }),
            threads: None,
        })
    }

    /// The same with threads to work on that are not those of the runtime that asks.
    pub fn on(self, threads: Option<Handle>) -> Self {
        Self { threads, ..self }
    }

    /// Hashes a new password with a fresh salt.
    pub async fn hash(&self, password: Password) -> Result<PasswordHash> {
        let salt = self.rng.bytes::<16>();
        let params = self.bench.params.clone();
        let recipe = Recipe::Own { params: params.clone(), salt: salt.to_vec() };
        let output =
            self.at_bench(move |bench, memory| bench.compute(&recipe, password.bytes(), OUTPUT, memory)).await?;
        write(&params, &salt, &output).map(PasswordHash).map_err(Error::internal)
    }

    /// Whether `password` is what `hash` was made of. Without a hash, or with one that cannot be read or costs more than
    /// `PASSWORD_HASHERS` allows, the work is done all the same, and the answer is no.
    pub async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<bool> {
        self.look_at(password, hash, Outcome::Open).await
    }

    /// As [`Self::verify`], of somebody who is refused whatever the answer: a right password takes what a wrong one does.
    pub async fn verify_in_vain(&self, password: Password, hash: Option<PasswordHash>) -> Result<bool> {
        self.look_at(password, hash, Outcome::Refusal).await
    }

    async fn look_at(&self, password: Password, hash: Option<PasswordHash>, outcome: Outcome) -> Result<bool> {
        let stored = hash.and_then(|hash| self.read(&hash));
        self.at_bench(move |bench, memory| bench.verify(stored.as_ref(), &password, outcome, memory)).await
    }

    /// Whether a hash whose password was right should be replaced: it is not ours, or at another cost than the present
    /// one (Django's `must_update`).
    pub fn must_update(&self, hash: &PasswordHash) -> bool {
        match Stored::read(hash.as_str(), &self.bench.accepted) {
            Ok(Stored { recipe: Recipe::Own { params, .. }, .. }) => params != self.bench.params,
            _ => true,
        }
    }

    /// From now on every refusal takes what these hashes would take.
    pub fn expect(&self, costs: Costs) {
        let mut refusal = lock(&self.bench.refusal);
        *refusal = refusal.or_more(costs);
    }

    /// What every refusal takes.
    pub fn expected(&self) -> Costs {
        *lock(&self.bench.refusal)
    }

    /// The work done so far.
    pub fn work(&self) -> Work {
        *lock(&self.bench.done)
    }

    fn read(&self, hash: &PasswordHash) -> Option<Stored> {
        match Stored::read(hash.as_str(), &self.bench.accepted) {
            Ok(stored) => Some(stored),
            Err(Unreadable::Unusable) => None,
            Err(reason) => {
                tracing::warn!(%reason, "a stored password hash cannot be used");
                None
            }
        }
    }

    /// Does `work` when it is its turn, off the thread that answers other requests.
    async fn at_bench<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Bench, &mut Memory) -> Result<T, String> + Send + 'static,
    ) -> Result<T> {
        let turn = tokio::time::timeout(self.wait, self.turns().acquire_owned());
        // More work than there is time for is shed, so that the rest is answered (ASVS 15.2.2).
        let turn = turn.await.map_err(|_| Error::Unavailable("too many passwords to hash at once".into()))?;
        let turn = turn.map_err(Error::internal)?;
        let bench = self.bench.clone();
        let work = move || {
            let _turn = turn;
            let mut memory = lock(&bench.blocks).idle.pop().unwrap_or_default();
            let result = work(&bench, &mut memory);
            lock(&bench.blocks).idle.push(memory);
            result
        };
        let threads = self.threads.clone().unwrap_or_else(Handle::current);
        let result = threads.spawn_blocking(work).await.map_err(Error::internal)?;
        self.release_later();
        result.map_err(Error::internal)
    }

    fn turns(&self) -> Arc<Semaphore> {
        let make = || {
            // How many cores there are stands in files of the cgroups: a function that hashes nothing does not look.
            let places = match self.concurrency {
                0 => available_parallelism().map_or(1, usize::from),
                set => set,
            };
            Arc::new(Semaphore::new(places))
        };
        self.turns.get_or_init(make).clone()
    }

    /// Gives the memory back once no hash has followed another for long. One task waits for that, however many hash.
    fn release_later(&self) {
        let mut blocks = lock(&self.bench.blocks);
        blocks.used = Some(Instant::now());
        if std::mem::replace(&mut blocks.watched, true) {
            return;
        }
        drop(blocks);
        let bench = self.bench.clone();
        tokio::spawn(async move {
            let last = || lock(&bench.blocks).used.map(|used| used + KEPT);
            while let Some(end) = last().filter(|end| *end > Instant::now()) {
                tokio::time::sleep_until(end).await;
            }
            let mut blocks = lock(&bench.blocks);
            blocks.idle.clear();
            blocks.watched = false;
        });
    }
}

/// What comes of a right password.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It lets in, or may.
    Open,
    /// It is refused as a wrong one is.
    Refusal,
}

impl Bench {
    fn compute(&self, recipe: &Recipe, password: &[u8], length: usize, memory: &mut Memory) -> Result<Vec<u8>, String> {
        lock(&self.done).add(recipe.kind(), recipe.cost().work);
        recipe.compute(password, length, memory)
    }

    fn verify(
        &self,
        stored: Option<&Stored>,
        password: &Password,
        outcome: Outcome,
        memory: &mut Memory,
    ) -> Result<bool, String> {
        let mut right = false;
        let spent = stored.map(|stored| (stored.recipe.kind(), stored.recipe.cost()));
        if let (Some(stored), Some((kind, cost))) = (stored, spent) {
            // Where nothing was known of such hashes: from now on each refusal takes what this one takes.
            lock(&self.refusal).raise(kind, cost);
            for candidate in password.candidates(kind) {
                let output = self.compute(&stored.recipe, candidate, stored.expected.len(), memory)?;
                right |= same(&output, &stored.expected);
                if right && outcome == Outcome::Open {
                    return Ok(true);
                }
            }
        }
        let refusal = *lock(&self.refusal);
        for kind in Kind::ALL {
            let spent = spent.filter(|(known, _)| *known == kind).map_or(0, |(_, cost)| cost.work);
            let Cost { work, memory: size } = refusal.get(kind);
            for candidate in password.candidates(kind) {
                for recipe in Recipe::for_nothing(kind, work.saturating_sub(spent), size) {
                    std::hint::black_box(self.compute(&recipe, candidate, OUTPUT, memory)?);
                }
            }
        }
        Ok(right)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::rng::SystemRng;

    /// Passwords and what a real Django made of them.
    const DJANGO: &str = include_str!("../../../../tests/fixtures/passwords/hashes.jsonl");
    const PASSWORD: &str = "correct horse battery";

    /// At little cost: what is tested is not how slow it is.
    fn hasher(memory_kib: u32, iterations: u32) -> Hasher {
        let settings = PasswordSettings { memory_kib, iterations, parallelism: 1, ..PasswordSettings::default() };
        Hasher::new(&settings, Arc::new(SystemRng)).unwrap()
    }

    fn stored(text: &str) -> PasswordHash {
        PasswordHash::from_stored(text)
    }

    fn django() -> impl Iterator<Item = (String, PasswordHash)> {
        DJANGO
            .lines()
            .map(|line| serde_json::from_str::<(String, String)>(line).unwrap())
            .map(|(password, hash)| (password, stored(&hash)))
    }

    /// One hash of each kind, at little cost.
    fn one_of_each() -> Vec<PasswordHash> {
        django().filter(|(password, _)| password == PASSWORD).map(|(_, hash)| hash).take(6).collect()
    }

    async fn refuse(hasher: &Hasher, password: &str, hash: Option<&PasswordHash>) -> Work {
        let before = hasher.work();
        assert!(!hasher.verify(Password::new(password), hash.cloned()).await.unwrap());
        hasher.work() - before
    }

    #[tokio::test]
    async fn a_hash_is_a_phc_string_that_verifies_its_password_alone() {
        let hasher = hasher(19_456, 2);
        let hash = hasher.hash(Password::new(PASSWORD)).await.unwrap();
        assert!(hash.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_str());
        assert!(hasher.verify(Password::new(PASSWORD), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(Password::new("correct horse batterx"), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(Password::new(PASSWORD), None).await.unwrap());
        assert!(!hasher.must_update(&hash));
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_kept_for_the_next_hash_and_given_back_after_a_quiet_quarter_of_an_hour() {
        let hasher = hasher(64, 1);
        let kept = || lock(&hasher.bench.blocks).idle.len();
        for _ in 0..3 {
            hasher.hash(Password::new(PASSWORD)).await.unwrap();
            tokio::time::sleep(KEPT.mul_f64(0.99)).await;
            assert_eq!(kept(), 1, "the same for each");
        }
        tokio::time::sleep(KEPT.mul_f64(0.02)).await;
        assert_eq!(kept(), 0);
        hasher.hash(Password::new(PASSWORD)).await.unwrap();
        tokio::time::sleep(KEPT + Duration::from_secs(1)).await;
        assert_eq!(kept(), 0, "and again");
    }

    #[test]
    fn as_many_hash_at_once_as_is_set_or_there_are_cores() {
        let cores = available_parallelism().unwrap().get();
        for (set, places) in [(0, cores), (3, 3)] {
            let settings = PasswordSettings { concurrency: set, ..PasswordSettings::default() };
            let hasher = Hasher::new(&settings, Arc::new(SystemRng)).unwrap();
            assert_eq!(hasher.turns().available_permits(), places);
        }
    }

    #[tokio::test]
    async fn work_is_done_on_the_threads_that_were_given() {
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        let count_thread = move || {
            counted.fetch_add(1, Ordering::Relaxed);
        };
        let threads = tokio::runtime::Builder::new_current_thread().on_thread_start(count_thread).build().unwrap();
        let hasher = hasher(64, 1).on(Some(threads.handle().clone()));
        let hash = hasher.hash(Password::new(PASSWORD)).await.unwrap();
        assert_eq!(count.swap(0, Ordering::Relaxed), 1);
        threads.shutdown_background();
        // Without them nothing is done elsewhere.
        assert!(hasher.verify(Password::new(PASSWORD), Some(hash)).await.is_err());
    }

    #[tokio::test]
    async fn every_hash_of_djangos_verifies_its_password_alone() {
        let hasher = hasher(64, 1);
        let mut count = 0;
        for (password, hash) in django() {
            let name = hash.as_str().split('$').next().unwrap().to_owned();
            assert!(hasher.verify(Password::new(&password), Some(hash.clone())).await.unwrap(), "{name} {password}");
            count += 1;
        }
        assert!(count > 40);
    }

    #[tokio::test]
    async fn every_refusal_does_the_same_work() {
        let hasher = hasher(64, 2);
        let cheaper = self::hasher(32, 1).hash(Password::new(PASSWORD)).await.unwrap();
        let own = hasher.hash(Password::new(PASSWORD)).await.unwrap();
        let mut costs = Costs::default();
        for hash in one_of_each() {
            costs = costs.or_more(Costs::of(&hash, &Accepted::parse(Accepted::DEFAULT).unwrap()).unwrap());
        }
        // Some that cost more than those that are asked about, so that the rest is done for nothing.
        costs.raise(Kind::Pbkdf2Sha256, Cost { work: 2_500, memory: 0 });
        costs.raise(Kind::Bcrypt, Cost { work: 32, memory: 0 });
        costs.raise(Kind::Scrypt, Cost { work: 512, memory: 256 });
        costs.raise(Kind::Argon2, Cost { work: 320, memory: 128 });
        hasher.expect(costs);

        let refused = refuse(&hasher, "x", None).await;
        for kind in Kind::ALL {
            let expected = if kind == Kind::Own { 128 } else { costs.get(kind).work };
            assert_eq!(refused.get(kind), expected, "{kind:?}");
        }
        let unusable = PasswordHash::unusable(&SystemRng);
        let mut stored_ones = vec![own.clone(), cheaper, unusable, stored(""), stored("md5$a$b")];
        stored_ones.extend(one_of_each());
        for hash in &stored_ones {
            assert_eq!(refuse(&hasher, "x", Some(hash)).await, refused, "{}", hash.as_str());
        }
        // What is typed in other code points is tried as typed too, whoever is asked about.
        let twice = refuse(&hasher, "e\u{301}", None).await;
        assert_eq!(twice.get(Kind::Own), refused.get(Kind::Own));
        assert_eq!(twice.get(Kind::Bcrypt), 2 * refused.get(Kind::Bcrypt));
        for hash in &stored_ones {
            assert_eq!(refuse(&hasher, "e\u{301}", Some(hash)).await, twice, "{}", hash.as_str());
        }
        // A right password that lets nobody in takes as long.
        let accented = hasher.hash(Password::new("e\u{301}")).await.unwrap();
        let right_ones = one_of_each().into_iter().chain([own.clone()]).map(|hash| (PASSWORD, hash, refused));
        for (password, hash, wrong) in right_ones.chain([("e\u{301}", accented, twice)]) {
            let before = hasher.work();
            assert!(hasher.verify_in_vain(Password::new(password), Some(hash.clone())).await.unwrap());
            assert_eq!(hasher.work() - before, wrong, "{}", hash.as_str());
        }
        // Whoever is let in waits for one hash alone.
        let before = hasher.work();
        assert!(hasher.verify(Password::new(PASSWORD), Some(own)).await.unwrap());
        let let_in = hasher.work() - before;
        assert_eq!(Kind::ALL.map(|kind| let_in.get(kind)), [128, 0, 0, 0, 0, 0]);
    }

    #[tokio::test]
    async fn without_hashes_of_djangos_a_refusal_is_one_argon2() {
        let hasher = hasher(64, 2);
        for hash in [None, Some(stored("!")), Some(hasher.hash(Password::new("y")).await.unwrap())] {
            let work = refuse(&hasher, "x", hash.as_ref()).await;
            assert_eq!(Kind::ALL.map(|kind| work.get(kind)), [128, 0, 0, 0, 0, 0]);
        }
    }

    #[tokio::test]
    async fn a_hash_that_nobody_knew_of_raises_what_refusals_take() {
        let hasher = hasher(64, 2);
        let hash = &one_of_each()[0];
        let refused = refuse(&hasher, "x", Some(hash)).await;
        assert_eq!(refused.get(Kind::Pbkdf2Sha256), 1_000);
        assert_eq!(refuse(&hasher, "x", None).await, refused);
    }

    #[tokio::test]
    async fn what_is_absurd_or_malformed_is_refused_at_no_further_cost() {
        let hasher = hasher(64, 1);
        let refused = refuse(&hasher, "x", None).await;
        let (hash32, hash64) = ("A".repeat(43) + "=", "A".repeat(86) + "==");
        let bcrypt = ".".repeat(53);
        let phc = "c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHQ";
        let mut texts = vec![
            format!("pbkdf2_sha256$1000000000000$salt${hash32}"),
            format!("pbkdf2_sha256$4000000000$salt${hash32}"),
            format!("pbkdf2_sha256$0$salt${hash32}"),
            format!("pbkdf2_sha256$-1$salt${hash32}"),
            format!("pbkdf2_sha256$+1$salt${hash32}"),
            format!("pbkdf2_sha256$1$${hash32}"),
            format!("pbkdf2_sha256$1$salt${hash32}$"),
            format!("pbkdf2_sha256$1$salt${}", &hash32[1..]),
            format!("pbkdf2_sha1$1$salt${hash32}"),
            format!("scrypt$1099511627776$salt$8$5${hash64}"),
            format!("scrypt$9223372036854775808$salt$8$5${hash64}"),
            format!("scrypt$16384$salt$4294967295$4294967295${hash64}"),
            format!("scrypt$16384$salt$8$1048577${hash64}"),
            format!("scrypt$16383$salt$8$5${hash64}"),
            format!("scrypt$1$salt$8$5${hash64}"),
            format!("bcrypt$$2b$31${bcrypt}"),
            format!("bcrypt$$2b$03${bcrypt}"),
            format!("bcrypt$$2x$04${bcrypt}"),
            format!("bcrypt$$2b$04${bcrypt}\u{e9}"),
            "bcrypt_sha256$$2b$12$".to_owned(),
            format!("argon2$argon2id$v=19$m=4194304,t=1,p=1${phc}"),
            format!("argon2$argon2id$v=19$m=4294967295,t=4294967295,p=1${phc}"),
            format!("argon2$argon2id$v=19$m=8,t=1,p=16777215${phc}"),
            format!("argon2$argon2d$v=19$m=64,t=1,p=1${phc}"),
            format!("argon2$argon2id$v=16$m=64,t=1,p=1${phc}"),
            format!("$argon2id$v=19$m=64,t=0,p=1${phc}"),
            format!("$argon2i$v=19$m=64,t=1,p=1${phc}"),
            "$argon2id$".to_owned(),
            format!("$argon2id$v=19$m=64,t=1,p=1${}", "A".repeat(600)),
        ];
        texts.extend(
            ["", "!", "plain", "$", "$$$$$$", "md5$salt$hash", "argon2", "argon2$", "\u{0}", "scrypt$$$$$"]
                .map(str::to_owned),
        );
        let whole: Vec<_> = django().map(|(_, hash)| hash.as_str().to_owned()).take(7).collect();
        // Each sound hash, cut off anywhere. The last part of Argon2's is as long as it likes.
        let last = |text: &str| if text.starts_with("argon2") { text.rfind('$').unwrap() } else { text.len() };
        texts.extend(whole.iter().flat_map(|text| (1..last(text)).map(|end| text[..end].to_owned())));
        for text in texts {
            assert_eq!(refuse(&hasher, "x", Some(&stored(&text))).await, refused, "{text:.60}");
        }
    }

    #[tokio::test]
    async fn an_algorithm_that_is_left_out_lets_nobody_in() {
        let hashers = Accepted::parse("argon2, bcrypt(4)").unwrap();
        let settings = PasswordSettings { memory_kib: 64, hashers: hashers.clone(), ..PasswordSettings::default() };
        let hasher = Hasher::new(&settings, Arc::new(SystemRng)).unwrap();
        for hash in one_of_each() {
            let accepted = hash.as_str().starts_with("bcrypt$") || hash.as_str().starts_with("argon2$");
            let verified = hasher.verify(Password::new(PASSWORD), Some(hash.clone())).await.unwrap();
            assert_eq!(verified, accepted, "{}", hash.as_str());
            assert_eq!(Costs::of(&hash, &hashers).is_ok(), accepted);
        }
        let dear = stored(&format!("bcrypt$$2b$05${}", ".".repeat(53)));
        assert!(Costs::of(&dear, &hashers).unwrap_err().to_string().contains("PASSWORD_HASHERS"));
    }

    #[tokio::test]
    async fn a_hash_of_what_was_typed_is_found_and_ours_is_of_nfc() {
        let hasher = hasher(64, 1);
        let (typed, composed) = ("e\u{301}te\u{301} naif", "\u{e9}t\u{e9} naif");
        let (_, old) = django().find(|(password, _)| password == typed).unwrap();
        assert!(hasher.verify(Password::new(typed), Some(old.clone())).await.unwrap());
        // Django would not let this one in either; only what the browser sends now could tell that they are alike.
        assert!(!hasher.verify(Password::new(composed), Some(old)).await.unwrap());
        let new = hasher.hash(Password::new(typed)).await.unwrap();
        assert!(hasher.verify(Password::new(composed), Some(new)).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_at_another_cost_must_be_updated() {
        let old = hasher(64, 1).hash(Password::new("x")).await.unwrap();
        assert!(!hasher(64, 1).must_update(&old));
        assert!(hasher(64, 2).must_update(&old) && hasher(128, 1).must_update(&old));
        // Also downwards, as in Django; until then it is good.
        assert!(hasher(32, 1).must_update(&old));
        assert!(hasher(32, 1).verify(Password::new("x"), Some(old)).await.unwrap());
        assert!(django().all(|(_, hash)| hasher(64, 1).must_update(&hash)));
    }
}
