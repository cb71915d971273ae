/** A server's list of STUN and TURN servers may hold what a browser refuses; a call without them is better than none. */
export function createConnection(iceServers) {
  try {
    return new RTCPeerConnection({ iceServers, bundlePolicy: 'max-bundle' });
  } catch (error) {
    console.warn('confab: iceServers:', error);
    return new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
  }
}

/**
 * VP8 first: every client of ours speaks it. The other codecs stay in the offer, because Firefox 153 leaves their
 * `rtcp-fb` lines behind when they are dropped, which Chromium then refuses to parse.
 */
export function preferVP8(transceiver) {
  if (transceiver.receiver.track.kind !== 'video' || !transceiver.setCodecPreferences) return;
  const codecs = RTCRtpReceiver.getCapabilities('video')?.codecs ?? [];
  const isVP8 = codec => /^video\/VP8$/i.test(codec.mimeType);
  if (codecs.some(isVP8)) transceiver.setCodecPreferences([...codecs.filter(isVP8), ...codecs.filter(codec => !isVP8(codec))]);
}
