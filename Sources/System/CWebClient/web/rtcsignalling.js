import { Emitter } from './emitter.js';

const longestDelay = 3_000; // ms between attempts to come back
const giveUpAfter = 60_000; // ms

/** Why the server may end it, with what to tell the user. */
const endings = {
  DUPLICATE_IDENTITY: 'You joined from somewhere else, so this window left.',
  PARTICIPANT_REMOVED: 'You were removed from the room.',
  ROOM_DELETED: 'The meeting was ended.',
  ROOM_CLOSED: 'The meeting was ended.',
  SERVER_SHUTDOWN: 'The server was shut down.',
};

/**
 * LiveKit's signalling in protobuf's JSON: one socket that comes back when it is lost, resuming while the server knows us
 * and from the beginning when not.
 *
 * Emits every message of the server by its name (`join`, `reconnect`, `offer`, …), `reconnecting` with the attempt, and
 * `ended` with `{code, message}`.
 */
export class RtcSignalling extends Emitter {
  #address;
  #token;
  #socket = null;
  #sid = null;
  #resumes = false;
  #attempt = 0;
  #lostAt = null;
  #pinging = null;
  #retrying = null;
  #ended = false;

  constructor(address, token) {
    super();
    this.#address = address;
    this.#token = token;
  }

  open() {
    const socket = new WebSocket(this.#url());
    this.#socket = socket;
    socket.onmessage = event => socket === this.#socket && this.#receive(event.data);
    socket.onclose = () => socket === this.#socket && this.#lost();
  }

  send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  leave() {
    this.send({ leave: { reason: 'CLIENT_INITIATED', action: 'DISCONNECT' } });
    this.#stop();
  }

  /** Media are lost for good: begins anew. */
  startOver() {
    this.#resumes = false;
    this.#socket?.close();
  }

  #url() {
    const url = new URL(this.#address, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const parameters = { access_token: this.#token, encoding: 'json', protocol: '16', auto_subscribe: '1', sdk: 'js' };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    if (this.#resumes) {
      url.searchParams.set('reconnect', '1');
      url.searchParams.set('sid', this.#sid);
    }
    return url;
  }

  #receive(data) {
    if (typeof data !== 'string') return;
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    const [name] = Object.keys(message ?? {});
    if (!name) return;
    const content = message[name];
    if (name === 'join') this.#joined(content);
    if (name === 'join' || name === 'reconnect') this.#connected();
    if (name === 'refreshToken') this.#token = content;
    if (name === 'leave') return this.#left(content);
    this.emit(name, content);
  }

  #joined({ participant, pingInterval }) {
    this.#sid = participant.sid;
    this.#resumes = true;
    clearInterval(this.#pinging);
    const ping = () => this.send({ pingReq: { timestamp: String(Date.now()) } });
    this.#pinging = setInterval(ping, 1000 * (pingInterval || 5));
  }

  #connected() {
    this.#attempt = 0;
    this.#lostAt = null;
  }

  #left({ reason, action }) {
    if (action !== 'RESUME' && action !== 'RECONNECT') {
      return this.#end(reason ?? 'closed', endings[reason] ?? 'The server ended the connection.');
    }
    if (action === 'RECONNECT') this.#resumes = false;
    this.#socket?.close();
  }

  #lost() {
    if (this.#ended) return;
    this.#lostAt ??= performance.now();
    this.#attempt += 1;
    if (!this.#sid && this.#attempt > 3 || performance.now() - this.#lostAt > giveUpAfter) {
      return this.#end('unreachable', 'The server cannot be reached.');
    }
    this.emit('reconnecting', this.#attempt);
    const delay = Math.min(longestDelay, 100 * 2 ** (this.#attempt - 1));
    this.#retrying = setTimeout(() => this.open(), delay);
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
