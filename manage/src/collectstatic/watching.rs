//! Shows how far a run is.

use std::sync::{Mutex, PoisonError};

use collectstatic::{Observer, Stage};

use crate::progress::Progress;

/// The stage under way: its bar, and the bytes that are done.
#[derive(Default)]
pub(super) struct Watching(Mutex<Option<(Stage, Progress, u64)>>);

impl Observer for Watching {
    fn begin(&self, stage: Stage, bytes: u64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((stage, Progress::of_bytes(bytes), 0));
    }

    fn advance(&self, bytes: u64) {
        if let Some((stage, progress, done)) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            *done += bytes;
            progress.tell(*done, || {
                let doing = match stage {
                    Stage::Read => "reading",
                    Stage::Write => "writing",
                    Stage::Compress => "compressing",
                };
                doing.to_owned()
            });
        }
    }
}
