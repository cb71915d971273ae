/**
 * Builds an element. Attributes are set as attributes, functions become listeners (`onclick: …`), children are elements
 * or text. Text from others only ever becomes text nodes.
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') node.addEventListener(name.slice(2), value);
    else if (typeof value === 'boolean') node.toggleAttribute(name, value);
    else if (value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter(child => child !== null && child !== undefined));
  return node;
}

/** A button with an icon, a name for those who do not see it, and optionally its key. */
export function iconButton({ icon, label, key = null, onclick, className = '' }) {
  const title = key ? `${label} (${key})` : label;
  return element('button', {
    type: 'button', class: `icon-button ${className}`, 'aria-label': label, title, onclick, 'aria-keyshortcuts': key,
  }, icon);
}
