import { Emitter } from './emitter.js';
import { recall, remember } from './preferences.js';

const pictureWanted = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
const soundWanted = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** What to tell somebody whose camera or microphone did not open, by the error's name. */
const explanations = {
  NotAllowedError: 'permission was denied. Allow it in the address bar to be seen and heard',
  NotFoundError: 'none was found',
  NotReadableError: 'another program is using it',
  OverconstrainedError: 'the chosen one is not there any more',
  SecurityError: 'this page may not use it',
};

/**
 * This person's camera, microphone and screen. Emits `track` with kind (`audio`, `video`) and track or null whenever what is to be sent
 * changes, `changed` for anything a user would see, and `notice` with a text.
 */
export class LocalMedia extends Emitter {
  /** Groups what is sent, so that receivers keep sound and picture in step. */
  stream = new MediaStream();
  muted = false;
  cameraOn = true;
  sharing = false;
  #microphone = null;
  #camera = null;
  #screen = null;

  /** The tracks now being sent. */
  get audio() {
    return this.#microphone;
  }

  get video() {
    return this.#screen ?? this.#camera;
  }

  get hasMicrophone() {
    return this.#microphone !== null;
  }

  /** What others are told about this person. */
  get state() {
    return {
      muted: this.muted || !this.#microphone,
      camera: this.#camera !== null,
      screen: this.#screen !== null,
      hand: false,
    };
  }

  /** Opens what there is. Neither camera nor microphone is needed to take part. */
  async open() {
    if (!navigator.mediaDevices?.getUserMedia) {
      this.cameraOn = false;
      this.emit('notice', 'The browser allows camera and microphone only over https, or on localhost. You can join without.');
      return;
    }
    try {
      this.#use(await capture({ audio: soundOf(recall('microphone')), video: pictureOf(recall('camera')) }));
    } catch {
      await this.#openSeparately();
    }
    this.emit('changed');
  }

  setMuted(muted) {
    this.muted = muted;
    if (this.#microphone) this.#microphone.enabled = !muted;
    if (!muted && !this.#microphone) this.selectMicrophone(recall('microphone'));
    this.emit('changed');
  }

  /** Off closes the camera, so that its light goes out. */
  async setCamera(on) {
    this.cameraOn = on;
    if (on) await this.selectCamera(recall('camera'));
    else this.#setCamera(null);
    this.emit('changed');
  }

  async selectMicrophone(id) {
    const stream = await this.#attempt('Microphone', { audio: soundOf(id) });
    if (!stream) return;
    if (id) remember('microphone', id);
    this.#setMicrophone(stream.getAudioTracks()[0]);
    this.emit('changed');
  }

  async selectCamera(id) {
    const stream = await this.#attempt('Camera', { video: pictureOf(id) });
    this.cameraOn = stream !== null;
    if (!stream) return;
    if (id) remember('camera', id);
    this.#setCamera(stream.getVideoTracks()[0]);
    this.emit('changed');
  }

  async setSharing(on) {
    if (!on) return this.#setScreen(null);
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15, max: 30 } } });
      this.#setScreen(stream.getVideoTracks()[0]);
    } catch (error) {
      if (error.name !== 'NotAllowedError') this.emit('notice', 'The screen cannot be shared from this browser.');
    }
  }

  /** The ids of the devices in use. */
  selected() {
    return {
      camera: this.#camera?.getSettings().deviceId ?? '',
      microphone: this.#microphone?.getSettings().deviceId ?? '',
      speaker: recall('speaker') ?? '',
    };
  }

  close() {
    for (const track of [this.#microphone, this.#camera, this.#screen]) track?.stop();
    this.#microphone = this.#camera = this.#screen = null;
  }

  async #openSeparately() {
    const sound = await this.#attempt('Microphone', { audio: soundOf(null) });
    if (sound) this.#use(sound);
    const picture = await this.#attempt('Camera', { video: pictureOf(null) });
    if (picture) this.#use(picture);
    else this.cameraOn = false;
  }

  async #attempt(device, constraints) {
    try {
      return await capture(constraints);
    } catch (error) {
      this.emit('notice', `${device}: ${explanations[error.name] ?? error.message}.`);
      return null;
    }
  }

  #use(stream) {
    const [sound] = stream.getAudioTracks();
    const [picture] = stream.getVideoTracks();
    if (sound) this.#setMicrophone(sound);
    if (picture) this.#setCamera(picture);
  }

  #setMicrophone(track) {
    this.#microphone?.stop();
    this.#microphone = track;
    if (track) {
      track.enabled = !this.muted;
      track.onended = () => this.#unplugged('Microphone', () => this.#setMicrophone(null));
    }
    this.emit('track', 'audio', track);
  }

  #setCamera(track) {
    this.#camera?.stop();
    this.#camera = track;
    if (track) track.onended = () => this.#unplugged('Camera', () => this.#setCamera(null));
    if (!track) this.cameraOn = false;
    if (!this.#screen) this.emit('track', 'video', track);
  }

  #setScreen(track) {
    this.#screen?.stop();
    this.#screen = track;
    this.sharing = track !== null;
    if (track) {
      track.contentHint = 'detail';
      track.onended = () => this.#setScreen(null);
    }
    this.emit('track', 'video', this.video);
    this.emit('changed');
  }

  #unplugged(device, forget) {
    forget();
    this.emit('notice', `${device}: it was unplugged or taken away.`);
    this.emit('changed');
  }
}

/** `{cameras, microphones, speakers}`, each a list of `{id, label}`. */
export async function listDevices() {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  const of = kind => devices
    .filter(device => device.kind === kind && device.deviceId !== '')
    .map((device, index) => ({ id: device.deviceId, label: device.label || `${kind} ${index + 1}` }));
  return { cameras: of('videoinput'), microphones: of('audioinput'), speakers: of('audiooutput') };
}

function capture(constraints) {
  return navigator.mediaDevices.getUserMedia(constraints);
}

function pictureOf(id) {
  return { ...pictureWanted, ...(id ? { deviceId: { ideal: id } } : {}) };
}

function soundOf(id) {
  return { ...soundWanted, ...(id ? { deviceId: { ideal: id } } : {}) };
}
