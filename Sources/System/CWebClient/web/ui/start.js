import { destination, inventRoomName } from '../link.js';
import { element } from './dom.js';
import { setState, show } from './screen.js';

/** The start page: a new room, or one that somebody invited to. */
export function showStart({ problem }) {
  setState('start');
  const target = element('input', {
    id: 'target', name: 'room', autocomplete: 'off', spellcheck: 'false', placeholder: 'room or link', required: true,
    'aria-describedby': 'problem',
  });
  const report = element('p', { class: 'problem', id: 'problem', role: 'alert' }, problem ?? '');
  const form = element('form', { class: 'row', onsubmit: submit },
    target, element('button', { type: 'submit', class: 'secondary' }, 'Go'));
  const create = element('button', {
    type: 'button', class: 'primary', onclick: () => location.assign(`/${inventRoomName()}`),
  }, 'Start a new call');
  show(element('main', { class: 'card start' },
    element('h1', { class: 'brand' }, 'confab'),
    element('p', { class: 'lead' }, 'Video calls between terminals and browsers, straight from one to the other.'),
    create,
    element('div', { class: 'or', 'aria-hidden': 'true' }, 'or'),
    element('label', { for: 'target' }, 'Join a room'),
    form, report,
    element('p', { class: 'hint' }, 'In a terminal: ', element('code', {}, `confab join ${location.origin}/ROOM`))));
  create.focus();

  function submit(event) {
    event.preventDefault();
    const place = destination(target.value);
    if (place) location.assign(place);
    else report.textContent = 'A room name has letters, digits, dot, dash and underscore, up to 64 of them.';
  }
}
