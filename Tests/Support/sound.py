"""Sound for tests: files with a tone, and which tones are in what was received."""

import array
import asyncio
import math
import time
import wave

rate = 48_000


def write_tone(path, frequency, seconds=30, level_db=-20.0):
    """A mono 16-bit WAV file; `level_db` is the root mean square below full scale."""
    amplitude = 32767 * math.sqrt(2) * 10 ** (level_db / 20)
    period = rate // math.gcd(rate, frequency)
    cycle = array.array("h", (round(amplitude * math.sin(2 * math.pi * frequency * n / rate)) for n in range(period)))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((cycle * (rate * seconds // period)).tobytes())


def read_samples(path):
    """The samples of a mono WAV file or, by any other name, of raw 16-bit PCM."""
    if str(path).endswith(".wav"):
        with wave.open(str(path), "rb") as file:
            data = file.readframes(file.getnframes())
    else:
        with open(path, "rb") as file:
            data = file.read()
    samples = array.array("h")
    samples.frombytes(data[: len(data) // 2 * 2])
    return samples


def read_growing(path):
    """The samples so far of a mono WAV file that is still being written, whose header counts none of them yet."""
    try:
        with open(path, "rb") as file:
            data = file.read()[44:]
    except FileNotFoundError:
        data = b""
    samples = array.array("h")
    samples.frombytes(data[: len(data) // 2 * 2])
    return samples


def level_db(samples):
    """The root mean square in dB relative to full scale; -127 for silence."""
    power = sum(sample * sample for sample in samples) / max(1, len(samples)) / 32768**2
    return 10 * math.log10(max(power, 10**-12.7))


def level_of(samples, frequency):
    """The level of one frequency in dB relative to full scale, by the Goertzel algorithm."""
    coefficient = 2 * math.cos(2 * math.pi * frequency / rate)
    before = previous = 0.0
    for sample in samples:
        before, previous = previous, sample / 32768 + coefficient * previous - before
    power = before**2 + previous**2 - coefficient * before * previous
    amplitude = 2 * math.sqrt(max(power, 1e-20)) / max(1, len(samples))
    return 20 * math.log10(max(amplitude / math.sqrt(2), 1e-9))


def pitch_of(samples):
    """The frequency of a clean tone in Hz: its rising zero crossings, each placed between two samples."""
    crossings = [
        n - 1 + samples[n - 1] / (samples[n - 1] - samples[n]) for n in range(1, len(samples)) if samples[n - 1] < 0 <= samples[n]]
    if len(crossings) < 2:
        return 0.0
    return rate * (len(crossings) - 1) / (crossings[-1] - crossings[0])


def tone_fault(samples, frequency, level_db=-20.0, tail=0.25, seconds=1.5):
    """What is wrong with the last `seconds` but for a `tail` that an end may have cut: (words or None, what was measured).

    5 Hz and 3 dB are allowed. Silence at the beginning and half a second of fading in do not count.
    """
    begin = next((n for n, sample in enumerate(samples) if abs(sample) > 500), len(samples)) + rate // 2
    end = len(samples) - round(tail * rate)
    part = samples[max(begin, end - round(seconds * rate)):max(0, end)]
    if len(part) < seconds * rate:
        return "too short", f"{len(samples)} samples"
    pitch, level = pitch_of(part), level_of(part, frequency)
    measured = f"{pitch:.2f} Hz at {level:.2f} dB (sent: {frequency} Hz at {level_db:.0f} dB)"
    if abs(pitch - frequency) > 5:
        return "wrong pitch", measured
    if abs(level - level_db) > 3:
        return "wrong level", measured
    return None, measured


async def tone_settles(read, frequency, seconds=25):
    """Waits until the newest 1.5 s of what `read()` answers are the tone, and answers what was measured.

    A busy machine may tear holes into sound for a while; a wrong chain never gets there.
    """
    deadline = time.monotonic() + seconds
    while True:
        samples = await asyncio.to_thread(read)
        fault, measured = tone_fault(samples, frequency)
        if fault is None:
            return measured
        if time.monotonic() > deadline:
            raise AssertionError(f"the tone does not come out within {seconds} s: {fault}, {measured}")
        await asyncio.sleep(0.5)


def longest_gap(samples, frequency, level_db=-20.0):
    """The longest time in seconds for which a tone that had begun was not heard, before it ended.

    Looks at 20 ms at a time, in which tones of whole multiples of 50 Hz do not disturb each other.
    """
    size = rate // 50
    heard = [level_of(samples[at:at + size], frequency) > level_db - 15 for at in range(0, len(samples) - size, size)]
    # It fades in, and the ends of a call are ragged.
    begin = next((at for at in range(len(heard)) if all(heard[at:at + 25])), None)
    if begin is None:
        return float("inf")
    end = len(heard) - heard[::-1].index(True)
    longest = current = 0
    for is_heard in heard[begin:end]:
        current = 0 if is_heard else current + 1
        longest = max(longest, current)
    return longest / 50
