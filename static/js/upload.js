// The picture section of the profile page, without leaving the page: choose or drop a file, see it,
// watch it go to S3, wait for the verdict, also after a reload. Without this script the same button opens
// a page with the form that goes to S3. The words are the section's data attributes.
(() => {
  'use strict';

  const section = document.querySelector('[data-picture]');
  if (!section) return;

  const find = (name) => section.querySelector(`[data-${name}]`);
  const [choose, retry, recheck, cancel, remove, status, progress] =
    ['choose', 'retry', 'recheck', 'cancel', 'remove', 'status', 'progress'].map(find);
  const opener = choose.querySelector('button');
  const bar = progress.querySelector('progress');
  const picture = find('avatar');
  const types = section.dataset.types.split(',');
  const text = (name) => section.getAttribute(`data-text-${name}`);
  const awaited = (state) => ['pending', 'verifying'].includes(state);
  const json = { Accept: 'application/json' };
  const reason = (code) =>
    section.getAttribute(`data-reason-${String(code).replaceAll('_', '-')}`) ?? text('failed');

  const create = (name, properties) => Object.assign(document.createElement(name), properties);
  const image = (url) => create('img', { src: url, alt: '' });

  const input = create('input', { type: 'file', accept: types.join(','), hidden: true });
  section.append(input);

  let running = null; // the AbortController of the upload under way
  let following = null; // that of the wait for an earlier one
  let asked = '/profile'; // who knows how far it is
  let last = null; // the file that "Try again" sends once more
  let preview = null; // the blob: address shown meanwhile
  let settled = [...picture.childNodes]; // what the picture goes back to

  /** A failure in words for the visitor. */
  class Refusal extends Error {
    constructor(message, again = false) {
      super(message);
      this.again = again;
    }
  }

  choose.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!running) input.click();
  });
  input.addEventListener('change', () => {
    const [file] = input.files;
    input.value = ''; // so that choosing the same file again is a change
    if (file) start(file);
  });
  // These go away when pressed: the focus goes to what stays.
  for (const [button, act] of [[retry, () => start(last)], [recheck, follow], [cancel, () => running?.abort()]]) {
    button.addEventListener('click', () => {
      opener.focus();
      act();
    });
  }

  const carriesFile = (event) => event.dataTransfer?.types.includes('Files');
  let depth = 0; // dragenter and dragleave also fire for the children
  for (const [name, step] of [['dragenter', 1], ['dragleave', -1]]) {
    section.addEventListener(name, (event) => {
      if (carriesFile(event)) section.classList.toggle('dropping', (depth += step) > 0);
    });
  }
  section.addEventListener('drop', (event) => {
    depth = 0;
    section.classList.remove('dropping');
    const [file] = event.dataTransfer?.files ?? [];
    if (file && !running) start(file);
  });
  // A file that misses the section must not replace the page, and what was typed in it, with itself.
  for (const name of ['dragover', 'drop']) {
    document.addEventListener(name, (event) => carriesFile(event) && event.preventDefault());
  }
  window.addEventListener('beforeunload', (event) => running && !cancel.hidden && event.preventDefault());
  if (awaited(section.dataset.picture)) follow();

  async function start(file) {
    last = file;
    const earlier = following;
    earlier?.abort();
    running = new AbortController();
    const { signal } = running;
    retry.hidden = recheck.hidden = true;
    try {
      check(file);
      show(file);
      say('pending', text('uploading'));
      section.ariaBusy = opener.ariaDisabled = 'true';
      bar.value = 0;
      progress.hidden = false;
      const upload = await promise(file, signal);
      await send(upload, file, signal);
      bar.removeAttribute('value');
      cancel.hidden = true; // there is nothing left to call back
      say('verifying', text('verifying'));
      asked = `/uploads/${encodeURIComponent(upload.id)}`;
      settle(await wait(signal));
    } catch (error) {
      fail(error, signal);
      recheck.hidden = !earlier;
      retry.hidden = error instanceof Refusal && !error.again && !signal.aborted;
    } finally {
      running = null;
      section.ariaBusy = opener.ariaDisabled = null;
      progress.hidden = true;
      cancel.hidden = false;
    }
  }

  /** Waits for an upload that is not under way here. */
  async function follow() {
    following = new AbortController();
    const { signal } = following;
    recheck.hidden = true;
    try {
      settle(await wait(signal, tell));
    } catch (error) {
      if (signal.aborted) return;
      fail(error, signal);
    }
    following = null;
  }

  /** Says how it ended, or that it has not. */
  function settle({ state, url, reason: code }) {
    if (state === 'rejected') throw new Refusal(reason(code));
    recheck.hidden = !awaited(state);
    if (awaited(state)) return tell(state, 'slow-');
    // A newer one that never came leaves the one that was there.
    const same = picture.querySelector('img')?.src.split('?')[0] === url?.split('?')[0];
    const words = state === 'ready' && same ? 'current' : state;
    if (url) adopt(url);
    say(words, text(words));
  }

  /** What is awaited; second to a picture that is in use. */
  function tell(known, prefix = '') {
    const state = asked === '/profile' ? known : 'verifying'; // what was sent from here has arrived
    if (preview || !picture.querySelector('img')) say(state, text(prefix + state));
    else say('current', text('current'), text(`newer-${prefix}${state}`));
  }

  function fail(error, signal) {
    restore();
    if (signal.aborted) say('none', text('cancelled'));
    else say('rejected', error instanceof Refusal ? error.message : text('failed'));
  }

  /** What the server would refuse is said first. */
  function check(file) {
    if (!types.includes(file.type)) throw new Refusal(text('type'));
    if (file.size === 0) throw new Refusal(text('empty'));
    if (file.size > section.dataset.maxBytes) throw new Refusal(text('size'));
  }

  async function promise(file, signal) {
    return answer(await fetch('/uploads', {
      method: 'POST',
      headers: {
        ...json,
        'Content-Type': 'application/json',
        'X-CSRFToken': choose.querySelector('[name=csrfmiddlewaretoken]').value,
      },
      body: JSON.stringify({
        purpose: 'avatar', filename: file.name, content_type: file.type, size: file.size, method: 'POST',
      }),
      signal,
    }));
  }

  /** A refusal that may not last. */
  const passing = ({ status: code }) => code >= 500 || code === 429;

  async function answer(response) {
    const body = await response.json().catch(() => null);
    if (response.ok && body) return body;
    const error = body?.error;
    const field = Object.values(error?.fields ?? {}).flat()[0];
    throw new Refusal(field?.message ?? error?.message ?? text('failed'), passing(response));
  }

  /** The file, straight to S3, behind the signed fields. fetch cannot tell how far it is. */
  function send(upload, file, signal) {
    return new Promise((resolve, reject) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(upload.fields)) form.append(name, value);
      form.append('file', file);
      const request = new XMLHttpRequest();
      request.upload.addEventListener('progress', (event) => {
        if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
      });
      request.addEventListener('load', () => {
        if (request.status >= 200 && request.status < 300) resolve();
        else reject(/EntityTooLarge/.test(request.responseText) ? new Refusal(text('size')) : request.status);
      });
      request.onerror = request.onabort = reject;
      signal.throwIfAborted();
      signal.addEventListener('abort', () => request.abort());
      request.open('POST', upload.url);
      request.send(form);
    });
  }

  /** The verdict, asked for at growing distances for a minute; else how far it was. */
  async function wait(signal, report) {
    let upload = { state: 'verifying' };
    for (let delay = 400, tries = 0; tries < 20; tries++, delay = Math.min(delay * 1.4, 4000)) {
      await new Promise((resolve) => setTimeout(resolve, delay));
      let response;
      try {
        response = await fetch(asked, { headers: json, signal });
      } catch (error) {
        if (signal.aborted) throw error;
        continue; // a lost connection may come back
      }
      if (passing(response)) continue;
      const body = await answer(response);
      upload = body.user ? body.user.avatar ?? { state: 'none' } : body;
      if (!awaited(upload.state)) break;
      report?.(upload.state);
    }
    return upload;
  }

  /** Words that are there already are not spoken again. */
  function say(state, words, note = '') {
    status.dataset.state = state;
    if (status.textContent === `${words} ${note}`) return;
    status.replaceChildren(`${words} `, create('span', { className: 'picture-note', textContent: note }));
  }

  function show(file) {
    preview = URL.createObjectURL(file);
    picture.replaceChildren(image(preview));
  }

  function restore() {
    picture.replaceChildren(...settled);
    forget();
  }

  function forget() {
    URL.revokeObjectURL(preview);
    preview = null;
  }

  /** The published picture, here and in the header, once it has loaded. */
  function adopt(url) {
    remove.hidden = false;
    for (const place of document.querySelectorAll('[data-avatar]')) {
      const img = image(url);
      img.addEventListener('load', () => {
        place.replaceChildren(img);
        if (place === picture) {
          settled = [img];
          forget();
        }
      });
    }
  }
})();
