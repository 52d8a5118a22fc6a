// A file goes from the browser to S3, and the verdict comes back: `import { upload } from './upload.js'`. It draws nothing
// and has no words of its own: what it tells are numbers, states and codes. docs/upload-js.md shows how to use it.

const MEMORY = 'portico.uploads'; // the key in localStorage
const TRIES = 8; // of one request, before its failure is the caller's
const SOON = 500; // milliseconds before the second try; doubled for each after it
const LATE = 20_000; // at most
const STALLED = 60_000; // milliseconds without a byte, after which a connection is given up
const PATIENCE = 60_000; // the longest wait that an answer may ask for: whoever looks on is told of a longer one
const DIGESTED = 5 * 1024 * 1024; // the largest file whose SHA-256 is told: S3 takes no smaller parts, so it is sent whole
const PARALLEL = 4; // parts under way at a time
const WINDOW = 10_000; // the speed is that of the last ten seconds

/** `abort(PAUSE)` keeps what was sent: the same file, uploaded again, goes on from there. Any other reason discards it. */
export const PAUSE = new DOMException('The upload is paused', 'AbortError');

/** Why an upload failed: a `code` for programs, the site's `message` if it said one, and whether trying `again` may help. */
export class UploadError extends Error {
  constructor(code, { message = '', again = false, after, status } = {}) {
    super(message || code);
    Object.assign(this, { name: 'UploadError', code, said: message, again, after, status });
  }
}

/**
 * Sends a file and waits for the verdict: `{id, state, reason, url}`. The state is `ready` or `rejected`, or still
 * `verifying` when `tries` questions have not brought more. Rejects with an `UploadError`, or with the signal's reason.
 */
export async function upload(file, options = {}) {
  const { purpose, signal, method, maxSide, maxBytes, tries, resume = true } = options;
  const { name = file.name ?? 'file', type = file.type } = options;
  signal?.throwIfAborted();
  let last = { sent: 0, total: file.size };
  const report = (news) => options.onprogress?.((last = { ...last, speed: undefined, left: undefined, ...news }));
  report({ state: 'preparing' });
  const body = maxSide ? await shrunk(file, maxSide) : file;
  if (!body.size) throw new UploadError('empty');
  if (body.size > maxBytes) throw new UploadError('too_large');
  const token = options.csrfToken;
  const job = { body, signal, report, token, parallel: options.parallel ?? PARALLEL, id: null, sent: meter(body.size, report) };
  try {
    const known = resume && (await recalled(job, file, purpose));
    let state = known?.state;
    for (let plan = known?.plan; !arrived(state); ) {
      plan ??= await begin(job, { purpose, filename: name, content_type: type, size: body.size, method });
      job.id = plan.id;
      busy.add(job.id);
      if (plan.parts) {
        if (resume) remember({ id: plan.id, name: file.name, size: file.size, lastModified: file.lastModified, purpose });
        await sendParts(job, plan);
        state = 'verifying';
      } else if (await sendWhole(job, plan)) {
        state = 'verifying';
      } else {
        await discard(plan.id, token);
        plan = null; // its time was over: another one
      }
    }
  } catch (error) {
    // What can be gone on with stays, also by who has to log in first; the rest would hold its part of the quota in vain.
    const kept = signal?.aborted ? signal.reason === PAUSE : error.again || [401, 403].includes(error.status);
    if (job.id && !(kept && memories().some(({ id }) => id === job.id))) await discard(job.id, token);
    throw signal?.aborted ? signal.reason : error;
  } finally {
    busy.delete(job.id);
  }
  report({ id: job.id, state: 'verifying', sent: body.size, total: body.size });
  const verdict = await poll(address(job.id), { signal, tries });
  forget(job.id);
  return verdict;
}

/** The uploads that a reload or a pause has left, each with how many bytes have `sent`. */
export async function unfinished(purpose) {
  const found = [];
  for (const memory of memories()) {
    if (busy.has(memory.id) || (purpose && memory.purpose !== purpose)) continue;
    try {
      const { parts, uploaded } = await ask('GET', `${address(memory.id)}/parts`, { patient: false });
      found.push({ ...memory, sent: Math.min(memory.size, uploaded.length * parts.size) });
    } catch (error) {
      if (error.status === 404 || error.status === 409) forget(memory.id);
    }
  }
  return found;
}

