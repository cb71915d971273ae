import { element, iconButton } from './dom.js';
import { icon } from './icons.js';

/** Who is there, and the link that brings others. */
export class People {
  #list = element('ul', { class: 'people-list' });

  constructor({ onClose, onInvite }) {
    const invite = element('button', { type: 'button', class: 'secondary', onclick: onInvite }, icon('link'), ' Copy invitation link');
    this.root = element('aside', { class: 'panel people', 'aria-label': 'People', hidden: true },
      element('header', {}, element('h2', {}, 'People'), iconButton({ icon: icon('close'), label: 'Close list of people', onclick: onClose })),
      this.#list, invite);
  }

  get isOpen() {
    return !this.root.hidden;
  }

  setOpen(open) {
    this.root.hidden = !open;
    if (open) this.root.querySelector('button').focus();
  }

  show(people) {
    this.#list.replaceChildren(...people.map(({ name, own, state }) => element('li', {},
      element('span', { class: 'name' }, own ? `${name} (you)` : name),
      mark(state.screen, 'screen', 'shares the screen'),
      mark(!state.camera, 'cameraOff', 'camera off'),
      mark(state.muted, 'microphoneOff', 'muted'))));
  }
}

function mark(shown, name, label) {
  return shown ? element('span', { class: 'mark', role: 'img', 'aria-label': label, title: label }, icon(name)) : null;
}
