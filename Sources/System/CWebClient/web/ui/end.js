import { element } from './dom.js';
import { setState, show } from './screen.js';

/** After the call: why it ended, and the ways on. */
export function showEnd({ message, state }) {
  setState(state);
  const again = element('button', { type: 'button', class: 'primary', onclick: () => location.reload() }, 'Join again');
  show(element('main', { class: 'card' },
    element('h1', { class: 'brand' }, 'confab'),
    element('p', { class: 'lead', role: 'alert' }, message),
    again,
    element('a', { class: 'secondary button', href: '/' }, 'Start page')));
  again.focus();
}
