//! Sends what was promised: an item of the outbox, as its stream tells, becomes a mail.
//!
//! The stream delivers at least once, and two deliveries can run at the same time. Each takes the mail for itself first,
//! by a conditional write, and notes that it was sent: a repetition finds that. What cannot be excluded is that a crash
//! falls between the provider's acceptance and the note; then the mail is sent again, under the same `Message-ID`.

mod addressee;

use portico::mail::compose::{Draft, compose};
use portico::mail::{Message, Promise};
use portico::store::outbox::Claim;
use portico::{Change, Error, ItemChanged, JobContext, Jobs, Result};

use addressee::Fate;

/// What this function works through.
pub fn jobs() -> Jobs {
    Jobs::on_item_changed(process)
}

/// How long a mail is one delivery's alone, seconds: longer than sending it takes (`EMAIL_TIMEOUT` is 20 at most).
const HELD: i64 = 30;

/// How long it is remembered that a mail was sent, seconds: a stream keeps its records for a day.
const REMEMBERED: i64 = 2 * 86_400;

async fn process(cx: JobContext, item: ItemChanged) -> Result<&'static str> {
    let promised = item.key.mail_id().filter(|_| item.change == Change::Insert);
    // An order to try it once more may come again, and then it is changed.
    let ordered = item.key.to_retry().filter(|_| item.change != Change::Remove);
    let Some(id) = promised.or(ordered) else { return Ok("ignored") };
    let now = cx.now().as_second();
    let until = now + HELD;
    let (promise, attempt) = match cx.store().claim_mail(id, now, until).await? {
        Claim::Granted { promise, attempt } => (promise, attempt),
        // It may yet fail there: this delivery comes again and sees.
        Claim::Held => return Err(Error::Conflict),
        Claim::Sent => return Ok("sent already"),
        Claim::Gone => return Ok("gone"),
    };
    let sent = send(&cx, &promise, attempt).await;
    if let Err(error) = &sent {
        // Without this note the next try would wait until the claim ends.
        cx.store().mail_failed(id, until, &portico::log::chain(error)).await?;
    }
    sent
}

async fn send(cx: &JobContext, promise: &Promise, attempt: u64) -> Result<&'static str> {
    let draft = match addressee::decide(cx, promise, attempt).await? {
        Fate::Write(draft) => draft,
        Fate::Drop(why) => {
            cx.store().forget_mail(promise.id).await?;
            return Ok(why);
        }
    };
    let message = write(cx, &draft)?;
    let mime = message.to_mime(cx.app().config(), promise.id, cx.now())?;
    cx.app().mailer().send(&mime).await.map_err(Error::unavailable)?;
    let now = cx.now().as_second();
    cx.store().mail_sent(promise.id, now, now + REMEMBERED).await?;
    Ok("sent")
}

fn write(cx: &JobContext, draft: &Draft<'_>) -> Result<Message> {
    compose(cx.app().pages(), cx.app().config(), draft)
}
