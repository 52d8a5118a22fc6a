//! The engines that need a cache, each through the contract of all of them.

mod cache {
    use crate::engines::Peer;
    use crate::sessions::contract::contract;

    contract!(Peer::start("cache", &[]).keeper);
}

mod cached_db {
    use crate::engines::Peer;
    use crate::sessions::contract::contract;

    contract!(Peer::start("cached_db", &[]).keeper);
}

/// The cache as a cluster: the same scripts, each on the node that has the key.
mod cache_in_a_cluster {
    use crate::engines::Peer;
    use crate::sessions::contract::contract;

    contract!(Peer::cluster("cache").keeper);
}

use crate::redis::{Redis, keeper};
use crate::sessions::contract::Keeper;

/// An engine, and the server that it needs for as long as a test runs.
pub(crate) struct Peer {
    pub(crate) keeper: Keeper,
    _redis: Redis,
}

impl Peer {
    fn start(engine: &str, args: &[&str]) -> Self {
        let redis = Redis::start(args);
        Self { keeper: keeper(engine, &redis.url()), _redis: redis }
    }

    fn cluster(engine: &str) -> Self {
        let redis = Redis::start(&["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"]);
        assert_eq!(redis.ask(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]), "+OK");
        while !redis.ask(&["CLUSTER", "COUNTKEYSINSLOT", "0"]).starts_with(":0") || !is_up(&redis) {
            std::thread::yield_now();
        }
        let mut keeper = keeper(engine, &redis.url());
        keeper.settings.push(("CACHE_CLUSTER".to_owned(), "true".to_owned()));
        Self { keeper, _redis: redis }
    }
}

/// Whether the cluster takes commands: it makes up its mind a moment after its slots are given.
fn is_up(redis: &Redis) -> bool {
    redis.ask(&["EXISTS", "x"]) == ":0"
}
