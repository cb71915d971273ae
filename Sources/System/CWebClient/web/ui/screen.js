/** One screen at a time, and what state the page is in, for style sheets and for programs that drive the page. */

export function show(root) {
  document.getElementById('app').replaceChildren(root);
}

/** `start`, `lobby`, `joining`, `joined`, `reconnecting`, `left`, `error`. */
export function setState(state) {
  document.body.dataset.state = state;
}
