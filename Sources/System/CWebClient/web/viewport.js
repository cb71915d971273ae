/**
 * Viewports: a receiver tells how large it shows a picture, the sender encodes no more than that. 0x0 stops the picture.
 */

const largest = { width: 1280, height: 720 };

/** What is sent until the other side has said what it shows. */
export const initialViewport = { width: 640, height: 360, fps: 30 };

/** Checks a received message; null when it makes no sense. */
export function readViewport({ width, height, fps }) {
  if (![width, height].every(side => Number.isInteger(side) && side >= 0 && side <= 8192)) return null;
  const rate = Number.isFinite(fps) ? Math.min(60, Math.max(1, fps)) : 30;
  return { width, height, fps: rate };
}

/** What to ask for a video element as it is shown now, in device pixels. */
export function viewportOf(video) {
  const box = video.getBoundingClientRect();
  const ratio = devicePixelRatio || 1;
  const width = Math.round(box.width * ratio);
  const height = Math.round(box.height * ratio);
  if (width < 2 || height < 2) return { width: 0, height: 0, fps: 0 };
  const scale = Math.min(1, largest.width / width, largest.height / height);
  const shown = { width: even(width * scale), height: even(height * scale) };
  return { ...shown, fps: shown.width * shown.height < 200 * 120 ? 15 : 30 };
}

/** Makes a sender encode what fits into `viewport`. */
export async function fitSender(sender, viewport) {
  const parameters = sender.getParameters();
  const encoding = parameters.encodings?.[0];
  if (!encoding) return; // not negotiated yet; called again when it is
  encoding.active = viewport.width > 0 && viewport.height > 0;
  if (encoding.active) {
    const { width = 640, height = 360 } = sender.track?.getSettings() ?? {};
    encoding.scaleResolutionDownBy = Math.max(1, width / viewport.width, height / viewport.height);
    encoding.maxFramerate = viewport.fps;
    encoding.maxBitrate = bitrate(viewport);
  }
  await sender.setParameters(parameters);
}

/** Enough for VP8 to look well: 0.1 bit a pixel, between 100 kbit/s and 2 Mbit/s. */
function bitrate({ width, height, fps }) {
  return Math.round(Math.min(2_000_000, Math.max(100_000, width * height * fps * 0.1)));
}

function even(value) {
  return Math.max(2, Math.round(value / 2) * 2);
}
