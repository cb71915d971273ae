import { Emitter } from './emitter.js';
import { SpeechGate } from './level.js';
import { displayName, longestChat } from './names.js';
import { Peer } from './peer.js';
import { Signalling } from './signalling.js';

const returnWithin = 15_000; // ms in which others come back to a server that was started again

/**
 * A call by mesh: the participants, one `Peer` for each, and signalling.
 *
 * Emits what `Call` emits, except for the own voice; and `upgrade` with `{url, token}` when the server asks to move to
 * its media server, `moved` with a participant who receives us there.
 */
export class MeshCall extends Emitter {
  participants = new Map(); // id → {id, name, order, state, peer, connection, speaking}
  self = null;
  #admission;
  #media;
  #signalling;
  #seenChats = new Set();
  #order = 0;
  #iceServers;
  #lost = false;
  #movesUp = false; // who comes now is met on the media server

  constructor(admission, media) {
    super();
    this.#admission = admission;
    this.#media = media;
    this.#iceServers = admission.iceServers ?? [];
    this.#signalling = new Signalling(admission.mesh, admission.token)
      .on('welcome', message => this.#welcome(message))
      .on('peer-joined', message => this.#add(message.peer))
      .on('peer-left', message => this.#remove(message.id, message.reason))
      .on('peer-state', message => this.#setState(message))
      .on('signal', message => this.participants.get(message.from)?.peer.receive(message))
      .on('upgrade', message => this.#upgrade(message))
      .on('error', message => console.warn('confab: server:', message.code, message.message))
      .on('mute', () => this.#media.setMuted(true)) // somebody who may asks for it
      .on('waiting', () => this.emit('waiting'))
      .on('reconnecting', attempt => this.#disconnected(attempt))
      .on('ended', reason => this.#end(reason));
    media.on('track', (kind, track) => this.#replaceTrack(kind, track));
    media.on('changed', () => this.#announceState());
  }

  start() {
    this.#signalling.open();
  }

  /** Says something to everybody but those whose ids are in `except`. */
  chat(text, except = new Map()) {
    const message = { type: 'chat', id: crypto.randomUUID?.() ?? String(Math.random()), text, time: new Date().toISOString() };
    this.#seenChats.add(message.id);
    for (const { id, peer } of this.participants.values()) if (!except.has(id)) peer.write(message);
  }

  /** Their media come through the media server now; what they send straight to us may stop. */
  sayMoved(participant) {
    participant.saidMoved = true;
    participant.peer.write({ type: 'moved' });
  }

  /** Ends the connection to somebody with whom the call goes on elsewhere. */
  drop(id) {
    const participant = this.participants.get(id);
    this.participants.delete(id);
    clearTimeout(participant?.missing);
    participant?.peer.close();
  }

  /** Asks a participant for a picture of this size; asks again when the channel opens. */
  setViewport(id, viewport) {
    const participant = this.participants.get(id);
    if (!participant) return;
    const before = participant.viewport;
    if (before && ['width', 'height', 'fps'].every(key => before[key] === viewport[key])) return;
    participant.viewport = viewport;
    participant.peer.write({ type: 'viewport', ...viewport });
  }

  leave() {
    for (const { peer } of this.participants.values()) peer.write({ type: 'bye' });
    this.#signalling.leave();
    this.#close();
  }

  #welcome(message) {
    this.self = message.self;
    if (message.order !== this.#order) {
      // The others were told that we had gone, and have ended what connected us.
      for (const id of [...this.participants.keys()]) this.#remove(id, 'replaced');
    }
    this.#order = message.order;
    this.#movesUp ||= message.mode === 'server';
    if (message.iceServers?.length) this.#iceServers = message.iceServers;
    const present = new Set((message.peers ?? []).map(peer => peer.id));
    for (const participant of this.participants.values()) {
      if (!present.has(participant.id)) this.#miss(participant);
    }
    for (const peer of message.peers ?? []) this.#add(peer);
    this.#announceState();
    if (this.#lost) this.emit('reconnected');
    else this.emit('welcome');
    this.#lost = false;
  }

  #disconnected(attempt) {
    this.#lost = true;
    this.emit('reconnecting', attempt);
  }

  #add({ id, name, order, state }) {
    if (typeof id !== 'string' || id === this.self) return;
    const known = this.participants.get(id);
    if (known?.order === order) return this.#returned(known, state);
    if (known) this.#remove(id, 'replaced');
    if (this.#movesUp) return;
    const peer = new Peer({
      polite: this.#order > order,
      iceServers: this.#iceServers,
      outgoing: { audio: this.#media.audio, video: this.#media.video, stream: this.#media.stream },
      send: payload => this.#signalling.send({ type: 'signal', to: id, ...payload }),
    });
    const participant = {
      id, order, peer, name: displayName(name), state: state ?? {}, connection: 'connecting', speaking: false,
      gate: new SpeechGate(), viewport: null, missing: null, hasMoved: false, saidMoved: false,
      reports: async () => [...(await peer.connection.getStats()).values()],
    };
    this.participants.set(id, participant);
    this.#watch(participant);
    this.emit('joined', participant);
    peer.start();
  }

  /**
   * The server does not list somebody any more. After its restart that means nothing yet; as long as media flows, that
   * person is there.
   */
  #miss(participant) {
    clearTimeout(participant.missing);
    participant.missing = setTimeout(() => {
      if (participant.connection === 'connected') this.#miss(participant);
      else this.#remove(participant.id, 'timeout');
    }, returnWithin);
  }

  #returned(participant, state) {
    clearTimeout(participant.missing);
    participant.peer.signallingResumed();
    this.#setState({ id: participant.id, state });
  }

  #watch(participant) {
    participant.peer
      .on('track', track => this.emit('track', participant, track))
      .on('message', message => this.#receiveMessage(participant, message))
      .on('open', () => {
        if (participant.viewport) participant.peer.write({ type: 'viewport', ...participant.viewport });
      })
      .on('state', state => {
        participant.connection = state;
        this.emit('connection', participant);
      });
  }

  #remove(id, reason) {
    const participant = this.participants.get(id);
    if (!participant) return;
    this.participants.delete(id);
    clearTimeout(participant.missing);
    participant.peer.close();
    this.emit('left', participant, reason);
  }

  #setState({ id, state }) {
    const participant = this.participants.get(id);
    if (!participant) return;
    participant.state = state ?? {};
    this.emit('changed', participant);
  }

  #receiveMessage(participant, message) {
    if (message.type === 'bye') return this.#remove(participant.id, 'left');
    if (message.type === 'moved') return this.#moved(participant);
    if (message.type !== 'chat' || typeof message.text !== 'string') return;
    if (this.#seenChats.has(message.id)) return;
    this.#seenChats.add(message.id);
    const text = message.text.slice(0, longestChat);
    this.emit('chat', { participant, text, time: message.time, own: false });
  }

  #upgrade(message) {
    this.#movesUp = true;
    this.emit('upgrade', message);
  }

  #moved(participant) {
    if (participant.hasMoved) return;
    participant.hasMoved = true;
    for (const kind of ['audio', 'video']) participant.peer.replaceTrack(kind, null);
    this.emit('moved', participant);
  }

  #replaceTrack(kind, track) {
    for (const { peer, hasMoved } of this.participants.values()) if (!hasMoved) peer.replaceTrack(kind, track);
  }

  #announceState() {
    if (this.self) this.#signalling.send({ type: 'state', state: this.#media.state });
  }

  /** Tells who speaks, from the sound received. */
  listenForSpeech(now) {
    for (const participant of this.participants.values()) {
      const speaking = participant.gate.update(participant.peer.audioLevel(), now);
      if (speaking === participant.speaking) continue;
      participant.speaking = speaking;
      this.emit('speaking', participant, speaking);
    }
  }

  #end(reason) {
    this.#close();
    this.emit('ended', reason);
  }

  #close() {
    for (const { peer, missing } of this.participants.values()) {
      clearTimeout(missing);
      peer.close();
    }
    this.participants.clear();
  }
}
