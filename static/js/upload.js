// The picture section of the profile page, without leaving the page: choose or drop a file, see it,
// watch it go to S3, wait for the verdict. Without this script the same button opens a page with the
// form that goes to S3. The words come from the section's data attributes, in the visitor's language.
(() => {
  'use strict';

  const section = document.querySelector('[data-picture]');
  if (!section) return;

  const find = (name) => section.querySelector(`[data-${name}]`);
  const [choose, retry, cancel, remove, status, progress] =
    ['choose', 'retry', 'cancel', 'remove', 'status', 'progress'].map(find);
  const bar = progress.querySelector('progress');
  const picture = find('avatar');
  const types = section.dataset.types.split(',');
  const maxBytes = Number(section.dataset.maxBytes);
  const text = (name) => section.getAttribute(`data-text-${name}`);
  const reason = (code) =>
    section.getAttribute(`data-reason-${String(code).replaceAll('_', '-')}`) ?? text('failed');

  const input = document.createElement('input');
  input.type = 'file';
  input.accept = types.join(',');
  input.hidden = true;
  section.append(input);

  let running = null; // the AbortController of the upload under way
  let last = null; // the file that "Try again" sends once more
  let preview = null; // the blob: address shown meanwhile
  let settled = [...picture.childNodes]; // what the picture goes back to

  /** A failure whose message is meant for the visitor. */
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
  retry.addEventListener('click', () => {
    choose.querySelector('button').focus();
    start(last);
  });
  cancel.addEventListener('click', () => {
    choose.querySelector('button').focus();
    running?.abort();
  });

  const carriesFile = (event) => event.dataTransfer?.types.includes('Files');
  let depth = 0; // dragenter and dragleave also fire for the children
  section.addEventListener('dragenter', (event) => {
    if (carriesFile(event)) section.classList.toggle('dropping', ++depth > 0);
  });
  section.addEventListener('dragleave', (event) => {
    if (carriesFile(event)) section.classList.toggle('dropping', --depth > 0);
  });
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
  window.addEventListener('beforeunload', (event) => running && event.preventDefault());

  async function start(file) {
    last = file;
    running = new AbortController();
    const { signal } = running;
    retry.hidden = true;
    try {
      check(file);
      show(file);
      say('pending', text('uploading'));
      section.setAttribute('aria-busy', 'true');
      choose.querySelector('button').setAttribute('aria-disabled', 'true');
      advance(0);
      progress.hidden = false;
      const upload = await promise(file, signal);
      await send(upload, file, signal);
      bar.removeAttribute('value'); // indeterminate
      cancel.hidden = true; // the file has arrived: there is nothing left to call back
      say('verifying', text('verifying'));
      const verdict = await wait(upload.id, signal);
      if (verdict.state === 'rejected') throw new Refusal(reason(verdict.reason));
      if (verdict.state === 'ready') {
        adopt(verdict.url);
        say('ready', text('ready'));
      } else {
        say('verifying', text('slow'));
      }
    } catch (error) {
      restore();
      if (signal.aborted) say('none', text('cancelled'));
      else if (error instanceof Refusal) say('rejected', error.message);
      else say('rejected', text('failed'));
      retry.hidden = !(signal.aborted || !(error instanceof Refusal) || error.again);
    } finally {
      running = null;
      section.removeAttribute('aria-busy');
      choose.querySelector('button').removeAttribute('aria-disabled');
      progress.hidden = true;
      cancel.hidden = false;
    }
  }

  /** What the server would refuse anyway is said before anything is sent. */
  function check(file) {
    if (!types.includes(file.type)) throw new Refusal(text('type'));
    if (file.size === 0) throw new Refusal(text('empty'));
    if (file.size > maxBytes) throw new Refusal(text('size'));
  }

  /** Asks for a signed form for exactly this file. */
  async function promise(file, signal) {
    const response = await fetch('/uploads', {
      method: 'POST',
      headers: {
        'Accept': 'application/json',
        'Content-Type': 'application/json',
        'X-CSRFToken': choose.querySelector('[name=csrfmiddlewaretoken]').value,
      },
      body: JSON.stringify({
        purpose: 'avatar', filename: file.name, content_type: file.type, size: file.size, method: 'POST',
      }),
      signal,
    });
    return answer(response);
  }

  async function answer(response) {
    const body = await response.json().catch(() => null);
    if (response.ok && body) return body;
    const error = body?.error;
    const field = Object.values(error?.fields ?? body?.errors ?? {}).flat()[0];
    throw new Refusal(field?.message ?? error?.message ?? text('failed'), response.status >= 500 || response.status === 429);
  }

  /** The file itself, straight to S3: the signed fields first, the file last. fetch cannot tell how far it is. */
  function send(upload, file, signal) {
    return new Promise((resolve, reject) => {
      const form = new FormData();
      for (const [name, value] of Object.entries(upload.fields)) form.append(name, value);
      form.append('file', file);
      const request = new XMLHttpRequest();
      request.upload.addEventListener('progress', (event) => {
        if (event.lengthComputable) advance((100 * event.loaded) / event.total);
      });
      request.addEventListener('load', () => {
        if (request.status >= 200 && request.status < 300) resolve();
        else if (/EntityTooLarge/.test(request.responseText)) reject(new Refusal(text('size')));
        else reject(new Refusal(text('failed'), true));
      });
      request.addEventListener('error', () => reject(new Refusal(text('failed'), true)));
      request.addEventListener('abort', () => reject(signal.reason));
      signal.addEventListener('abort', () => request.abort());
      if (signal.aborted) return reject(signal.reason);
      request.open('POST', upload.url);
      request.send(form);
    });
  }

  /** The verdict, asked for at growing distances for about a minute. */
  async function wait(id, signal) {
    for (let delay = 400, tries = 0; tries < 20; tries++, delay = Math.min(delay * 1.4, 4000)) {
      await new Promise((resolve) => setTimeout(resolve, delay));
      let response;
      try {
        response = await fetch(`/uploads/${encodeURIComponent(id)}`, { headers: { 'Accept': 'application/json' }, signal });
      } catch (error) {
        if (signal.aborted) throw error;
        continue; // a lost connection may come back; the file is safe where it is
      }
      if (response.status >= 500 || response.status === 429) continue;
      const body = await answer(response);
      const upload = body.upload ?? body;
      if (upload.state === 'ready' || upload.state === 'rejected') return upload;
    }
    return { state: 'verifying' };
  }

  function say(state, words) {
    status.dataset.state = state;
    status.textContent = words;
  }

  function advance(percent) {
    bar.value = percent;
  }

  function image(url) {
    const img = document.createElement('img');
    img.src = url;
    img.alt = '';
    return img;
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
    if (preview) URL.revokeObjectURL(preview);
    preview = null;
  }

  /** The published picture, here and in the header; the preview stays until it has loaded. */
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
