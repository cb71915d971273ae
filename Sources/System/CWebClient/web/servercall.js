import { createConnection } from './connection.js';
import { ChatPackets } from './datapackets.js';
import { Emitter } from './emitter.js';
import { SpeechGate } from './level.js';
import { displayName, longestChat } from './names.js';
import { Publisher, sendCandidate } from './publisher.js';
import { RtcSignalling } from './rtcsignalling.js';

/**
 * A call through a media server, by LiveKit's protocol: what this side sends goes over the publisher, what others send
 * comes over one connection that the server offers.
 *
 * Emits what `Call` emits, except for the own voice.
 */
export class ServerCall extends Emitter {
  participants = new Map(); // identity → {id, sid, name, state, connection, speaking, viewport, tracks, receivers}
  self = null;
  #media;
  #signalling;
  #iceServers;
  #publisher = null;
  #subscriber = null;
  #early = []; // candidates that came before the offer they belong to
  #negotiating = Promise.resolve();
  #chats = new ChatPackets();
  #welcomed = false;
  #everybodyFollows = false;
  #ended = false;

  constructor({ rtc, token, iceServers }, media) {
    super();
    this.#media = media;
    this.#iceServers = iceServers ?? [];
    this.#signalling = new RtcSignalling(rtc, token)
      .on('join', join => this.#joined(join))
      .on('reconnect', () => this.#resumed())
      .on('update', ({ participants = [] }) => this.#update(participants))
      .on('offer', offer => this.#answer(offer))
      .on('answer', answer => this.#publisher?.answered(answer))
      .on('trickle', trickle => this.#receiveCandidate(trickle))
      .on('trackPublished', published => this.#publisher?.published(published))
      .on('subscribedQualityUpdate', update => this.#publisher?.sendLayers(update))
      .on('mute', ({ muted }) => muted && media.setMuted(true))
      .on('reconnecting', attempt => this.emit('reconnecting', attempt))
      .on('ended', reason => this.#end(reason));
    media.on('track', (kind, track) => this.#publisher?.replaceTrack(kind, track));
    media.on('changed', () => this.#publisher?.tellState());
  }

  start() {
    this.#signalling.open();
  }

  /** Says something to everybody. */
  chat(text) {
    this.#publisher?.write(this.#chats.write(text, crypto.randomUUID?.() ?? String(Math.random())));
  }

  /** Asks the server for no more of a participant's picture than is shown. */
  setViewport(id, viewport) {
    const participant = this.participants.get(id);
    if (!participant) return;
    const before = participant.viewport;
    if (before && ['width', 'height', 'fps'].every(key => before[key] === viewport[key])) return;
    participant.viewport = viewport;
    for (const track of participant.tracks.values()) this.#askFor(track, viewport);
  }

  /** Tells who speaks, from the sound received. */
  listenForSpeech(now) {
    for (const participant of this.participants.values()) {
      const level = participant.receivers.audio?.getSynchronizationSources?.()[0]?.audioLevel ?? 0;
      const speaking = participant.gate.update(level, now);
      if (speaking === participant.speaking) continue;
      participant.speaking = speaking;
      this.emit('speaking', participant, speaking);
    }
  }

  /** What browsers measure of what comes from a participant and of what goes to the server. */
  async reports({ receivers }) {
    const sources = [...Object.values(receivers), this.#publisher?.connection].filter(Boolean);
    const reports = await Promise.all(sources.map(each => each.getStats()));
    return reports.flatMap(report => [...report.values()]);
  }

  restartIce() {
    this.#publisher?.restartIce();
  }

  leave() {
    this.#ended = true;
    this.#signalling.leave();
    this.#close();
  }

  #joined({ participant, otherParticipants = [], iceServers }) {
    this.self = participant.identity;
    if (iceServers?.length) this.#iceServers = iceServers;
    this.#openMedia();
    this.#replaceAll(otherParticipants);
    this.emit(this.#welcomed ? 'reconnected' : 'welcome');
    this.#welcomed = true;
  }

  #resumed() {
    this.#everybodyFollows = true;
    this.#signalling.send({ syncState: { subscription: { subscribe: true } } });
    this.#publisher?.restartIce();
    this.emit('reconnected');
  }

  // Who is there.

  #update(infos) {
    if (!this.#everybodyFollows) return infos.forEach(info => this.#note(info));
    this.#everybodyFollows = false;
    this.#replaceAll(infos);
  }

  #replaceAll(infos) {
    const present = new Set(infos.map(info => info.identity));
    for (const id of [...this.participants.keys()]) if (!present.has(id)) this.#remove(id, 'timeout');
    infos.forEach(info => this.#note(info));
  }

  #note(info) {
    const { identity, sid, name, tracks = [], version = 0 } = info;
    if (!identity || identity === this.self) return;
    const known = this.participants.get(identity);
    if (info.state === 'DISCONNECTED') {
      if (known?.sid === sid) this.#remove(identity, info.disconnectReason === 'PARTICIPANT_REMOVED' ? 'removed' : 'left');
      return;
    }
    if (known && known.sid === sid && version < known.version) return;
    const participant = known ?? {
      id: identity, speaking: false, gate: new SpeechGate(), viewport: null, tracks: new Map(), receivers: {},
      connection: this.#connectionState(), reports: () => this.reports(participant),
    };
    Object.assign(participant, { sid, version, name: displayName(name || identity), state: stateOf(tracks) });
    const before = participant.tracks;
    participant.tracks = new Map(tracks.map(track => [track.sid, track]));
    for (const track of tracks) if (!before.has(track.sid) && participant.viewport) this.#askFor(track, participant.viewport);
    this.participants.set(identity, participant);
    this.emit(known ? 'changed' : 'joined', participant);
  }

  #remove(id, reason) {
    const participant = this.participants.get(id);
    if (!participant) return;
    this.participants.delete(id);
    this.emit('left', participant, reason);
  }

  #askFor(track, { width, height, fps }) {
    if (track.type !== 'VIDEO') return;
    const disabled = width === 0 || height === 0;
    const shown = disabled ? {} : { width, height, fps, quality: 'HIGH' };
    this.#signalling.send({ trackSetting: { trackSids: [track.sid], disabled, ...shown } });
  }

  // Media.

  #openMedia() {
    this.#closeMedia();
    const subscriber = createConnection(this.#iceServers);
    this.#subscriber = subscriber;
    subscriber.onicecandidate = event => sendCandidate(this.#signalling, 'SUBSCRIBER', event.candidate);
    subscriber.ontrack = event => this.#take(event);
    subscriber.ondatachannel = ({ channel }) => {
      channel.binaryType = 'arraybuffer';
      channel.onmessage = event => event.data instanceof ArrayBuffer && this.#receiveData(new Uint8Array(event.data));
    };
    subscriber.onconnectionstatechange = () => this.#connectionChanged(subscriber);
    this.#publisher = new Publisher({ signalling: this.#signalling, media: this.#media, iceServers: this.#iceServers })
      .on('message', bytes => this.#receiveData(bytes))
      .on('failed', () => this.#signalling.startOver());
    this.#publisher.start();
  }

  #closeMedia() {
    this.#publisher?.close();
    this.#subscriber?.close();
    this.#early = [];
    for (const participant of this.participants.values()) participant.receivers = {};
  }

  #answer({ sdp, id = 0 }) {
    const connection = this.#subscriber;
    this.#negotiating = this.#negotiating.then(async () => {
      if (!connection || connection.signalingState === 'closed') return;
      await connection.setRemoteDescription({ type: 'offer', sdp });
      for (const candidate of this.#early.splice(0)) await connection.addIceCandidate(candidate);
      await connection.setLocalDescription();
      this.#signalling.send({ answer: { type: 'answer', sdp: connection.localDescription.sdp, id } });
    }).catch(error => console.warn('confab: offer:', error));
  }

  async #receiveCandidate({ candidateInit, target = 'PUBLISHER' }) {
    const connection = target === 'SUBSCRIBER' ? this.#subscriber : this.#publisher?.connection;
    try {
      const candidate = JSON.parse(candidateInit);
      if (connection?.remoteDescription) await connection.addIceCandidate(candidate);
      else if (target === 'SUBSCRIBER') this.#early.push(candidate);
    } catch (error) {
      console.warn('confab: candidate:', error);
    }
  }

  /** A stream is named `participant|track`, after their sids. */
  #take({ track, receiver, streams }) {
    const sid = streams[0]?.id.split('|')[0];
    const participant = [...this.participants.values()].find(each => each.sid === sid);
    if (!participant) return;
    participant.receivers[track.kind] = receiver;
    this.emit('track', participant, track);
  }

  #receiveData(bytes) {
    const message = this.#chats.read(bytes);
    const participant = [...this.participants.values()].find(each => each.sid === message?.sender);
    if (!participant) return;
    const text = message.text.slice(0, longestChat);
    this.emit('chat', { participant, text, time: new Date().toISOString(), own: false });
  }

  #connectionChanged(connection) {
    if (connection !== this.#subscriber || this.#ended) return;
    for (const participant of this.participants.values()) {
      participant.connection = this.#connectionState();
      this.emit('connection', participant);
    }
    if (connection.connectionState === 'failed') this.#signalling.startOver();
  }

  #connectionState() {
    const states = { connected: 'connected', disconnected: 'troubled', failed: 'troubled' };
    return states[this.#subscriber?.connectionState] ?? 'connecting';
  }

  #end(reason) {
    if (this.#ended) return;
    this.#ended = true;
    this.#close();
    this.emit('ended', reason);
  }

  #close() {
    this.#closeMedia();
    this.participants.clear();
  }
}

/** What mesh calls say about somebody, from the tracks. */
function stateOf(tracks) {
  const on = source => tracks.some(track => track.source === source && !track.muted);
  const picture = tracks.some(track => track.type === 'VIDEO' && track.source !== 'SCREEN_SHARE' && !track.muted);
  return { muted: !on('MICROPHONE'), camera: picture, screen: on('SCREEN_SHARE'), hand: false };
}
