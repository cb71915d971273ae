import { createConnection, preferVP8 } from './connection.js';
import { Emitter } from './emitter.js';
import { fitSender, initialViewport, readViewport } from './viewport.js';

const connectionsBeforeComplaint = 2; // ICE restarts without success until the user is told
const restartDelay = 2_000; // ms between ICE restarts
const longestMessage = 16 * 1024;

/**
 * The connection to one other participant: one audio and one video m-section and the data channel `confab`.
 *
 * Negotiation is the W3C "perfect negotiation" pattern. The polite side is the one that came later; it offers first and
 * creates transceivers and channel. The other attaches its tracks to what was offered.
 *
 * Emits `track` (a remote MediaStreamTrack), `message` (a JSON object from the data channel), `open` (the channel can be
 * written), `state` (`connecting`, `connected`, `troubled`, `failed`).
 */
export class Peer extends Emitter {
  #connection;
  #polite;
  #send;
  #outgoing; // {audio, video, stream}: what this side sends; tracks may be null
  #channels = new Set();
  #makingOffer = false;
  #ignoringOffer = false;
  #role = null; // of DTLS: `active` or `passive`, once agreed
  #viewport = initialViewport;
  #fitting = Promise.resolve();
  #restarts = 0;
  #restarting = null;
  #closed = false;

  constructor({ polite, iceServers, outgoing, send }) {
    super();
    this.#polite = polite;
    this.#outgoing = outgoing;
    this.#send = send;
    const connection = createConnection(iceServers);
    this.#connection = connection;
    connection.onnegotiationneeded = () => this.#offer();
    connection.onicecandidate = event => send({ candidate: event.candidate?.toJSON() ?? null });
    connection.ontrack = event => this.emit('track', event.track, event.receiver);
    connection.ondatachannel = event => this.#adopt(event.channel);
    connection.onconnectionstatechange = () => this.#connectionChanged();
    connection.oniceconnectionstatechange = () => this.#connectionChanged();
  }

  get connection() {
    return this.#connection;
  }