/** Gives an upload back that nobody wants any more. */
export async function discard(id, csrfToken) {
  forget(id);
  const headers = { Accept: 'application/json', 'X-CSRFToken': csrfToken ?? pageToken() };
  await fetch(address(id), { method: 'DELETE', headers, keepalive: true }).catch(() => {});
}

/**
 * Asks until a state is final: as often as the answers say (`poll_after_ms`), less and less where they do not, and not
 * while nobody looks. `pick` takes the `{state, ..}` out of the answer.
 */
export async function poll(path, { signal, tries = 20, onstate, pick = (body) => body } = {}) {
  let known = { state: 'verifying' };
  let etag;
  for (let delay = 400; tries > 0; tries--) {
    await sleep(delay, signal);
    while (document.hidden) await happens(document, 'visibilitychange', signal);
    delay = Math.min(delay * 1.4, 4000);
    let response;
    try {
      response = await call('GET', path, { signal, headers: etag && { 'If-None-Match': etag } });
    } catch (error) {
      if (!error.again) throw error;
      delay = error.after ?? delay;
      continue;
    }
    if (response.status !== 304) {
      etag = response.headers.get('ETag');
      const answer = await response.json();
      known = pick(answer);
      delay = answer.poll_after_ms ?? delay;
    }
    if (!['pending', 'verifying'].includes(known.state)) break;
    onstate?.(known.state);
  }
  return known;
}

const arrived = (state) => state === 'verifying' || state === 'ready';
const address = (id) => `/uploads/${encodeURIComponent(id)}`;

// Sending

async function begin(job, declared) {
  // In parts each part would have its own.
  const sha256 = declared.method === 'MULTIPART' ? null : await digest(job.body);
  return ask('POST', '/uploads', { ...job, json: { ...declared, ...(sha256 && { sha256 }) } });
}

/** The file by one request. Gives false when the promise has run out. */
async function sendWhole(job, { id, method, url, fields, headers, expires_at: until }) {
  let body = job.body;
  if (method === 'POST') {
    body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    body.append('file', job.body);
  }
  return patiently(job, async () => {
    if (Date.now() > Date.parse(until)) return false;
    try {
      await transmit(job, { method, url, headers, body, onsent: (bytes) => job.sent(id, 0, bytes) });
      return true;
    } catch (error) {
      if (error.code === 'expired' && (job.renewed = (job.renewed ?? 0) + 1) < 3) return false;
      throw error;
    }
  });
}

/** What S3 does not have yet, several parts at a time; then the site puts them together. */
async function sendParts(job, { id, parts, uploaded = [] }) {
  for (let round = 1; ; round++) {
    const there = new Set(uploaded.map(({ number }) => number));
    await sendMissing(job, id, parts, there);
    try {
      return await ask('POST', `${address(id)}/complete`, { ...job, json: {} });
    } catch (error) {
      if (error.code !== 'parts_missing' || round === 3) throw error;
    }
    ({ uploaded } = await ask('GET', `${address(id)}/parts`, job));
  }
}

async function sendMissing(job, id, { size, count }, there) {
  const queue = [];
  for (let number = 1; number <= count; number++) {
    if (there.has(number)) job.sent(id, number, piece(number).size, true);
    else queue.push(number);
  }
  // A part that fails for good stops the others.
  const stop = new AbortController();
  const halt = () => stop.abort(job.signal.reason);
  job.signal?.addEventListener('abort', halt);
  if (job.signal?.aborted) halt();
  const part = { ...job, signal: stop.signal };
  const urls = new Map();

  function piece(number) {
    return job.body.slice((number - 1) * size, number * size);
  }

  /** Where a part goes: asked for together with some of those to come. */
  async function place(number) {
    if (!urls.has(number)) {
      const numbers = [number, ...queue.slice(0, 2 * job.parallel).filter((next) => !urls.has(next))];
      const answer = await ask('POST', `${address(id)}/parts`, { ...part, json: { numbers } });
      for (const signed of answer.parts) urls.set(signed.number, signed);
    }
    return urls.get(number);
  }

  async function work() {
    for (let number = queue.shift(); number; number = queue.shift()) {
      const body = piece(number);
      await patiently(part, async () => {
        const { url, headers } = await place(number);
        try {
          await transmit(part, { method: 'PUT', url, headers, body, onsent: (bytes) => job.sent(id, number, bytes) });
        } catch (error) {
          // The next try has an address of its own: this one may have run out, and not every refusal can be read.
          urls.delete(number);
          if (error.code === 'expired') error.again = true;
          throw error;
        }
      });
    }
  }

  try {
    await Promise.all(Array.from({ length: Math.min(job.parallel, queue.length) }, work));
  } catch (error) {
    stop.abort(error);
    throw error;
  } finally {
    job.signal?.removeEventListener('abort', halt);
  }
}

