/** What this browser remembers: name and devices. A browser that forbids storage simply remembers nothing. */

const prefix = 'confab.';

export function remember(key, value) {
  try {
    localStorage.setItem(prefix + key, value);
  } catch {
    // Private windows and embedded pages may refuse; nothing depends on it.
  }
}

export function recall(key) {
  try {
    return localStorage.getItem(prefix + key);
  } catch {
    return null;
  }
}
