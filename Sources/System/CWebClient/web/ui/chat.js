import { element, iconButton } from './dom.js';
import { icon } from './icons.js';

const kept = 500; // messages

/** The chat panel. Messages travel on the data channels; the server never sees them. */
export class Chat {
  unread = 0;
  #list = element('ol', { class: 'messages', role: 'log', 'aria-live': 'polite', 'aria-label': 'Chat messages' });
  #field = element('input', { class: 'chat-field', 'aria-label': 'Message', placeholder: 'Message to everyone', maxlength: '4000', autocomplete: 'off' });
  #empty = element('p', { class: 'hint' }, 'Nothing said yet. Messages go straight to the others and are not kept.');
  #onUnread;

  constructor({ onSend, onClose, onUnread }) {
    this.#onUnread = onUnread;
    const form = element('form', {
      class: 'row chat-entry',
      onsubmit: event => {
        event.preventDefault();
        const text = this.#field.value.trim();
        this.#field.value = '';
        if (text) onSend(text);
      },
    }, this.#field, element('button', { type: 'submit', class: 'icon-button', 'aria-label': 'Send', title: 'Send' }, icon('send')));
    this.root = element('aside', { class: 'panel chat', 'aria-label': 'Chat', hidden: true },
      element('header', {}, element('h2', {}, 'Chat'), iconButton({ icon: icon('close'), label: 'Close chat', onclick: onClose })),
      this.#empty, this.#list, form);
  }

  get isOpen() {
    return !this.root.hidden;
  }

  setOpen(open) {
    this.root.hidden = !open;
    if (!open) return;
    this.#setUnread(0);
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#field.focus();
  }

  add({ name, text, time, own }) {
    this.#empty.hidden = true;
    const atEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 40;
    this.#list.append(element('li', { class: own ? 'own' : null },
      element('span', { class: 'author' }, own ? 'you' : name), element('time', {}, clock(time)),
      element('p', {}, ...linked(text))));
    while (this.#list.children.length > kept) this.#list.firstChild.remove();
    if (atEnd || own) this.#list.scrollTop = this.#list.scrollHeight;
    if (!this.isOpen && !own) this.#setUnread(this.unread + 1);
  }

  #setUnread(count) {
    this.unread = count;
    this.#onUnread(count);
  }
}

function clock(time) {
  const date = new Date(time);
  const valid = Number.isNaN(date.getTime()) ? new Date() : date;
  return valid.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}

/** Text with its web addresses made into links; everything stays text. */
function linked(text) {
  return text.split(/(https?:\/\/[^\s<>"']+)/g).map((part, index) =>
    index % 2 === 0 ? part : element('a', { href: part, target: '_blank', rel: 'noopener noreferrer' }, part));
}
