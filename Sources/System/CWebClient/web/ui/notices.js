import { element } from './dom.js';

/** Says something at the edge of the screen for a while; also read aloud by screen readers. */
export function notify(text, { seconds = 7 } = {}) {
  const list = document.getElementById('notices');
  const notice = element('p', { class: 'notice' }, text);
  list.append(notice);
  while (list.children.length > 4) list.firstChild.remove();
  setTimeout(() => notice.remove(), seconds * 1000);
  return notice;
}
