/**
 * `confab.statistics()` in the browser's console, for people who look into a call and for tests: what each connection
 * sends, receives and decodes, by participant.
 */
export function exposeStatistics(call) {
  globalThis.confab = {
    statistics: () => Promise.all([...call.participants.values()].map(describe)),
    peers: () => [...call.participants.values()].map(({ peer }) => peer),
    restartIce: () => call.restartIce(),
  };
}

async function describe({ name, reports, connection }) {
  const result = { participant: name, connection };
  for (const each of await reports()) {
    if (each.type === 'inbound-rtp' && each.kind === 'video') result.video = pick(each, videoFields);
    if (each.type === 'inbound-rtp' && each.kind === 'audio') result.audio = pick(each, audioFields);
    if (each.type === 'outbound-rtp' && each.kind === 'video') result.sending = pick(each, sendingFields);
    if (each.type === 'candidate-pair' && each.nominated) result.path = pick(each, ['currentRoundTripTime', 'bytesSent', 'bytesReceived']);
  }
  return result;
}

const videoFields = ['framesDecoded', 'frameWidth', 'frameHeight', 'framesPerSecond', 'packetsReceived', 'packetsLost'];
const audioFields = ['packetsReceived', 'packetsLost', 'audioLevel', 'totalAudioEnergy', 'totalSamplesDuration', 'concealedSamples'];
const sendingFields = ['framesEncoded', 'frameWidth', 'frameHeight', 'framesPerSecond', 'bytesSent', 'active'];

function pick(source, fields) {
  return Object.fromEntries(fields.map(field => [field, source[field] ?? null]));
}