/** One request to S3. fetch cannot tell how much has left. */
function transmit({ signal }, { method, url, headers = {}, body, onsent }) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    const stop = () => request.abort();
    let timer;
    const moves = () => {
      clearTimeout(timer);
      timer = setTimeout(stop, STALLED);
    };
    request.upload.onprogress = ({ loaded }) => {
      moves();
      onsent(Math.min(loaded, body.size ?? loaded));
    };
    request.onloadend = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      if (request.status >= 200 && request.status < 300) return resolve();
      onsent(0);
      reject(signal?.aborted ? signal.reason : refusedByStorage(request));
    };
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) {
      if (!/^(host|content-length)$/i.test(name)) request.setRequestHeader(name, value); // the browser's own
    }
    signal?.addEventListener('abort', stop);
    moves();
    request.send(body);
  });
}

function refusedByStorage(request) {
  const { status } = request;
  if (!status) return new UploadError('network', { again: true });
  const said = /<Code>(\w+)</.exec(request.responseText)?.[1];
  const after = seconds(/^retry-after: *(.*)$/im.exec(request.getAllResponseHeaders())?.[1]);
  if (said === 'EntityTooLarge') return new UploadError('too_large', { status });
  if (status === 403 || said === 'ExpiredToken') return new UploadError('expired', { status });
  const again = passing(status) || said === 'RequestTimeout' || said === 'BadDigest';
  return new UploadError(said === 'NoSuchUpload' ? 'gone' : 'storage', { status, again, after });
}

// Asking the site

async function ask(method, path, { json, signal, token, report, patient = true } = {}) {
  const once = async () => {
    const response = await call(method, path, { json, signal, token });
    return response.json();
  };
  return patient ? patiently({ signal, report }, once) : once();
}

async function call(method, path, { json, signal, token, headers } = {}) {
  headers = { Accept: 'application/json', ...headers };
  if (json) Object.assign(headers, { 'Content-Type': 'application/json', 'X-CSRFToken': token ?? pageToken() });
  let response;
  try {
    response = await fetch(path, { method, headers, signal, body: json && JSON.stringify(json) });
  } catch {
    throw signal?.aborted ? signal.reason : new UploadError('network', { again: true });
  }
  const { status } = response;
  if (response.ok || status === 304) return response;
  const error = (await response.json().catch(() => null))?.error;
  const mistake = Object.values(error?.fields ?? {}).flat()[0];
  throw new UploadError(mistake?.code ?? error?.code ?? 'failed', {
    message: mistake?.message ?? error?.message,
    status,
    again: passing(status),
    after: seconds(response.headers.get('Retry-After')),
  });
}

/** The cookie outlives a log-in in another tab, which the page's own field does not. */
function pageToken() {
  const [, value] = /__Host-csrftoken=([^;]+)/.exec(document.cookie) ?? /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie) ?? [];
  return value ?? document.querySelector('[name=csrfmiddlewaretoken]')?.value ?? '';
}

const passing = (status) => status >= 500 || status === 429 || status === 408;

