import { element, iconButton } from './dom.js';
import { icon } from './icons.js';
import { paint } from './toggles.js';

const icons = {
  mute: 'microphone', camera: 'camera', screen: 'screen', chat: 'chat', people: 'people', invite: 'link', devices: 'settings',
  help: 'help', leave: 'leave',
};

/** The row of controls below the stage. */
export class Toolbar {
  #buttons = {};
  #badge = element('span', { class: 'badge', hidden: true });

  constructor(actions) {
    for (const { key, name, label, action } of actions) {
      if (!icons[name] || (name === 'screen' && !navigator.mediaDevices?.getDisplayMedia)) continue;
      this.#buttons[name] = iconButton({ icon: icon(icons[name]), label, key, onclick: action, className: name });
    }
    this.#buttons.chat.append(this.#badge);
    this.root = element('nav', { class: 'toolbar', 'aria-label': 'Call controls' }, ...Object.values(this.#buttons));
  }

  /** Shows what this person sends. */
  show(media) {
    paint(this.#buttons.mute, media.muted || !media.hasMicrophone, 'microphone', 'Mute', 'Unmute');
    paint(this.#buttons.camera, !media.cameraOn, 'camera', 'Camera off', 'Camera on');
    this.setOpen('screen', media.sharing);
  }

  setOpen(name, open) {
    this.#buttons[name]?.classList.toggle('open', open);
    this.#buttons[name]?.setAttribute('aria-pressed', String(open));
  }

  setUnread(count) {
    this.#badge.hidden = count === 0;
    this.#badge.textContent = count > 99 ? '99+' : String(count);
    this.#buttons.chat.setAttribute('aria-label', count === 0 ? 'Chat' : `Chat, ${count} unread`);
  }
}
