/**
 * Links: /ROOM?name=N&join=1#invite=TOKEN&sha256=FINGERPRINT. What follows # never reaches a server's log, so the
 * invitation is read here and sent in a header.
 */

const roomPattern = /^[A-Za-z0-9._-]{1,64}$/;

/** First path segments that mean something else. */
const reserved = new Set(['-', '.', '..', '.well-known', 'agent', 'api', 'favicon.ico', 'healthz', 'mesh', 'metrics', 'robots.txt',
  'rtc', 'session', 'settings', 'sip', 'twirp', 'whep', 'whip']);

export function isRoomName(text) {
  return roomPattern.test(text) && !reserved.has(text.toLowerCase());
}

/** What a page address asks for; `room` is null on the start page. */
export function parseLink(address) {
  const url = new URL(address);
  const segment = url.pathname.replace(/^\//, '').replace(/\/$/, '');
  const fragment = new URLSearchParams(url.hash.slice(1));
  return {
    room: isRoomName(segment) ? segment : null,
    unknownPath: segment !== '' && !isRoomName(segment),
    invitation: fragment.get('invite') ?? url.searchParams.get('access_token'),
    name: url.searchParams.get('name'),
    joinAtOnce: url.searchParams.get('join') === '1',
  };
}

/** The link to give to others: room and invitation, without what concerns only this visitor. */
export function invitationLink(room, invitation) {
  const fragment = invitation ? `#invite=${encodeURIComponent(invitation)}` : '';
  return `${location.origin}/${room}${fragment}`;
}

/** Where to go for what somebody typed: a link to this server, or the name of a room. Null when it is neither. */
export function destination(text) {
  const typed = text.trim();
  if (isRoomName(typed)) return `/${typed}`;
  try {
    const url = new URL(typed);
    if (!/^https?:$/.test(url.protocol) || !parseLink(url.href).room) return null;
    return url.href;
  } catch {
    return null;
  }
}

const adjectives = ['amber', 'brisk', 'calm', 'dapper', 'early', 'fern', 'gentle', 'hazel', 'ivory', 'jolly', 'lucid',
  'merry', 'north', 'olive', 'plain', 'quiet', 'rapid', 'silver', 'tidy', 'violet', 'warm', 'young'];
const nouns = ['badger', 'brook', 'cedar', 'comet', 'dune', 'ember', 'falcon', 'glade', 'harbor', 'island', 'juniper',
  'kestrel', 'lantern', 'meadow', 'nimbus', 'otter', 'pebble', 'quarry', 'river', 'summit', 'thicket', 'willow'];

/** A room name that can be said on the telephone and is not easily guessed (22 × 22 × 2^20). */
export function inventRoomName() {
  const [first, second, third] = crypto.getRandomValues(new Uint32Array(3));
  const digits = (third & 0xfffff).toString(36).padStart(4, '0');
  return `${adjectives[first % adjectives.length]}-${nouns[second % nouns.length]}-${digits}`;
}
