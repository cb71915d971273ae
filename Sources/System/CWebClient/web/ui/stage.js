import { element } from './dom.js';

const aspect = 16 / 9;
const gap = 10; // CSS pixels, as in call.css
const settle = 150; // ms of quiet before viewports are told

/** The tiles: a grid as large as fits, or one large and the others in a strip. */
export class Stage {
  root = element('section', { class: 'stage', 'aria-label': 'Participants' });
  #tiles = new Map(); // id → tile; the own tile has the id null
  #focused = undefined;
  #onViewport;
  #timer = null;

  constructor({ onViewport }) {
    this.#onViewport = onViewport;
    this.resized = new ResizeObserver(() => this.#arrange());
    this.resized.observe(this.root);
    this.visibility = () => this.tellViewports();
    document.addEventListener('visibilitychange', this.visibility);
  }

  get(id) {
    return this.#tiles.get(id);
  }

  get tiles() {
    return [...this.#tiles.values()];
  }

  add(id, tile) {
    this.#tiles.set(id, tile);
    this.root.append(tile.root);
    this.#arrange();
  }

  remove(id) {
    this.#tiles.get(id)?.remove();
    this.#tiles.delete(id);
    if (this.#focused === id) this.#focused = undefined;
    this.#arrange();
  }

  /** Shows one tile large; the same again shows all alike. */
  toggleFocus(id) {
    this.#focused = this.#focused === id ? undefined : id;
    this.#arrange();
  }

  /** Tells, once things have settled, how large each remote picture is shown. */
  tellViewports() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      for (const [id, tile] of this.#tiles) if (id !== null) this.#onViewport(id, tile.viewport());
    }, settle);
  }

  close() {
    clearTimeout(this.#timer);
    this.resized.disconnect();
    document.removeEventListener('visibilitychange', this.visibility);
    for (const id of [...this.#tiles.keys()]) this.remove(id);
    clearTimeout(this.#timer);
  }

  #arrange() {
    const focused = this.#tiles.get(this.#focused);
    this.root.dataset.layout = focused ? 'focus' : this.#tiles.size === 2 ? 'pair' : 'grid';
    for (const tile of this.tiles) tile.root.classList.toggle('focused', tile === focused);
    const { columns, width } = bestGrid(this.#tiles.size, this.root.clientWidth, this.root.clientHeight);
    const used = columns * Math.floor(width) + (columns - 1) * gap;
    const inset = focused ? 0 : Math.max(0, (this.root.clientWidth - used) / 2 - 1);
    this.root.style.setProperty('--tile-width', `${Math.floor(width)}px`);
    this.root.style.setProperty('--inset', `${Math.floor(inset)}px`);
    this.tellViewports();
  }
}

/** The number of columns that makes tiles of 16:9 largest, and their width. */
function bestGrid(count, width, height) {
  let best = { columns: 1, width: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns += 1) {
    const rows = Math.ceil(count / columns);
    const byWidth = (width - gap * (columns - 1)) / columns;
    const byHeight = (height - gap * (rows - 1)) / rows * aspect;
    const size = Math.min(byWidth, byHeight);
    if (size > best.width) best = { columns, width: size };
  }
  return best;
}
