//! What a browser says about a page without being asked: its console, and every request that did not go well.

use std::collections::HashMap;
use std::sync::Arc;

use chromiumoxide::Page;
use chromiumoxide::cdp::IntoEventKind;
use chromiumoxide::cdp::browser_protocol::log::{EventEntryAdded, LogEntryLevel, LogEntrySource};
use chromiumoxide::cdp::browser_protocol::network::{
    EventLoadingFailed, EventRequestWillBeSent, EventResponseReceived, RequestId,
};
use chromiumoxide::cdp::js_protocol::runtime::{ConsoleApiCalledType, EventConsoleApiCalled, EventExceptionThrown};
use chromiumoxide::listeners::EventStream;
use futures_util::{FutureExt, StreamExt};

/// Listens to one page from its beginning.
pub(crate) struct Watch {
    entries: EventStream<EventEntryAdded>,
    exceptions: EventStream<EventExceptionThrown>,
    console: EventStream<EventConsoleApiCalled>,
    requests: EventStream<EventRequestWillBeSent>,
    responses: EventStream<EventResponseReceived>,
    failures: EventStream<EventLoadingFailed>,
    sent: HashMap<RequestId, (String, String)>,
}

impl Watch {
    pub(crate) async fn over(page: &Page) -> Self {
        Self {
            entries: page.event_listener().await.unwrap(),
            exceptions: page.event_listener().await.unwrap(),
            console: page.event_listener().await.unwrap(),
            requests: page.event_listener().await.unwrap(),
            responses: page.event_listener().await.unwrap(),
            failures: page.event_listener().await.unwrap(),
            sent: HashMap::new(),
        }
    }

    /// What went wrong since the last time; a refused request as `422 POST http://..`.
    pub(crate) fn problems(&mut self) -> Vec<String> {
        let mut problems = Vec::new();
        while let Some(event) = next(&mut self.requests) {
            self.sent.insert(event.request_id.clone(), (event.request.method.clone(), event.request.url.clone()));
        }
        while let Some(event) = next(&mut self.responses) {
            if event.response.status >= 400 {
                let method = self.sent.get(&event.request_id).map_or("?", |(method, _)| method);
                problems.push(format!("{} {method} {}", event.response.status, event.response.url));
            }
        }
        while let Some(event) = next(&mut self.failures) {
            // A page that was left may cancel what it still waited for.
            if event.canceled != Some(true) {
                let (method, url) = self.sent.get(&event.request_id).map_or(("?", "?"), |(m, u)| (m, u));
                problems.push(format!("{} {method} {url}", event.error_text));
            }
        }
        while let Some(event) = next(&mut self.entries) {
            let entry = &event.entry;
            // The console repeats what the network said above. A violation of the policy has another source.
            let repeated = entry.source == LogEntrySource::Network;
            if !repeated && matches!(entry.level, LogEntryLevel::Error | LogEntryLevel::Warning) {
                problems.push(format!("console: {} {}", entry.text, entry.url.as_deref().unwrap_or_default()));
            }
        }
        while let Some(event) = next(&mut self.exceptions) {
            let details = &event.exception_details;
            let thrown = details.exception.as_ref().and_then(|thrown| thrown.description.as_deref());
            problems.push(format!("exception: {} {}", details.text, thrown.unwrap_or_default()));
        }
        while let Some(event) = next(&mut self.console) {
            if matches!(event.r#type, ConsoleApiCalledType::Error | ConsoleApiCalledType::Warning) {
                let words: Vec<_> = event.args.iter().filter_map(|arg| arg.value.as_ref()).collect();
                problems.push(format!("console: {words:?}"));
            }
        }
        problems
    }
}

/// The next event that has already arrived.
fn next<T: IntoEventKind + Unpin>(stream: &mut EventStream<T>) -> Option<Arc<T>> {
    stream.next().now_or_never().flatten()
}
