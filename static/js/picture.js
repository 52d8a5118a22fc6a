// The picture section of the profile page, without leaving the page: choose or drop a file, see it,
// watch it go to S3, wait for the verdict, also after a reload. Without this script the same button opens
// a page with the form that goes to S3. The words are the section's data attributes.
import { UploadError, poll, upload } from './upload.js';

const section = document.querySelector('[data-picture]');
if (section) {
  const find = (name) => section.querySelector(`[data-${name}]`);
  const [choose, retry, recheck, cancel, remove, status, progress] =
    ['choose', 'retry', 'recheck', 'cancel', 'remove', 'status', 'progress'].map(find);
  const opener = choose.querySelector('button');
  const bar = progress.querySelector('progress');
  const picture = find('avatar');
  const types = section.dataset.types.split(',');
  const text = (name) => section.getAttribute(`data-text-${name}`);
  const awaited = (state) => ['pending', 'verifying'].includes(state);
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

  /** A failure in words for the visitor, which the same file would meet again. */
  class Refusal extends Error {}

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
      if (!types.includes(file.type)) throw new Refusal(text('type'));
      show(file);
      say('pending', text('uploading'));
      section.ariaBusy = opener.ariaDisabled = 'true';
      bar.value = 0;
      progress.hidden = false;
      const { maxBytes, maxSide } = section.dataset;
      settle(await upload(file, { purpose: 'avatar', signal, maxBytes, maxSide, onprogress: watch, resume: false }));
    } catch (error) {
      fail(error, signal);
      recheck.hidden = !earlier;
      retry.hidden = final(error) && !signal.aborted;
    } finally {
      running = null;
      section.ariaBusy = opener.ariaDisabled = null;
      progress.hidden = true;
      cancel.hidden = false;
    }
  }

  function watch({ id, state, sent, total }) {
    if (state === 'sending') bar.value = (100 * sent) / total;
    if (state !== 'verifying') return;
    bar.removeAttribute('value');
    cancel.hidden = true; // there is nothing left to call back
    say('verifying', text('verifying'));
    asked = `/uploads/${encodeURIComponent(id)}`;
  }

  /** Waits for an upload that is not under way here. */
  async function follow() {
    following = new AbortController();
    const { signal } = following;
    recheck.hidden = true;
    try {
      settle(await poll(asked, { signal, onstate: tell, pick }));
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
    const shown = state === 'ready' && same ? 'current' : state;
    if (url) adopt(url);
    say(shown, text(shown));
  }

  /** What is awaited; second to a picture that is in use. */
  function tell(known, prefix = '') {
    const state = asked === '/profile' ? known : 'verifying'; // what was sent from here has arrived
    if (preview || !picture.querySelector('img')) say(state, text(prefix + state));
    else say('current', text('current'), text(`newer-${prefix}${state}`));
  }

  /** The profile tells of the newest upload, an upload's own address of that one. */
  function pick(body) {
    return body.user ? body.user.avatar ?? { state: 'none' } : body;
  }

  function fail(error, signal) {
    restore();
    if (signal.aborted) say('none', text('cancelled'));
    else say('rejected', words(error));
  }

  function words(error) {
    if (error instanceof Refusal) return error.message;
    const known = { empty: 'empty', too_large: 'size' }[error.code];
    return known ? text(known) : error.said || text('failed');
  }

  /** Whether trying again is idle. What was said of the file will be said again. */
  function final(error) {
    if (error instanceof Refusal) return true;
    return error instanceof UploadError && !error.again && (!!error.said || ['empty', 'too_large'].includes(error.code));
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
}
