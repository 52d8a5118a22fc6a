// What a script can add to a page that already works without one.
(() => {
  'use strict';

  // The summary of errors is the first thing to read after a refused form.
  document.querySelector('[data-error-summary]')?.focus();

  // Messages can be put away.
  const messages = document.querySelector('[data-messages]');
  for (const message of messages?.children ?? []) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'message-dismiss';
    button.setAttribute('aria-label', messages.dataset.dismiss);
    button.textContent = '×';
    button.addEventListener('click', () => {
      message.remove();
      if (!messages.children.length) messages.remove();
      document.getElementById('main').focus({ preventScroll: true });
    });
    message.append(button);
    // A screen reader says what changes in a region, not what was there when the page came: only an alert is said
    // at once. So the same words are put in once more.
    const words = message.querySelector('p');
    if (message.getAttribute('role') === 'status') setTimeout(() => { words.textContent = words.textContent; }, 250);
  }

  // A moment is told in the reader's own time zone.
  const moment = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'long', timeStyle: 'short' });
  for (const time of document.querySelectorAll('time[data-local]')) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) time.textContent = moment.format(at);
  }

  // A password can be looked at while it is typed, and is hidden again before it is sent: a browser
  // would otherwise offer it later as ordinary text.
  for (const input of document.querySelectorAll('input[data-reveal]')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'reveal-toggle';
    button.setAttribute('aria-controls', input.id);
    const label = input.labels[0]?.textContent.trim();
    const show = (shown) => {
      input.type = shown ? 'text' : 'password';
      button.textContent = shown ? input.dataset.conceal : input.dataset.reveal;
      button.setAttribute('aria-label', `${button.textContent}: ${label}`);
    };
    show(false);
    button.addEventListener('click', () => show(input.type === 'password'));
    input.form?.addEventListener('submit', () => show(false));
    input.after(button);
  }

  // The counter counts characters as the server does: by code point, a line break as one. `maxlength`
  // counts UTF-16 units and cuts a pasted text without a word, so the counter takes its place.
  for (const area of document.querySelectorAll('textarea[data-counter]')) {
    const limit = area.maxLength;
    if (limit < 0) continue;
    area.removeAttribute('maxlength');
    const refused = area.getAttribute('aria-invalid') === 'true';
    const shown = document.createElement('p');
    shown.className = 'counter';
    shown.setAttribute('aria-hidden', 'true');
    const spoken = document.createElement('p');
    spoken.className = 'visually-hidden';
    spoken.setAttribute('role', 'status');
    let pause;
    const count = (speak) => {
      const used = [...area.value].length;
      shown.textContent = `${used} / ${limit}`;
      shown.classList.toggle('counter-over', used > limit);
      if (used > limit || refused) area.setAttribute('aria-invalid', 'true');
      else area.removeAttribute('aria-invalid');
      clearTimeout(pause);
      if (speak) {
        pause = setTimeout(() => {
          spoken.textContent = area.dataset.counter.replace('{n}', String(limit - used));
        }, 1000);
      }
    };
    area.after(shown, spoken);
    area.addEventListener('input', () => count(true));
    count(false);
  }

  // A double click sends a form once: "Log in" would otherwise send a second request whose token the first
  // has just replaced. Only for a second: a submission that was stopped, or that failed, can be sent again,
  // and the server answers a real repeat.
  const sent = new WeakMap();
  document.addEventListener('submit', (event) => {
    if (event.defaultPrevented) return;
    if (event.timeStamp - sent.get(event.target) < 1000) event.preventDefault();
    else sent.set(event.target, event.timeStamp);
  });
})();
