"""The speech that is sent: four voices of espeak-ng, two Harvard sentences each, the same in every run."""

import array
import subprocess
import tempfile
import wave

import numpy

rate = 48_000
segment_seconds = 9
lead_seconds = 6
"""The end of the speech once more before it begins, not scored, so that everything has settled by then."""

voices = [
    ("en-us", 165, 45, "The birch canoe slid on the smooth planks.", "Glue the sheet to the dark blue background."),
    ("en-gb+f3", 160, 55, "It is easy to tell the depth of a well.", "These days a chicken leg is a rare dish."),
    ("en-gb-scotland+m3", 165, 40, "Rice is often served in round bowls.", "The juice of lemons makes fine punch."),
    ("en-us+f2", 160, 60, "The box was thrown beside the parked truck.", "Four hours of steady work faced us."),
]


def speech():
    """Floats at 48 kHz; talk is at -26 dBFS."""
    return numpy.concatenate([segment(*voice) for voice in voices])


def with_lead(samples):
    return numpy.concatenate([samples[-lead_seconds * rate:], samples, numpy.zeros(rate)])


def segment(voice, speed, pitch, *sentences):
    spoken = [trimmed(say(voice, speed, pitch, sentence)) for sentence in sentences]
    talk = numpy.concatenate(spoken)
    gain = 10 ** (-26 / 20) / numpy.sqrt(numpy.mean(talk[numpy.abs(talk) > 0.01] ** 2))
    rest = segment_seconds * rate - len(talk)
    before, between = rate // 2, (rest - rate // 2) // 2
    parts = [numpy.zeros(before), spoken[0] * gain, numpy.zeros(between), spoken[1] * gain]
    return numpy.concatenate(parts + [numpy.zeros(rest - before - between)])


def say(voice, speed, pitch, sentence):
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        command = ["espeak-ng", "-v", voice, "-s", str(speed), "-p", str(pitch), "-w", file.name, sentence]
        subprocess.run(command, check=True)
        own_rate, samples = read_wav(file.name)
    return resampled(samples, own_rate, rate)


def trimmed(samples):
    loud = numpy.flatnonzero(numpy.abs(samples) > 0.01)
    return samples[max(0, loud[0] - 480) : loud[-1] + 960]


def resampled(samples, from_rate, to_rate):
    """By way of the spectrum, which is exact for sound that begins and ends in silence."""
    if from_rate == to_rate:
        return samples
    count = len(samples) * to_rate // from_rate
    spectrum = numpy.fft.rfft(samples)
    wanted = numpy.zeros(count // 2 + 1, complex)
    kept = min(len(wanted), len(spectrum))
    wanted[:kept] = spectrum[:kept]
    return numpy.fft.irfft(wanted, count) * count / len(samples)


def read_wav(path):
    with wave.open(str(path), "rb") as file:
        samples = array.array("h", file.readframes(file.getnframes()))
        return file.getframerate(), numpy.asarray(samples, float) / 32768


def as_pcm(samples):
    return (numpy.clip(samples, -1, 32767 / 32768) * 32768).round().astype("<i2").tobytes()


def from_pcm(data):
    return numpy.frombuffer(data[: len(data) // 2 * 2], "<i2").astype(float) / 32768
