import { Emitter } from './emitter.js';
import { LevelMeter, SpeechGate } from './level.js';
import { MeshCall } from './meshcall.js';
import { ServerCall } from './servercall.js';

const speakingEvery = 150; // ms
const arrivalsEvery = 100; // ms
const farewell = 1000; // ms for which a mesh connection stays once both sides have moved

/**
 * A call, by mesh or through a media server, and the way from one to the other.
 *
 * While a call moves up both ways are open. Somebody is shown by the mesh until their picture and sound have arrived
 * through the server; then that is shown, they are told, and they stop sending straight to us.
 *
 * Emits `welcome`, `joined`, `left`, `changed`, `track`, `connection` and `speaking` with a participant (null is
 * oneself), `chat` with `{participant, text, time, own}`, `waiting` (at the door), `mode`, `reconnecting`, `reconnected`, and `ended` with
 * `{code, message}`.
 */
export class Call extends Emitter {
  participants = new Map(); // id → whichever way shows them
  mode;
  #admission;
  #media;
  #mesh = null;
  #server = null;
  #meter = new LevelMeter();
  #ownGate = new SpeechGate();
  #timers = [];
  #closed = false;

  constructor(admission, media) {
    super();
    this.#admission = admission;
    this.#media = media;
    this.mode = admission.mode === 'server' ? 'server' : 'mesh';
    if (this.mode === 'server') this.#server = this.#follow(new ServerCall(admission, media));
    else this.#mesh = this.#follow(new MeshCall(admission, media));
    this.#mesh?.on('upgrade', message => this.#moveUp(message)).on('moved', participant => this.#finishMove(participant));
    media.on('track', (kind, track) => kind === 'audio' && this.#meter.listen(track));
  }

  start() {
    (this.#server ?? this.#mesh).start();
    this.#meter.listen(this.#media.audio);
    this.#timers.push(setInterval(() => this.#listenForSpeech(), speakingEvery));
  }

  /** Says something to everybody, on one way to each. */
  chat(text) {
    this.#mesh?.chat(text, this.#server?.participants);
    this.#server?.chat(text);
    this.emit('chat', { participant: null, text, time: new Date().toISOString(), own: true });
  }

  setViewport(id, viewport) {
    this.#mesh?.setViewport(id, viewport);
    this.#server?.setViewport(id, viewport);
  }

  restartIce() {
    this.#mesh?.participants.forEach(({ peer }) => peer.restartIce());
    this.#server?.restartIce();
  }

  leave() {
    this.#mesh?.leave();
    this.#server?.leave();
    this.#close();
  }

  /** Passes on what a way tells of those it shows. */
  #follow(way) {
    const shown = participant => this.participants.get(participant.id) === participant;
    way.on('joined', participant => this.#joined(participant))
      .on('left', (participant, reason) => this.#left(way, participant, reason))
      .on('track', (participant, track) => shown(participant) && this.emit('track', participant, track))
      .on('chat', message => this.emit('chat', message))
      .on('waiting', () => this.emit('waiting'))
      .on('welcome', () => way === this.#primary && this.emit('welcome'))
      .on('reconnecting', attempt => way === this.#primary && this.emit('reconnecting', attempt))
      .on('reconnected', () => way === this.#primary && this.emit('reconnected'))
      .on('ended', reason => this.#ended(way, reason));
    for (const name of ['changed', 'connection', 'speaking']) {
      way.on(name, (participant, ...rest) => shown(participant) && this.emit(name, participant, ...rest));
    }
    return way;
  }

  /** The way whose troubles are the call's. */
  get #primary() {
    return this.mode === 'server' ? this.#server : this.#mesh;
  }

  #joined(participant) {
    const before = this.participants.get(participant.id);
    if (before) return this.#server?.setViewport(participant.id, before.viewport ?? { width: 0, height: 0, fps: 0 });
    this.participants.set(participant.id, participant);
    this.emit('joined', participant);
  }

  #left(way, participant, reason) {
    const other = (way === this.#mesh ? this.#server : this.#mesh)?.participants.get(participant.id);
    if (other) return this.#show(other);
    if (this.participants.delete(participant.id)) this.emit('left', participant, reason);
  }

  /** From now on this is what stands for that person. */
  #show(participant) {
    if (this.participants.get(participant.id) === participant) return;
    this.participants.set(participant.id, participant);
    for (const receiver of Object.values(participant.receivers ?? {})) this.emit('track', participant, receiver.track);
    for (const name of ['changed', 'connection']) this.emit(name, participant);
  }

  // Moving up.

  #moveUp({ url, token }) {
    if (this.#server) return;
    this.#server = this.#follow(new ServerCall({ ...this.#admission, rtc: url, token }, this.#media));
    this.#server.on('welcome', () => this.#setMode('server'));
    this.#timers.push(setInterval(() => this.#lookForArrivals(), arrivalsEvery));
    this.#server.start();
  }

  #setMode(mode) {
    this.mode = mode;
    this.emit('mode', mode);
  }

  async #lookForArrivals() {
    for (const old of [...this.#mesh?.participants.values() ?? []]) {
      const participant = this.#server?.participants.get(old.id);
      if (!participant || old.saidMoved || !await hasArrived(participant, old)) continue;
      if (old.saidMoved || this.#closed) continue;
      this.#show(participant);
      this.#mesh.sayMoved(old);
      this.#finishMove(old);
    }
  }

  #finishMove(old) {
    if (!old.hasMoved || !old.saidMoved) return;
    setTimeout(() => {
      this.#mesh?.drop(old.id);
      const rest = [...this.#mesh?.participants.keys() ?? []];
      if (this.mode !== 'server' || rest.length > 0) return;
      this.#mesh?.leave();
      this.#mesh = null;
    }, farewell);
  }

  #listenForSpeech() {
    const now = performance.now();
    this.emit('speaking', null, !this.#media.muted && this.#ownGate.update(this.#meter.level(), now));
    this.#mesh?.listenForSpeech(now);
    this.#server?.listenForSpeech(now);
  }

  #ended(way, reason) {
    if (this.#closed) return;
    if (way === this.#mesh && this.mode === 'server') {
      this.#mesh = null;
    } else if (way === this.#server && this.#mesh) {
      console.warn('confab: the media server:', reason.message);
      this.#server = null;
      this.#setMode('mesh');
    } else {
      this.#close();
      this.emit('ended', reason);
    }
  }

  #close() {
    this.#closed = true;
    this.#timers.forEach(clearInterval);
    this.#meter.close();
    this.participants.clear();
  }
}

/** Whether all that somebody sends in the mesh has come through the server, too. */
async function hasArrived({ receivers, tracks, viewport }, { state }) {
  const publishesSound = [...tracks.values()].some(track => track.type !== 'VIDEO');
  const wantsPicture = (state.camera || state.screen) && !(viewport && viewport.width === 0);
  if ((publishesSound || !state.muted) && !await counts(receivers.audio, 'packetsReceived')) return false;
  return !wantsPicture || counts(receivers.video, 'framesDecoded');
}

async function counts(receiver, field) {
  if (!receiver) return false;
  const reports = [...(await receiver.getStats()).values()];
  return reports.some(each => each.type === 'inbound-rtp' && each[field] > 0);
}