/** `Retry-After`, a number of seconds or a date, in milliseconds. */
function seconds(value) {
  if (!value) return undefined;
  const wait = /^\d+$/.test(value) ? value * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** Tries again what fails in passing: later and later, never in step with others, and not without a network. */
async function patiently({ signal, report }, attempt) {
  for (let n = 0; ; n++) {
    try {
      return await attempt();
    } catch (error) {
      signal?.throwIfAborted();
      if (!error.again || error.tried || n + 1 === TRIES || error.after > PATIENCE) {
        throw Object.assign(error, { tried: true }); // whoever called this is not patient once more
      }
      report?.({ state: 'waiting' });
      if (navigator.onLine === false) await happens(window, 'online', signal);
      await sleep(error.after ?? Math.min(SOON * 2 ** n, LATE) * (0.5 + Math.random() / 2), signal);
    }
  }
}

function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}

function happens(target, event, signal) {
  return new Promise((resolve, reject) => {
    target.addEventListener(event, resolve, { once: true, signal });
    if (signal?.aborted) reject(signal.reason);
    else signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

// What is known of the file

/** How much is through, how fast, and how many seconds are left. */
function meter(total, report) {
  const parts = new Map();
  let samples = [];
  return (id, number, bytes, before = false) => {
    parts.set(number, bytes);
    const sent = Math.min(total, [...parts.values()].reduce((sum, each) => sum + each, 0));
    const now = performance.now();
    // What an earlier visit has sent says nothing about the line, nor does what went before a part began anew.
    if (before || sent < samples.at(-1)?.sent) samples = [];
    samples = [...samples.filter(({ at }) => now - at < WINDOW), { at: now, sent }];
    const [first] = samples;
    const speed = now - first.at > 500 ? (1000 * (sent - first.sent)) / (now - first.at) : undefined;
    report({ id, state: 'sending', sent, total, speed, left: speed ? (total - sent) / speed : undefined });
  };
}

async function digest(body) {
  if (body.size > DIGESTED || !globalThis.crypto?.subtle) return undefined; // outside of https there is none
  let bytes;
  try {
    bytes = await body.arrayBuffer();
  } catch {
    throw new UploadError('unreadable'); // a folder, or a file that has gone
  }
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))));
}

/** The picture with its longer side at `maxSide`, upright, in its own format; the file itself where that is no gain. */
async function shrunk(file, maxSide) {
  if (!['image/jpeg', 'image/png', 'image/webp'].includes(file.type)) return file; // others may move
  try {
    const picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
    const scale = maxSide / Math.max(picture.width, picture.height);
    if (scale >= 1) return file;
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
    const context = canvas.getContext('2d');
    context.imageSmoothingQuality = 'high';
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const drawn = await new Promise((resolve) => canvas.toBlob(resolve, file.type, 0.9));
    return drawn?.type === file.type && drawn.size < file.size ? drawn : file;
  } catch {
    return file; // the server says what is wrong with it
  }
}

// What outlives the page

const busy = new Set(); // of this page: not offered, and not gone on with twice

function memories() {
  try {
    return JSON.parse(localStorage.getItem(MEMORY)) ?? [];
  } catch {
    return [];
  }
}

function keep(list) {
  try {
    localStorage.setItem(MEMORY, JSON.stringify(list.slice(-20)));
  } catch {
    // Without storage an upload begins anew after a reload.
  }
}

function remember(memory) {
  keep([...memories().filter(({ id }) => id !== memory.id), memory]);
}

function forget(id) {
  keep(memories().filter((memory) => memory.id !== id));
}

/** What an earlier visit has left of this very file. */
async function recalled(job, file, purpose) {
  const same = (memory) =>
    memory.purpose === purpose && ['name', 'size', 'lastModified'].every((key) => memory[key] === file[key]);
  const memory = memories().find((each) => same(each) && !busy.has(each.id));
  if (!memory) return undefined;
  const { id } = memory;
  try {
    const { state } = await ask('GET', address(id), job);
    if (arrived(state)) return (job.id = id), { state };
    if (state === 'pending') {
      const { parts, uploaded } = await ask('GET', `${address(id)}/parts`, job);
      if (Math.ceil(job.body.size / parts.size) === parts.count) return { plan: { id, parts, uploaded } };
    }
  } catch (error) {
    if (!error.status || error.again) throw error;
  }
  forget(id);
  return undefined;
}
