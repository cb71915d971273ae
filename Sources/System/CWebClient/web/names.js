export const longestChat = 4000; // characters

/** A name as it may be shown: without control and direction-changing characters, and not endless. */
export function displayName(name) {
  const clean = String(name ?? '').replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '').trim();
  return clean.slice(0, 64) || 'somebody';
}
