import { element } from './dom.js';

/** Opens a modal dialog with a title; Escape and the button close it. */
export function openDialog(title, ...content) {
  const dialog = element('dialog', { 'aria-label': title, onclose: () => dialog.remove() },
    element('h2', {}, title), ...content,
    element('form', { method: 'dialog' }, element('button', { type: 'submit', class: 'primary' }, 'Close')));
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export function openHelp(shortcuts) {
  if (document.querySelector('dialog[open]')) return;
  const rows = shortcuts.map(({ key, label }) =>
    element('tr', {}, element('th', { scope: 'row' }, element('kbd', {}, key)), element('td', {}, label)));
  openDialog('Keys', element('table', { class: 'keys' }, element('tbody', {}, ...rows)));
}
