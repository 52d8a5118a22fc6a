// The pages of /media without leaving them: choose or drop several files, watch them go to S3, pause, go on, also after a
// reload. The list itself is drawn by the server alone: when something has changed, it is fetched and put in place. Without
// this script the same button opens a page with the form that goes to S3. The words are the section's data attributes.
import { PAUSE, discard, poll, unfinished, upload } from './upload.js';

const AT_ONCE = 2; // files; a large one is sent in several parts at a time besides
const section = document.querySelector('[data-upload]');
const language = document.documentElement.lang;
if (section) uploads();
copying();

function uploads() {
  const list = document.querySelector('[data-transfers]');
  const form = section.querySelector('[data-choose]');
  const opener = form.querySelector('button');
  const spoken = section.querySelector('[data-spoken]');
  const words = (name, values = {}) =>
    Object.entries(values).reduce((text, [key, value]) => text.replace(`{${key}}`, value), section.getAttribute(`data-text-${name}`));
  const purposes = [...form.elements.purpose.options].map(({ value, dataset }) => ({
    ...dataset, name: value, accepts: dataset.accept.split(',').map((type) => type.trim()),
  }));

  const input = Object.assign(document.createElement('input'), {
    type: 'file', multiple: true, hidden: true, accept: purposes.map(({ accept }) => accept).join(','),
  });
  section.append(input);

  const transfers = new Set();
  let waited = null; // the transfer whose file is being chosen

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    choose(null);
  });
  input.addEventListener('change', () => {
    const files = [...input.files];
    const going = waited;
    input.value = ''; // so that choosing the same file again is a change
    waited = null;
    if (going && files[0] && !going.isOf(files[0])) going.tell('unfinished', words('other', { name: going.name }));
    else add(files);
  });
  input.addEventListener('cancel', () => (waited = null));

  const carriesFile = (event) => event.dataTransfer?.types.includes('Files');
  let depth = 0; // dragenter and dragleave also fire for the children
  for (const [name, step] of [['dragenter', 1], ['dragleave', -1]]) {
    document.addEventListener(name, (event) => {
      if (carriesFile(event)) section.classList.toggle('dropping', (depth += step) > 0);
    });
  }
  document.addEventListener('dragover', (event) => carriesFile(event) && event.preventDefault());
  document.addEventListener('drop', (event) => {
    if (!carriesFile(event)) return;
    event.preventDefault();
    depth = 0;
    section.classList.remove('dropping');
    add([...event.dataTransfer.files]);
  });
  window.addEventListener('beforeunload', (event) => {
    if ([...transfers].some(({ control }) => control)) event.preventDefault();
  });

  unfinished().then((memories) => {
    for (const memory of memories) if (purposes.some(({ name }) => name === memory.purpose)) new Transfer(memory).offer(memory);
  });
  follow();

  function choose(transfer) {
    waited = transfer;
    input.multiple = !transfer;
    input.click();
  }

  function add(files) {
    for (const file of files) {
      const left = [...transfers].find((transfer) => transfer.isOf(file) && !transfer.control);
      (left ?? new Transfer(file)).queue(file);
    }
    next();
  }

  /** Starts what waits, as far as there is room. */
  function next() {
    const running = [...transfers].filter(({ state }) => state === 'running').length;
    const waiting = [...transfers].filter(({ state }) => state === 'queued');
    for (const transfer of waiting.slice(0, Math.max(0, AT_ONCE - running))) transfer.run();
  }

  /** One file on its way: a row. */
  function Transfer({ name, size, lastModified }) {
    const row = document.querySelector('[data-transfer]').content.firstElementChild.cloneNode(true);
    const find = (selector) => row.querySelector(selector);
    const [bar, note] = [find('progress'), find('[data-note]')];
    const self = Object.assign(this, { name, state: '', control: null, isOf, offer, queue, run, tell });
    let [id, file, sent] = [null, null, 0];
    find('[data-name]').textContent = name;
    bar.setAttribute('aria-label', name);
    for (const [act, how] of Object.entries({ pause, 'go-on': goOn, retry, cancel, dismiss })) {
      const button = find(`[data-act=${act}]`);
      button.setAttribute('aria-label', `${button.textContent}: ${name}`);
      button.addEventListener('click', () => {
        if (!['pause', 'go-on'].includes(act)) opener.focus(); // the others go away when pressed
        how();
      });
    }
    transfers.add(self);
    list.append(row);
    list.hidden = false;

    function isOf(other) {
      return other.name === name && other.size === size && other.lastModified === lastModified;
    }

    function tell(state, text, aloud = true) {
      row.dataset.state = state;
      if (note.textContent !== text) {
        note.textContent = text;
        if (aloud) spoken.textContent = `${name}: ${text}`;
      }
    }

    function offers(...acts) {
      const focused = row.contains(document.activeElement);
      for (const button of row.querySelectorAll('[data-act]')) button.hidden = !acts.includes(button.dataset.act);
      if (focused && document.activeElement.hidden) find('[data-act]:not([hidden])')?.focus();
    }

    /** What an earlier visit has left. */
    function offer(memory) {
      ({ id, sent } = memory);
      bar.value = (100 * sent) / size;
      tell('unfinished', words('unfinished', { sent: bytes(sent), total: bytes(size) }));
      offers('go-on', 'cancel');
      hideCards();
    }

    function queue(chosen) {
      file = chosen;
      self.state = 'queued';
      self.control = new AbortController();
      tell('queued', words('queued'), false);
      offers('cancel');
    }

    async function run() {
      self.state = 'running';
      const { signal } = self.control;
      try {
        const type = typeOf(file);
        const purpose = purposes.find(({ accepts }) => accepts.includes(type));
        if (!purpose) throw Object.assign(new Error(), { code: 'type' });
        const { maxBytes, maxSide } = purpose;
        const verdict = await upload(file, { purpose: purpose.name, type, maxBytes, maxSide, signal, onprogress: watch });
        await settle(verdict);
      } catch (error) {
        stopped(error, signal);
      } finally {
        self.control = null;
        if (self.state === 'running') self.state = '';
        next();
      }
    }

    function watch(progress) {
      if (progress.id && progress.id !== id) {
        id = progress.id;
        hideCards();
      }
      ({ sent } = progress);
      const { state, total, speed, left } = progress;
      if (state === 'sending') {
        bar.value = (100 * sent) / total;
        const parts = [words('sending', { sent: bytes(sent), total: bytes(total) })];
        if (speed && left) parts.push(words('speed', { speed: bytes(speed), left: duration(left) }));
        tell(state, parts.join(' · '), false);
        offers('pause', 'cancel');
      } else if (state === 'verifying') {
        bar.removeAttribute('value');
        self.control = null; // nothing is lost by leaving now
        tell(state, words(state));
        offers();
      } else {
        tell(state, words(state), state === 'waiting');
      }
    }

    async function settle({ state, reason }) {
      bar.hidden = true;
      const ready = state === 'ready';
      if (ready) remove();
      else self.state = 'settled';
      await refresh();
      if (ready) {
        spoken.textContent = `${name}: ${words('ready')}`;
      } else if (state === 'rejected') {
        tell('rejected', (reason && card(id)?.querySelector('.file-state')?.textContent) || words('rejected'));
        offers('dismiss');
      } else {
        tell('verifying', words('slow'));
        offers('dismiss');
      }
    }

    function stopped(error, signal) {
      if (signal.aborted && error === PAUSE) {
        tell('paused', words('paused', { sent: bytes(sent), total: bytes(size) }));
        return offers('go-on', 'cancel');
      }
      if (signal.aborted) {
        remove();
        spoken.textContent = `${name}: ${words('cancelled')}`;
        return refresh();
      }
      const limit = purposes.find(({ accepts }) => accepts.includes(typeOf(file)))?.maxBytes;
      const known = { type: 'type', empty: 'empty', too_large: 'size', unreadable: 'unreadable' }[error.code];
      const final = known || (error.said && !error.again);
      const text = known ? words(known, { max: bytes(limit ?? 0) }) : error.said || words(error.again && sent ? 'stopped' : 'failed');
      tell('failed', text);
      offers(...(final ? ['dismiss'] : ['retry', 'cancel']));
      refresh();
    }

    function pause() {
      self.control?.abort(PAUSE);
    }

    function goOn() {
      if (file) retry();
      else choose(self);
    }

    function retry() {
      queue(file);
      next();
    }

    function cancel() {
      if (self.state === 'running') return self.control?.abort();
      if (id) discard(id).then(refresh);
      dismiss();
      spoken.textContent = `${name}: ${words('cancelled')}`;
    }

    function dismiss() {
      remove();
      hideCards();
      next();
    }

    function remove() {
      self.state = 'gone';
      transfers.delete(self);
      row.remove();
      list.hidden = !transfers.size;
    }

    Object.defineProperty(self, 'id', { get: () => id });
  }

  const card = (id) => document.querySelector(`[data-file="${CSS.escape(id)}"]`);

  /** A file that is on its way has its row, and no second place in the list until it is decided. */
  function hideCards() {
    const rows = new Set([...transfers].filter(({ state }) => state !== 'settled').map(({ id }) => id));
    for (const each of document.querySelectorAll('[data-file]')) each.hidden = rows.has(each.dataset.file);
  }

  /** The list and the quotas as they are by now. */
  async function refresh() {
    const response = await fetch(location.href, { headers: { Accept: 'text/html' } }).catch(() => null);
    if (!response?.ok || response.redirected) return;
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    for (const name of ['[data-files]', '[data-usage]']) {
      const [here, there] = [document.querySelector(name), page.querySelector(name)];
      if (!there) continue;
      const focused = here.contains(document.activeElement) && document.activeElement.getAttribute('href');
      here.replaceWith(there);
      if (focused) there.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
    }
    hideCards();
  }

  /** What was being checked when the page came is asked for, and shown when it is decided. */
  function follow() {
    for (const { dataset } of document.querySelectorAll('[data-state=verifying]')) {
      poll(`/uploads/${encodeURIComponent(dataset.file)}`).then(refresh, () => {});
    }
  }
}