  /** The polite side begins. */
  start() {
    if (!this.#polite) return;
    const streams = [this.#outgoing.stream];
    for (const kind of ['audio', 'video']) {
      const transceiver = this.#connection.addTransceiver(kind, { direction: 'sendrecv', streams });
      this.#attach(transceiver);
      preferVP8(transceiver);
    }
    this.#adopt(this.#connection.createDataChannel('confab'));
  }

  /** Handles `{description}` or `{candidate}` from the other side. */
  async receive({ description, candidate }) {
    if (this.#closed) return;
    if (description) await this.#receiveDescription(description);
    else await this.#receiveCandidate(candidate);
  }

  /** Sends another track in place of the present one of its kind; null sends nothing. */
  async replaceTrack(kind, track) {
    this.#outgoing[kind] = track;
    const sender = this.#sender(kind);
    await sender?.replaceTrack(track);
    if (kind === 'video') await this.#fit();
  }

  /** Writes a message to the other side; tells whether a channel was open for it. */
  write(message) {
    for (const channel of this.#channels) {
      if (channel.readyState !== 'open') continue;
      channel.send(JSON.stringify(message));
      return true;
    }
    return false;
  }

  /** Signalling came back: an offer or answer may have been lost on the way. */
  signallingResumed() {
    const { signalingState, localDescription } = this.#connection;
    if (signalingState === 'have-local-offer') this.#send({ description: localDescription });
    else if (this.#connection.connectionState === 'failed') this.#connection.restartIce();
  }

  restartIce() {
    this.#connection.restartIce();
  }

  /** How loud the other side speaks now, 0 to 1. */
  audioLevel() {
    const receiver = this.#connection.getReceivers().find(each => each.track?.kind === 'audio');
    return receiver?.getSynchronizationSources?.()[0]?.audioLevel ?? 0;
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#restarting);
    this.#connection.close();
  }

  async #offer() {
    try {
      this.#makingOffer = true;
      await this.#connection.setLocalDescription();
      this.#send({ description: this.#connection.localDescription });
    } catch (error) {
      this.#report('offer', error);
    } finally {
      this.#makingOffer = false;
    }
  }

  async #receiveDescription(description) {
    const connection = this.#connection;
    const busy = this.#makingOffer || connection.signalingState !== 'stable';
    const collision = description.type === 'offer' && busy;
    this.#ignoringOffer = !this.#polite && collision;
    if (this.#ignoringOffer) return;
    try {
      await connection.setRemoteDescription(description); // rolls back our own offer where it must
      if (description.type === 'offer') {
        this.#takeOffered(description);
        await connection.setLocalDescription();
        this.#send({ description: this.#keepRole(connection.localDescription) });
      } else {
        this.#role ??= setupOf(description) === 'active' ? 'passive' : 'active';
      }
      await this.#fit();
    } catch (error) {
      this.#report(description.type, error);
    }
  }

  /**
   * The answer as it is sent. After a rollback Firefox 153 answers `active` although it is the passive side of a DTLS
   * association that goes on; others rightly refuse that (RFC 8842 §5.5).
   */
  #keepRole({ type, sdp }) {
    this.#role ??= setupOf({ sdp });
    return { type, sdp: sdp.replace(/^a=setup:(active|passive)/gm, `a=setup:${this.#role}`) };
  }

  async #receiveCandidate(candidate) {
    try {
      await this.#connection.addIceCandidate(candidate ?? undefined);
    } catch (error) {
      if (!this.#ignoringOffer) this.#report('candidate', error);
    }
  }

  /** Attaches our tracks to what the other side offered, and drops what our own, rolled-back offer had created. */
  #takeOffered(description) {
    const transceivers = this.#connection.getTransceivers();
    const rolledBack = transceivers.filter(each => each.mid === null);
    for (const each of transceivers) {
      if (each.mid !== null && each.direction !== 'stopped') this.#attach(each);
    }
    for (const each of rolledBack) each.stop();
    if (rolledBack.length > 0 && description.sdp.includes('\nm=application')) {
      for (const channel of this.#channels) channel.close();
    }
  }

  #attach(transceiver) {
    transceiver.direction = 'sendrecv';
    const track = this.#outgoing[transceiver.receiver.track.kind];
    if (transceiver.sender.track === track) return;
    transceiver.sender.setStreams?.(this.#outgoing.stream);
    transceiver.sender.replaceTrack(track).catch(error => this.#report('track', error));
  }

  #sender(kind) {
    const live = each => each.direction !== 'stopped' && each.receiver.track.kind === kind;
    return this.#connection.getTransceivers().find(live)?.sender;
  }

  #adopt(channel) {
    if (channel.label !== 'confab') return channel.close();
    this.#channels.add(channel);
    channel.onopen = () => this.emit('open');
    channel.onclose = () => this.#channels.delete(channel);
    channel.onmessage = event => this.#receiveMessage(event.data);
    if (channel.readyState === 'open') this.emit('open');
  }

  #receiveMessage(data) {
    if (typeof data !== 'string' || data.length > longestMessage) return;
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    if (typeof message?.type !== 'string') return;
    if (message.type === 'viewport') this.#setViewport(message);
    else this.emit('message', message);
  }

  #setViewport(message) {
    const viewport = readViewport(message);
    if (!viewport) return;
    this.#viewport = viewport;
    this.#fit();
  }

  /** One after the other: parameters that were got before others were set can no longer be set. */
  #fit() {
    this.#fitting = this.#fitting.then(async () => {
      const sender = this.#sender('video');
      if (!sender || this.#closed) return;
      await fitSender(sender, this.#viewport);
    }).catch(error => this.#closed || this.#report('viewport', error));
    return this.#fitting;
  }

  #connectionChanged() {
    const { connectionState, iceConnectionState } = this.#connection;
    if (this.#closed) return;
    if (connectionState === 'connected') {
      this.#restarts = 0;
      this.#fit();
      this.emit('state', 'connected');
    } else if (iceConnectionState === 'failed' || connectionState === 'failed') {
      this.#failed();
    } else if (iceConnectionState === 'disconnected') {
      this.emit('state', 'troubled');
    }
  }

  #failed() {
    if (this.#restarting) return;
    this.#restarts += 1;
    this.emit('state', this.#restarts > connectionsBeforeComplaint ? 'failed' : 'troubled');
    this.#connection.restartIce();
    this.#restarting = setTimeout(() => {
      this.#restarting = null;
      if (!this.#closed && this.#connection.iceConnectionState === 'failed') this.#failed();
    }, restartDelay * this.#restarts);
  }

  #report(what, error) {
    console.warn(`confab: ${what}:`, error);
  }
}

function setupOf({ sdp }) {
  return /^a=setup:(\w+)/m.exec(sdp)?.[1] ?? 'active';
}
