//! A person at a browser: goes places, types, presses what has words on it, and looks at what comes.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chromiumoxide::cdp::browser_protocol::dom::{ScrollIntoViewIfNeededParams, SetFileInputFilesParams};
use chromiumoxide::cdp::browser_protocol::emulation::SetScriptExecutionDisabledParams;
use chromiumoxide::cdp::browser_protocol::input::{DispatchKeyEventParams, DispatchKeyEventType, InsertTextParams};
use chromiumoxide::cdp::browser_protocol::network::{EmulateNetworkConditionsByRuleParams, NetworkConditions};
use chromiumoxide::cdp::browser_protocol::page::{
    EventFileChooserOpened, GetNavigationHistoryParams, NavigateToHistoryEntryParams,
    SetInterceptFileChooserDialogParams,
};
use chromiumoxide::cdp::js_protocol::runtime::EvaluateParams;
use chromiumoxide::page::ScreenshotParams;
use chromiumoxide::{Element, Page};
use futures_util::StreamExt;
use serde_json::Value;

use crate::axe;
use crate::chromium::Chromium;
use crate::screen::{self, DESKTOP, Screen};
use crate::site::{PASSWORD, root};
use crate::watch::Watch;

/// How long anything may take; how often is looked whether it has happened.
const DEADLINE: Duration = Duration::from_secs(40);
const GLANCE: Duration = Duration::from_millis(20);

/// Somebody with a browser of their own.
pub(crate) struct Person {
    pub(crate) page: Page,
    site: String,
    watch: Watch,
    expected: Vec<String>,
    screen: Screen,
    scripts: bool,
    _chromium: Chromium,
}

impl Person {
    pub(crate) async fn arrive(site: &str) -> Self {
        let chromium = Chromium::start().await;
        let page = chromium.page.clone();
        let watch = Watch::over(&page).await;
        let person = Self {
            page,
            site: site.to_owned(),
            watch,
            expected: Vec::new(),
            screen: DESKTOP,
            scripts: true,
            _chromium: chromium,
        };
        DESKTOP.show(&person.page, 1.0).await;
        screen::prefer(&person.page, "light").await;
        person
    }

    /// Sits down at another screen.
    pub(crate) async fn takes(&mut self, screen: Screen) {
        self.screen = screen;
        screen.show(&self.page, 1.0).await;
    }

    /// Switches JavaScript off.
    pub(crate) async fn switches_scripts_off(&mut self) {
        self.scripts = false;
        self.page.execute(SetScriptExecutionDisabledParams::new(true)).await.unwrap();
    }

    /// Makes the pages to come believe that time passes twenty times as fast.
    pub(crate) async fn hurries(&self) {
        let hurry = "(() => { const slow = setTimeout; window.setTimeout = (act, ms) => slow(act, ms / 20); })()";
        self.page.evaluate_on_new_document(hurry).await.unwrap();
    }

    // Doing

    /// Opens a page and looks at it.
    pub(crate) async fn goes_to(&mut self, path: &str) {
        self.opens(path).await;
        self.looks().await;
    }

    /// Opens a page that answers with a status other than 200.
    pub(crate) async fn goes_to_refused(&mut self, path: &str, status: u16) {
        self.expects(status, "GET", path);
        self.goes_to(path).await;
    }

    async fn opens(&mut self, path: &str) {
        let url = format!("{}{path}", self.site);
        self.page.goto(url).await.unwrap();
        self.until("the page is there", "document.readyState === 'complete'").await;
    }

    /// Signs in at `/login` and arrives.
    pub(crate) async fn logs_in(&mut self, username: &str) {
        self.goes_to("/login").await;
        self.types("#id_username", username).await;
        self.types("#id_password", PASSWORD).await;
        self.presses("Log in").await;
        self.sees("You are logged in.").await;
    }

    /// Replaces what stands in a field.
    pub(crate) async fn types(&self, field: &str, text: &str) {
        self.clicks(field).await;
        self.evaluate("document.activeElement.select()").await.unwrap();
        self.writes(text).await;
        self.until("the field is filled in", &format!("document.querySelector({field:?}).value === {text:?}")).await;
    }

    /// Writes where the cursor is.
    pub(crate) async fn writes(&self, text: &str) {
        self.page.execute(InsertTextParams::new(text)).await.unwrap();
    }

