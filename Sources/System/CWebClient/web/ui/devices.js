import { listDevices } from '../media.js';
import { remember } from '../preferences.js';
import { element } from './dom.js';

/** Lists to choose camera, microphone and speaker from; kept up to date while devices come and go. */
export class DeviceChoice {
  root = element('div', { class: 'device-choice' });
  #media;
  #onSpeaker;

  constructor(media, { onSpeaker = () => {} } = {}) {
    this.#media = media;
    this.#onSpeaker = onSpeaker;
    media.on('changed', () => this.refresh());
    navigator.mediaDevices?.addEventListener?.('devicechange', () => this.refresh());
  }

  async refresh() {
    const devices = await listDevices();
    const chosen = this.#media.selected();
    const speakers = 'setSinkId' in HTMLMediaElement.prototype ? devices.speakers : [];
    this.root.replaceChildren(...[
      this.#list('Camera', devices.cameras, chosen.camera, id => this.#media.selectCamera(id)),
      this.#list('Microphone', devices.microphones, chosen.microphone, id => this.#media.selectMicrophone(id)),
      this.#list('Speaker', speakers, chosen.speaker, id => this.#chooseSpeaker(id)),
    ].filter(Boolean));
  }

  #list(label, devices, chosen, choose) {
    if (devices.length === 0) return null;
    const options = devices.map(({ id, label: name }) =>
      element('option', { value: id, selected: id === chosen }, name));
    const select = element('select', { onchange: event => choose(event.target.value) }, ...options);
    return element('label', {}, element('span', {}, label), select);
  }

  #chooseSpeaker(id) {
    remember('speaker', id);
    this.#onSpeaker(id);
  }
}
