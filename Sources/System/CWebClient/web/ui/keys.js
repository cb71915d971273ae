/** One-letter shortcuts, except while somebody types. Answers a function that removes them. */
export function bindKeys(shortcuts) {
  const byKey = new Map(shortcuts.map(({ key, action }) => [key, action]));
  const handle = event => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (event.key !== 'Escape' && event.target.closest?.('input, textarea, select, dialog')) return;
    const action = byKey.get(event.key);
    if (!action) return;
    event.preventDefault();
    action();
  };
  document.addEventListener('keydown', handle);
  return () => document.removeEventListener('keydown', handle);
}