    /// Presses a key: `Tab`, `Enter` or `Space`.
    pub(crate) async fn strikes(&self, key: &str) {
        let (key, text, code) = match key {
            "Enter" => ("Enter", Some("\r"), 13),
            "Space" => (" ", Some(" "), 32),
            "Tab" => ("Tab", None, 9),
            other => panic!("no such key: {other}"),
        };
        for event in [DispatchKeyEventType::KeyDown, DispatchKeyEventType::KeyUp] {
            let mut stroke =
                DispatchKeyEventParams::builder().r#type(event.clone()).key(key).windows_virtual_key_code(code);
            if let (Some(text), DispatchKeyEventType::KeyDown) = (text, event) {
                stroke = stroke.text(text);
            }
            self.page.execute(stroke.build().unwrap()).await.unwrap();
        }
    }

    /// Clicks what is there.
    pub(crate) async fn clicks(&self, selector: &str) {
        let element = self.element(selector).await;
        self.clicks_on(&element).await;
    }

    /// Presses a button that does something on the page itself.
    pub(crate) async fn presses_here(&self, words: &str) {
        let element = self.worded("main", words).await;
        self.clicks_on(&element).await;
    }

    /// Presses a button or follows a link of the page's main part, and looks at the page that comes.
    pub(crate) async fn presses(&mut self, words: &str) {
        self.presses_in("main", words).await;
    }

    /// The same, elsewhere on the page.
    pub(crate) async fn presses_in(&mut self, place: &str, words: &str) {
        let element = self.worded(place, words).await;
        self.leaves(self.clicks_on(&element)).await;
        self.looks().await;
    }

    /// Does something that leads to another page, and waits until that is there.
    pub(crate) async fn leaves(&self, act: impl Future<Output = ()>) {
        self.evaluate("window.leftBehind = true").await.unwrap();
        act.await;
        self.until("another page is there", "!window.leftBehind && document.readyState === 'complete'").await;
    }

    /// Opens the file picker by a click and chooses a file in it.
    pub(crate) async fn chooses_file(&self, opener: &str, file: &Path) {
        self.chooses_files(opener, &[file.to_owned()]).await;
    }

    /// The same with several at once.
    pub(crate) async fn chooses_files(&self, opener: &str, files: &[PathBuf]) {
        self.page.execute(SetInterceptFileChooserDialogParams::new(true)).await.unwrap();
        let mut pickers = self.page.event_listener::<EventFileChooserOpened>().await.unwrap();
        self.clicks(opener).await;
        let picker = tokio::time::timeout(DEADLINE, pickers.next()).await.expect("no file picker opens").unwrap();
        let names: Vec<_> = files.iter().map(|file| file.display().to_string()).collect();
        let mut files = SetFileInputFilesParams::new(names);
        files.backend_node_id = picker.backend_node_id;
        self.page.execute(files).await.unwrap();
    }

    /// Makes the line slow, in bytes a second, or fast again.
    pub(crate) async fn line_carries(&self, bytes: Option<u32>) {
        let throughput = bytes.map_or(-1.0, f64::from);
        let everywhere = NetworkConditions::new("", 0.0, throughput, throughput);
        let line = EmulateNetworkConditionsByRuleParams::new(false, vec![everywhere]);
        self.page.execute(line).await.unwrap();
    }

    /// Goes back in the history to a page that was seen before, as the Back button's menu does.
    pub(crate) async fn goes_back_to(&self, path: &str) {
        let history = self.page.execute(GetNavigationHistoryParams::default()).await.unwrap();
        let url = format!("{}{path}", self.site);
        let entry = history.entries.iter().rev().find(|entry| entry.url == url).expect("it was seen before");
        self.page.execute(NavigateToHistoryEntryParams::new(entry.id)).await.unwrap();
    }

