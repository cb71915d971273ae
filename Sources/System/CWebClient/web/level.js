/** Measures how loud a local track is, 0 to 1 (root mean square of the last 20 ms or so). */
export class LevelMeter {
  #context = null;
  #analyser = null;
  #samples = null;

  listen(track) {
    this.close();
    if (!track) return;
    const context = new AudioContext();
    this.#context = context;
    this.#analyser = context.createAnalyser();
    this.#analyser.fftSize = 1024;
    this.#samples = new Float32Array(this.#analyser.fftSize);
    context.createMediaStreamSource(new MediaStream([track])).connect(this.#analyser);
  }

  level() {
    if (!this.#analyser) return 0;
    this.#analyser.getFloatTimeDomainData(this.#samples);
    let sum = 0;
    for (const sample of this.#samples) sum += sample * sample;
    return Math.sqrt(sum / this.#samples.length);
  }

  close() {
    this.#context?.close().catch(() => {});
    this.#context = this.#analyser = null;
  }
}

/** Turns levels into "is speaking": on at once, off after half a second of quiet. */
export class SpeechGate {
  #until = 0;

  update(level, now) {
    if (level > 0.02) this.#until = now + 500;
    return now < this.#until;
  }
}
