"""What is in a recording, as ffmpeg and ffprobe tell: tracks, durations, and whether sound and picture are in step."""

import array
import asyncio
import collections
import json
import pathlib
import statistics
import sys
import time

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Interop"))
import framecode

Track = collections.namedtuple("Track", "index kind codec title width height")


async def run(*command, seconds=30, fails=False):
    """The standard output of a program that must succeed and complain about nothing."""
    child = await asyncio.create_subprocess_exec(
        *map(str, command), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    try:
        output, errors = await asyncio.wait_for(child.communicate(), seconds)
    except asyncio.TimeoutError:
        child.kill()
        raise AssertionError(f"{command[0]} is not done within {seconds} s") from None
    assert fails or child.returncode == 0, f"{' '.join(map(str, command))}: {errors.decode()[-800:]}"
    assert fails or not errors.strip(), f"{' '.join(map(str, command))} complains: {errors.decode()[-800:]}"
    return output


class Film:
    """A file as ffprobe sees it."""

    def __init__(self, path, told):
        self.path = path
        self.duration = float(told["format"].get("duration", "nan"))
        self.tracks = [
            Track(each["index"], each["codec_type"], each["codec_name"], each.get("tags", {}).get("title", ""),
                  each.get("width"), each.get("height")) for each in told["streams"]]

    @classmethod
    async def probe(cls, path):
        text = await run("ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", path)
        return cls(path, json.loads(text))

    def track(self, title, kind):
        return next(each for each in self.tracks if each.title == title and each.kind == kind)

    async def times(self, track):
        """When each packet of a track is shown, in seconds, in the order of the file."""
        text = await run("ffprobe", "-v", "error", "-select_streams", track.index, "-show_entries", "packet=pts_time",
                         "-of", "csv=p=0", self.path)
        return [float(line.split(",")[0]) for line in text.decode().split()]

    async def decodes(self):
        """Every frame of every track, without a complaint."""
        maps = [word for track in self.tracks for word in ("-map", f"0:{track.index}")]
        await run("ffmpeg", "-v", "error", "-xerror", "-i", self.path, *maps, "-fps_mode", "passthrough", "-enc_time_base", "-1",
                  "-f", "null", "-")

    async def pictures(self, track, width=320, height=180):
        """(time, code) of every picture whose burned-in code can be read."""
        data = await run("ffmpeg", "-v", "error", "-i", self.path, "-map", f"0:{track.index}", "-vf", f"scale={width}:{height}",
                         "-fps_mode", "passthrough", "-enc_time_base", "-1", "-pix_fmt", "gray", "-f", "rawvideo", "-")
        frames = numpy.frombuffer(data, numpy.uint8).reshape(-1, height, width)
        times = await self.times(track)
        assert len(frames) == len(times), f"{len(frames)} pictures decoded of {len(times)}"
        read = ((at, framecode.read(frame)) for at, frame in zip(times, frames))
        return [(at, code) for at, code in read if code]

    async def samples(self, track):
        """Mono sound at 48 kHz, put in its place by its times."""
        data = await run("ffmpeg", "-v", "error", "-i", self.path, "-map", f"0:{track.index}",
                         "-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", "48000", "-f", "s16le", "-")
        samples = array.array("h")
        samples.frombytes(data[: len(data) // 2 * 2])
        return samples

    async def lag(self, title):
        """Seconds by which somebody's sound is later than their picture: both show the same wall clock."""
        pictures = await self.pictures(self.track(title, "video"))
        assert len(pictures) > 20, f"{len(pictures)} pictures with a code"
        beeps = beginnings(await self.samples(self.track(title, "audio")))
        assert len(beeps) >= 3, f"{len(beeps)} beeps"
        # Codes are the low 16 bits of milliseconds since 1970; the bits above are those of the last minute.
        first, now = pictures[0][1][1], int(time.time() * 1_000)
        begin = now - (now - first) % 65_536
        zero = statistics.median((begin + (code[1] - first) % 65_536) / 1_000 - at for at, code in pictures)
        differences = [wrapped(zero + beep) for beep in beeps]
        return statistics.median(differences), max(differences) - min(differences)


def wrapped(seconds):
    """Between minus and plus half a second."""
    return (seconds + 0.5) % 1 - 0.5


def beginnings(samples, threshold=1_000, rate=48_000):
    """When each beep begins, in seconds: loud after a fifth of a second of silence."""
    sound = numpy.abs(numpy.frombuffer(samples.tobytes(), numpy.int16).astype(numpy.int32))
    loud = numpy.flatnonzero(sound > threshold)
    if len(loud) == 0:
        return []
    starts = loud[numpy.concatenate(([True], numpy.diff(loud) > rate // 5))]
    return [start / rate for start in starts if start > rate // 5]