/** Not every system knows the type of every file. */
function typeOf({ name, type }) {
  const ending = /\.(\w+)$/.exec(name)?.[1].toLowerCase();
  const known = { csv: 'text/csv', txt: 'text/plain', mov: 'video/quicktime', mp4: 'video/mp4', webm: 'video/webm', webp: 'image/webp' };
  return known[ending] ?? type;
}

/** Bytes as the pages say them. */
function bytes(count) {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let unit = 0;
  for (; count >= 1024 && unit < 3; unit++) count /= 1024;
  return `${unit > 1 && count < 100 ? Math.round(count * 10) / 10 : Math.floor(count)} ${units[unit]}`;
}

/** Seconds in words, and no more exactly than they can be known. */
function duration(seconds) {
  const [size, unit] = seconds < 90 ? [1, 'second'] : seconds < 5400 ? [60, 'minute'] : [3600, 'hour'];
  const count = Math.ceil(seconds / size / (unit === 'second' && seconds > 20 ? 5 : 1)) * (unit === 'second' && seconds > 20 ? 5 : 1);
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
}

/** A link that is shown once is copied by a button, where the browser lets one. */
function copying() {
  const link = document.querySelector('[data-link]');
  if (!link) return;
  link.addEventListener('focus', () => link.select());
  const button = document.querySelector('[data-copy]');
  button.hidden = !navigator.clipboard;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(link.value);
    link.closest('section').querySelector('[data-spoken]').textContent = button.textContent = button.dataset.copy;
  });
}