    /// Takes a picture of the screen, and keeps it if that was asked for.
    pub(crate) async fn photographs(&self, name: &str) {
        self.screen.show(&self.page, self.screen.sharpness()).await;
        self.evaluate("document.activeElement.blur(); scrollTo(0, 0)").await.unwrap();
        let picture = self.page.screenshot(ScreenshotParams::builder().build()).await.unwrap();
        if std::env::var_os("PORTICO_SCREENSHOTS").is_some_and(|wanted| wanted == "1") {
            let folder = root().join("docs/screenshots");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join(name).with_extension("png"), picture).unwrap();
        }
        self.screen.show(&self.page, 1.0).await;
    }

    // Looking

    /// Where the site is.
    pub(crate) fn site(&self) -> &str {
        &self.site
    }

    /// What may go wrong with the next page: it is refused, as it should be.
    pub(crate) fn expects(&mut self, status: u16, method: &str, path: &str) {
        self.expected.push(format!("{status} {method} {}{path}", self.site));
    }

    /// Holds the page to what every page is held to.
    pub(crate) async fn looks(&mut self) {
        let place = self.place().await;
        let wide = self.evaluate("document.documentElement.scrollWidth").await.unwrap();
        assert!(wide.as_u64() <= Some(self.screen.width.into()), "{place} is {wide} wide, on {}", self.screen.width);
        if self.scripts {
            axe::check(self).await;
        } else {
            self.page.execute(SetScriptExecutionDisabledParams::new(false)).await.unwrap();
            axe::check(self).await;
            self.page.execute(SetScriptExecutionDisabledParams::new(true)).await.unwrap();
        }
        let expected = std::mem::take(&mut self.expected);
        assert_eq!(self.watch.problems(), expected, "what went wrong, and what was expected to, at {place}");
    }

    /// Waits until these words can be read on the page.
    pub(crate) async fn sees(&self, words: &str) {
        self.until(&format!("{words:?} can be read"), &format!("document.body.innerText.includes({words:?})")).await;
    }

    /// These words are not on the page.
    pub(crate) async fn sees_no(&self, words: &str) {
        assert!(!self.text("body").await.contains(words), "{words:?} at {}", self.place().await);
    }

    /// The words of an element, as they are shown.
    pub(crate) async fn text(&self, selector: &str) -> String {
        self.string(&format!("document.querySelector({selector:?}).innerText")).await
    }

    /// What stands in a field.
    pub(crate) async fn value(&self, selector: &str) -> String {
        self.string(&format!("document.querySelector({selector:?}).value")).await
    }

    /// What an expression gives, as text.
    pub(crate) async fn string(&self, expression: &str) -> String {
        let value = self.evaluate(expression).await.unwrap();
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }

    /// Whether it is so, now.
    pub(crate) async fn finds(&self, expression: &str) -> bool {
        self.evaluate(expression).await.unwrap() == Value::Bool(true)
    }

    /// The address, less the site's.
    pub(crate) async fn place(&self) -> String {
        self.string("decodeURIComponent(location.href)").await.trim_start_matches(&self.site).to_owned()
    }

    /// Waits until it is so.
    pub(crate) async fn until(&self, what: &str, expression: &str) {
        let began = Instant::now();
        // A page that is just being left has nothing to ask: then it is not so yet.
        while self.evaluate(expression).await != Ok(Value::Bool(true)) {
            if began.elapsed() > DEADLINE {
                let text = self.evaluate("`${location.href}\\n${document.body.innerText}`").await;
                let text = text.unwrap_or_default();
                panic!("in vain: {what}: {expression}\n{}", text.as_str().unwrap_or_default());
            }
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Evaluates JavaScript as the browser's own tools do: scripts may be off, and the page's policy does not apply.
    pub(crate) async fn evaluate(&self, expression: &str) -> Result<Value, String> {
        let params = EvaluateParams::builder().expression(expression).await_promise(true).return_by_value(true);
        let answer = self.page.execute(params.build()?).await.map_err(|error| error.to_string())?;
        match &answer.exception_details {
            Some(thrown) => Err(thrown.exception.as_ref().and_then(|e| e.description.clone()).unwrap_or_default()),
            None => Ok(answer.result.result.value.clone().unwrap_or_default()),
        }
    }

    /// Scrolls to it and clicks. The crate's own click scrolls by a script, and waits for ever where there are none.
    async fn clicks_on(&self, element: &Element) {
        let scroll = ScrollIntoViewIfNeededParams::builder().backend_node_id(element.backend_node_id).build();
        self.page.execute(scroll).await.unwrap();
        let point = element.clickable_point().await.unwrap();
        self.page.click(point).await.unwrap();
    }

    async fn worded(&self, place: &str, words: &str) -> Element {
        let xpath = format!("//{place}//*[self::button or self::a][normalize-space()='{words}']");
        match self.page.find_xpath(&xpath).await {
            Ok(element) => element,
            Err(error) => panic!("no {words:?} in {place} at {}: {error}", self.place().await),
        }
    }

    async fn element(&self, selector: &str) -> Element {
        match self.page.find_element(selector).await {
            Ok(element) => element,
            Err(error) => panic!("no {selector} at {}: {error}", self.place().await),
        }
    }
}
