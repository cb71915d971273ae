import { createConnection, preferVP8 } from './connection.js';
import { Emitter } from './emitter.js';

/** Lowest first, as LiveKit names them; what a server asks for goes by quality. */
const layers = [
  { rid: 'q', quality: 'LOW', divisor: 4, maxBitrate: 150_000 },
  { rid: 'h', quality: 'MEDIUM', divisor: 2, maxBitrate: 450_000 },
  { rid: 'f', quality: 'HIGH', divisor: 1, maxBitrate: 1_500_000 },
];

/**
 * What goes to a media server: one connection that this side offers, with microphone, camera in layers, and data.
 *
 * Emits `message` (bytes of a data packet) and `failed`.
 */
export class Publisher extends Emitter {
  #connection;
  #signalling;
  #media;
  #tracks = new Map(); // kind → {cid, sid, transceiver}
  #reliable;
  #waiting = [];
  #negotiating = Promise.resolve();
  #answered = null;
  #offers = 0;

  constructor({ signalling, media, iceServers }) {
    super();
    this.#signalling = signalling;
    this.#media = media;
    const connection = createConnection(iceServers);
    this.#connection = connection;
    this.#reliable = this.#open('_reliable', { ordered: true });
    this.#open('_lossy', { ordered: false, maxRetransmits: 0 });
    this.#reliable.onopen = () => this.#flush();
    connection.onicecandidate = event => sendCandidate(signalling, 'PUBLISHER', event.candidate);
    connection.onconnectionstatechange = () => {
      if (connection.connectionState === 'failed') this.emit('failed');
    };
  }

  get connection() {
    return this.#connection;
  }

  async start() {
    const announced = ['audio', 'video'].filter(kind => this.#announce(kind));
    if (announced.length === 0) await this.#offer();
  }

  /** Another track of that kind, or none: the first one is published, later ones take its place. */
  async replaceTrack(kind, track) {
    const known = this.#tracks.get(kind);
    if (known) await known.transceiver?.sender.replaceTrack(track);
    else if (track) this.#announce(kind);
    this.tellState();
  }

  /** Tells the server what is muted. */
  tellState() {
    const { muted, camera, screen } = this.#media.state;
    const off = { audio: muted, video: !camera && !screen };
    for (const [kind, track] of this.#tracks) {
      if (!track.sid || track.muted === off[kind]) continue;
      track.muted = off[kind];
      this.#signalling.send({ mute: { sid: track.sid, muted: track.muted } });
    }
  }

  /** The server knows a track: it may be offered, all that wait in one offer. */
  published({ cid, track }) {
    const [kind, known] = [...this.#tracks].find(([, each]) => each.cid === cid) ?? [];
    if (!known || known.transceiver) return;
    known.sid = track.sid;
    known.transceiver = this.#connection.addTransceiver(this.#track(kind) ?? kind, {
      direction: 'sendonly', streams: [this.#media.stream],
      ...(kind === 'video' ? { sendEncodings: encodingsOf(this.#track(kind)) } : {}),
    });
    preferVP8(known.transceiver);
    if ([...this.#tracks.values()].every(each => each.transceiver)) this.#offer();
    this.tellState();
  }

  async answered({ sdp }) {
    try {
      await this.#connection.setRemoteDescription({ type: 'answer', sdp });
    } catch (error) {
      console.warn('confab: answer:', error);
    }
    this.#answered?.();
  }

  restartIce() {
    this.#answered?.(); // one that was lost with the socket is not waited for
    this.#offer({ iceRestart: true });
  }

  /** Sends only the layers that anybody looks at. */
  async sendLayers({ trackSid, subscribedCodecs = [], subscribedQualities = [] }) {
    const video = this.#tracks.get('video');
    if (!video?.transceiver || video.sid !== trackSid) return;
    const codec = subscribedCodecs.find(each => /vp8$/i.test(each.codec ?? ''));
    const qualities = codec?.qualities ?? subscribedQualities;
    const wanted = new Set(qualities.filter(each => each.enabled).map(each => each.quality ?? 'LOW'));
    const { sender } = video.transceiver;
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings) {
      const layer = layers.find(each => each.rid === encoding.rid);
      encoding.active = layer ? wanted.has(layer.quality) : wanted.size > 0;
    }
    await sender.setParameters(parameters).catch(error => console.warn('confab: layers:', error));
  }

  write(packets) {
    this.#waiting.push(...packets);
    this.#flush();
  }

  close() {
    this.#connection.close();
  }

  #track(kind) {
    return kind === 'audio' ? this.#media.audio : this.#media.video;
  }

  #announce(kind) {
    const track = this.#track(kind);
    if (!track) return false;
    const { width = 640, height = 360 } = track.getSettings();
    const picture = {
      width, height, simulcastCodecs: [{ codec: 'vp8', cid: track.id }],
      layers: layersOf(track).map(({ rid, quality, divisor, maxBitrate }) => ({
        rid, quality, bitrate: maxBitrate, width: Math.floor(width / divisor), height: Math.floor(height / divisor),
      })),
    };
    const { muted, screen } = this.#media.state;
    const source = kind === 'audio' ? 'MICROPHONE' : screen ? 'SCREEN_SHARE' : 'CAMERA';
    const off = kind === 'audio' && muted;
    this.#tracks.set(kind, { cid: track.id, sid: null, transceiver: null, muted: off });
    this.#signalling.send({
      addTrack: { cid: track.id, name: kind, type: kind.toUpperCase(), source, muted: off, ...(kind === 'video' ? picture : {}) },
    });
    return true;
  }

  /** One offer after the other, each once the one before is answered. */
  #offer(options) {
    const connection = this.#connection;
    this.#negotiating = this.#negotiating.then(async () => {
      if (connection.signalingState === 'closed') return;
      if (connection.signalingState === 'have-local-offer') await connection.setLocalDescription({ type: 'rollback' });
      await connection.setLocalDescription(await connection.createOffer(options));
      this.#offers += 1;
      const answered = new Promise(resolve => { this.#answered = resolve; });
      this.#signalling.send({ offer: { type: 'offer', sdp: connection.localDescription.sdp, id: this.#offers } });
      await answered;
    }).catch(error => console.warn('confab: offer:', error));
    return this.#negotiating;
  }

  #open(label, options) {
    const channel = this.#connection.createDataChannel(label, options);
    channel.binaryType = 'arraybuffer';
    channel.onmessage = event => event.data instanceof ArrayBuffer && this.emit('message', new Uint8Array(event.data));
    return channel;
  }

  #flush() {
    if (this.#reliable.readyState !== 'open') return;
    for (const packet of this.#waiting.splice(0)) this.#reliable.send(packet);
  }
}

export function sendCandidate(signalling, target, candidate) {
  if (!candidate?.candidate) return;
  const { candidate: text, sdpMid, sdpMLineIndex } = candidate;
  signalling.send({ trickle: { target, candidateInit: JSON.stringify({ candidate: text, sdpMid, sdpMLineIndex }) } });
}

/** As many layers as make the smallest still worth looking at. */
function layersOf(track) {
  const { width = 640, height = 360 } = track?.getSettings() ?? {};
  const shortest = Math.min(width, height);
  return layers.slice(shortest >= 360 ? 0 : shortest >= 180 ? 1 : 2);
}

function encodingsOf(track) {
  const chosen = layersOf(track);
  if (chosen.length === 1) return [{ maxBitrate: chosen[0].maxBitrate }];
  return chosen.map(({ rid, divisor, maxBitrate }) => ({ rid, scaleResolutionDownBy: divisor, maxBitrate }));
}
