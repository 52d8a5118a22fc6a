//! Starts Chromium for one person.

use std::path::PathBuf;
use std::time::Duration;

use chromiumoxide::handler::viewport::Viewport;
use chromiumoxide::{Browser, BrowserConfig, Page};
use futures_util::StreamExt;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::screen::DESKTOP;

/// No machine is too slow for this; a browser that hangs is still noticed.
const PATIENCE: Duration = Duration::from_mins(1);

const FLAGS: [&str; 12] = [
    "disable-gpu",
    "disable-quic",
    "disable-dev-shm-usage",
    "no-first-run",
    "disable-background-networking",
    "disable-component-update",
    "disable-sync",
    // Tests run side by side: nobody's page is in the background.
    "disable-background-timer-throttling",
    "disable-backgrounding-occluded-windows",
    "disable-renderer-backgrounding",
    "force-color-profile=srgb",
    "lang=en-US",
];

/// Chromium with one page, and a profile that nobody has used. It ends when this is dropped.
pub(crate) struct Chromium {
    pub(crate) page: Page,
    // Fields are dropped in this order: the process must be gone before its profile is.
    _browser: Browser,
    handler: JoinHandle<()>,
    _profile: TempDir,
}

impl Chromium {
    pub(crate) async fn start() -> Self {
        let profile = TempDir::with_prefix("portico-chromium-").unwrap();
        let config = BrowserConfig::builder()
            .chrome_executable(executable())
            .user_data_dir(profile.path())
            .new_headless_mode()
            .no_sandbox()
            .disable_default_args()
            .args(FLAGS)
            .window_size(DESKTOP.width, DESKTOP.height)
            .viewport(None::<Viewport>)
            .launch_timeout(PATIENCE)
            .request_timeout(PATIENCE)
            .build()
            .unwrap();
        let (browser, mut handler) = Browser::launch(config).await.unwrap();
        let handler = tokio::spawn(async move { while handler.next().await.is_some() {} });
        let page = browser.new_page("about:blank").await.unwrap();
        Self { page, _browser: browser, handler, _profile: profile }
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        self.handler.abort();
    }
}

fn executable() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join("chromium")).find(|file| file.is_file());
    found.expect("these tests drive Chromium, which is not installed: `apt-get install chromium fonts-noto-cjk`")
}
