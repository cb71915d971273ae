import { viewportOf } from '../viewport.js';
import { element } from './dom.js';
import { icon } from './icons.js';

const hues = 12;

/** One person on the stage: picture, or initials where there is none, and name. */
export class Tile {
  #video = element('video', { autoplay: true, playsinline: true });
  #sound = null;
  #name;
  #note = element('span', { class: 'note' });
  #mutedMark = element('span', { class: 'muted-mark', title: 'muted' }, icon('microphoneOff'));
  #soundBlocked;

  constructor({ name, own = false, onSelect = () => {}, onSoundBlocked = () => {} }) {
    this.#name = name;
    this.#soundBlocked = onSoundBlocked;
    this.#video.muted = true; // sound has an element of its own, so that a refused autoplay does not stop the picture
    if (own) this.#video.classList.add('mirrored');
    else this.#video.dataset.participant = name;
    this.#mutedMark.hidden = true;
    const avatar = element('div', { class: `avatar hue-${hueOf(name)}`, 'aria-hidden': 'true' }, initials(name));
    const label = element('figcaption', {}, this.#mutedMark, element('span', { class: 'name' }, own ? `${name} (you)` : name), this.#note);
    this.root = element('figure', {
      class: own ? 'tile own' : 'tile', tabindex: '0', role: 'button', 'aria-label': `${name}: show large`,
      onclick: onSelect,
      onkeydown: event => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        onSelect();
      },
    }, avatar, this.#video, label);
    if (!own) {
      this.#sound = element('audio', { autoplay: true });
      this.root.append(this.#sound);
    }
  }

  get video() {
    return this.#video;
  }

  /** A track in the place of another one of its kind takes over once it plays, so that nothing is interrupted. */
  addTrack(track) {
    if (track.kind === 'video') this.#addPicture(track);
    else if (this.#sound) this.#addSound(track);
  }

  #addSound(track) {
    const stream = new MediaStream([track]);
    if (!this.#sound.srcObject) {
      this.#sound.srcObject = stream;
      return this.playSound();
    }
    const next = element('audio', { autoplay: true });
    next.muted = true;
    next.srcObject = stream;
    if (this.#sound.sinkId) next.setSinkId?.(this.#sound.sinkId).catch(() => {});
    next.onplaying = () => {
      next.onplaying = null;
      this.#sound.srcObject = null;
      next.muted = false;
      this.#sound.replaceWith(next);
      this.#sound = next;
      this.playSound();
    };
    next.play().catch(() => {});
  }

  #addPicture(track) {
    const stream = new MediaStream([track]);
    if (!this.#video.srcObject) {
      this.#video.srcObject = stream;
      return;
    }
    const next = this.#video.cloneNode();
    next.muted = true;
    next.srcObject = stream;
    next.onloadeddata = () => {
      next.onloadeddata = null;
      this.#video.srcObject = null;
      this.#video.replaceWith(next);
      this.#video = next;
      next.play().catch(() => {});
    };
  }

  /** Browsers play sound only after the user did something, unless a microphone is open. */
  playSound() {
    this.#sound?.play().catch(error => {
      if (error.name === 'NotAllowedError') this.#soundBlocked();
    });
  }

  setSpeaker(id) {
    this.#sound?.setSinkId?.(id).catch(() => {});
  }

  setPicture(track) {
    if (this.#video.srcObject?.getVideoTracks()[0] === track) return;
    this.#video.srcObject = track ? new MediaStream([track]) : null;
  }

  setState({ muted = false, camera = false, screen = false }) {
    this.root.classList.toggle('no-picture', !camera && !screen);
    this.root.classList.toggle('screen', Boolean(screen));
    this.#mutedMark.hidden = !muted;
  }

  setSpeaking(speaking) {
    this.root.classList.toggle('speaking', speaking);
  }

  /** `connecting`, `connected`, `troubled`, `failed`. */
  setConnection(state) {
    this.root.dataset.connection = state;
    this.#note.textContent = notes[state] ?? '';
  }

  /** What to ask the other side for: nothing when the picture is not seen. */
  viewport() {
    if (document.hidden || this.root.classList.contains('no-picture')) return { width: 0, height: 0, fps: 0 };
    return viewportOf(this.#video);
  }

  remove() {
    this.#video.srcObject = null;
    if (this.#sound) this.#sound.srcObject = null;
    this.root.remove();
  }
}

const notes = {
  connecting: 'connecting…',
  troubled: 'reconnecting…',
  failed: 'no way through: a network in between blocks this',
};

function initials(name) {
  const words = name.split(/[\s._-]+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : words;
  return letters.map(word => [...word][0]).join('').toUpperCase() || '?';
}

/** The same colour for the same name, everywhere. */
function hueOf(name) {
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)) >>> 0;
  return hash % hues;
}
