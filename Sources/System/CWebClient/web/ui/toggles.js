import { icon } from './icons.js';

/** Shows a toggle's state: icon, colour and name. */
export function paint(button, off, name, labelOn, labelOff) {
  const label = off ? labelOff : labelOn;
  button.replaceChildren(icon(off ? `${name}Off` : name));
  button.classList.toggle('off', off);
  button.setAttribute('aria-label', label);
  const key = button.getAttribute('aria-keyshortcuts');
  button.title = key ? `${label} (${key})` : label;
}
