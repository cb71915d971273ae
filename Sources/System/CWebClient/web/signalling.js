import { Emitter } from './emitter.js';

const subprotocol = 'confab.mesh.v1';
const pingEvery = 10_000; // ms; the server gives up on a socket that is silent for 35 s
const silenceLimit = 25_000; // ms without a word from the server, pongs included
const longestDelay = 5_000; // ms between attempts to come back
const attemptsBeforeGivingUp = 4; // before the first welcome; afterwards it never gives up
const queueLimit = 256;

/** Errors after which the server closes for good, with what to tell the user. */
const endings = {
  'not-allowed': 'You are not allowed in this room any more.',
  'room-full': 'The room is full.',
  'room-closed': 'The meeting was ended.',
  replaced: 'You joined from somewhere else, so this window left.',
};

/**
 * The signalling socket. Losing it never touches media: it comes back with the `resume` secret, under the same identity,
 * and what was to be sent meanwhile is sent then.
 *
 * Emits `welcome`, `peer-joined`, `peer-left`, `peer-state`, `signal`, `error` with the server's message,
 * `reconnecting` with the attempt, and `ended` with `{code, message}` when there is no way back.
 */
export class Signalling extends Emitter {
  #address;
  #token;
  #socket = null;
  #resume = null;
  #welcomed = false;
  #ended = false;
  #attempt = 0;
  #queue = [];
  #heard = 0;
  #pinging = null;
  #retrying = null;

  constructor(address, token) {
    super();
    this.#address = address;
    this.#token = token;
    addEventListener('online', () => this.#hurry());
  }

  open() {
    if (this.#ended || this.#socket) return;
    const socket = new WebSocket(this.#url(), subprotocol);
    this.#socket = socket;
    this.#heard = performance.now();
    socket.onmessage = event => this.#receive(socket, event.data);
    socket.onclose = event => this.#closed(socket, event);
    clearInterval(this.#pinging);
    this.#pinging = setInterval(() => this.#ping(), pingEvery);
  }

  /** Sends now, or as soon as the server has welcomed us (back). */
  send(message) {
    if (this.#welcomed && this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(message));
    } else if (this.#queue.length < queueLimit) {
      this.#queue.push(message);
    }
  }

  leave() {
    if (this.#ended) return;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send('{"type":"leave"}');
    this.#stop();
  }

  #url() {
    const url = new URL(this.#address, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    if (!url.searchParams.has('access_token')) url.searchParams.set('access_token', this.#token);
    url.searchParams.set('upgrade', '1'); // this client can move to a media server
    if (this.#resume) url.searchParams.set('resume', this.#resume);
    return url;
  }

  #receive(socket, text) {
    if (socket !== this.#socket) return;
    this.#heard = performance.now();
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    if (message?.type === 'welcome') this.#welcome(message);
    else if (message?.type === 'error') this.#refused(message);
    else if (typeof message?.type === 'string') this.emit(message.type, message);
  }

  #welcome(message) {
    this.#resume = message.resume ?? this.#resume;
    this.#welcomed = true;
    this.#attempt = 0;
    this.emit('welcome', message);
    const waiting = this.#queue;
    this.#queue = [];
    for (const each of waiting) this.send(each);
  }

  #refused(message) {
    if (endings[message.code]) this.#end(message.code, endings[message.code]);
    else this.emit('error', message);
  }

  #ping() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    if (performance.now() - this.#heard > silenceLimit) this.#socket.close();
    else this.#socket.send('{"type":"ping"}');
  }

  #closed(socket, event) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#welcomed = false;
    clearInterval(this.#pinging);
    if (this.#ended) return;
    if (event.code >= 4000) return this.#end('closed', event.reason || 'The server ended the connection.');
    this.#attempt += 1;
    if (!this.#resume && this.#attempt >= attemptsBeforeGivingUp) {
      return this.#end('unreachable', 'The server let you in, but its signalling cannot be reached.');
    }
    this.emit('reconnecting', this.#attempt);
    const delay = Math.min(longestDelay, 250 * 2 ** Math.min(this.#attempt - 1, 5));
    this.#retrying = setTimeout(() => this.open(), delay * (0.75 + Math.random() / 2));
  }

  #hurry() {
    if (this.#socket || this.#ended) return;
    clearTimeout(this.#retrying);
    this.open();
  }

  #end(code, message) {
    if (this.#ended) return;
    this.#stop();
    this.emit('ended', { code, message });
  }

  #stop() {
    this.#ended = true;
    clearInterval(this.#pinging);
    clearTimeout(this.#retrying);
    this.#socket?.close();
  }
}
