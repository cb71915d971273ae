/** The server's HTTP interface. */

/** Why a room could not be joined; `message` is fit for showing. */
export class JoinError extends Error {
  constructor(message, { retry = false } = {}) {
    super(message);
    this.retry = retry;
  }
}

const refusals = {
  400: 'The server did not accept that name or room.',
  401: 'This room needs an invitation. Ask for a link with one.',
  403: 'This invitation is not valid here, or it has expired. Ask for a new link.',
  404: 'There is no such room on this server.',
  409: 'The room is full.',
  429: 'Too many attempts. Wait a little, then try again.',
};

/**
 * Asks to be let in. Answers `{mode, identity, token, mesh, rtc, iceServers}`: a fresh identity, the token that proves
 * it, and where signalling is.
 */
export async function joinRoom(room, name, invitation) {
  const headers = { 'Content-Type': 'application/json' };
  if (invitation) headers.Authorization = `Bearer ${invitation}`;
  let response;
  try {
    response = await fetch(`/api/rooms/${encodeURIComponent(room)}/join`, {
      method: 'POST', headers, body: JSON.stringify({ name }), cache: 'no-store',
    });
  } catch {
    throw new JoinError('The server cannot be reached.', { retry: true });
  }
  if (!response.ok) throw new JoinError(await refusal(response), { retry: response.status >= 500 });
  return response.json();
}

async function refusal(response) {
  const body = await response.json().catch(() => ({}));
  const detail = typeof body.message === 'string' ? body.message.slice(0, 200) : '';
  return refusals[response.status] ?? `The server answered ${response.status}. ${detail}`.trim();
}

/** `{mode, participants, open}` of a room, or null when the server does not say. */
export async function describeRoom(room) {
  try {
    const response = await fetch(`/api/rooms/${encodeURIComponent(room)}`, { cache: 'no-store' });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
