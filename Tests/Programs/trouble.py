#!/usr/bin/env python3
"""trouble.py [MINUTES]: a headless client among simulated troubles, which it has to survive and to report.

Again and again: the server is killed and comes back; the sound server is killed, so that microphone and speaker are gone,
and comes back; the camera is unplugged and plugged in again; there is no network for 20 s. After each the picture of the
other participant has to move on. Standard output has to be nothing but JSON, and every trouble has to be told in it: one
line a trouble says after how many seconds what was told. `make trouble MINUTES=60`. Needs root, for networks of its own.
"""

import asyncio
import pathlib
import shutil
import signal
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parents[1] / folder) for folder in ("Support", "Interop")]

from confab import Home, decodes, join, sees_and_hears, serve
from equipment import SoundCards, unpluggable_camera
from lab import lab
from processes import stop_all

address = "10.90.0.2:7880"
seconds_without_network = 20


class Trouble:
    """Waits for the events that tell of one trouble, none of which may be of an earlier one."""

    def __init__(self, name, client):
        self.name, self.client, self.began = name, client, time.monotonic()
        self._before = client.events[:]
        self._told = []

    async def told(self, event, seconds, **fields):
        wanted = {"event": event, **fields}
        before = sum(1 for each in self._before if all(each.get(name) == value for name, value in wanted.items()))
        found = await self.client.event(event, seconds, count=before + 1, **fields)
        words = " ".join(str(value) for value in fields.values())
        self._told.append(f"{event} {words} +{time.monotonic() - self.began:.1f} s")
        return found

    def __str__(self):
        return f"{self.name:22} " + ", ".join(self._told)


class Scene:
    """A server, the client that is watched, and another one, each in a network of its own."""

    def __init__(self, network, cards, prefix, unplugged):
        self.network, self.cards, self.unplugged = network, cards, unplugged
        self._camera = prefix
        self._home = Home()

    async def begin(self):
        await self._serve()
        link = f"http://{address}/trouble"
        await self.cards.play("a")
        self.watched = await join(
            link, "watched", camera="/dev/video9", mic="client_a_mic", speaker="client_b",
            prefix=[*self.network.inside("cliA"), *self._camera, *self.cards.prefix])
        self.other = await join(link, "other", prefix=self.network.inside("cliB"))
        await sees_and_hears(self.watched, "other")
        await sees_and_hears(self.other, "watched")

    async def _serve(self):
        self._server = await serve("--open", listen=address, home=self._home, prefix=self.network.inside("srv"))

    async def server_restarts(self, trouble):
        self._server.signal(signal.SIGKILL)
        await self._server.wait(5)
        await trouble.told("reconnecting", 20, what="signalling")
        await self._serve()
        await trouble.told("reconnected", 20, what="signalling")

    async def sound_goes(self, trouble):
        await self.cards.lose()
        for code in ("microphone-lost", "speaker-lost"):
            await trouble.told("error", 20, code=code)
        await self.cards.come_back()
        await self.cards.play("a")
        for code in ("microphone-back", "speaker-back"):
            await trouble.told("error", 30, code=code)

    async def camera_goes(self, trouble):
        self.unplugged.touch()
        await trouble.told("error", 20, code="camera-lost")
        self.unplugged.unlink()
        await trouble.told("error", 20, code="camera-back")

    async def network_goes(self, trouble):
        self.network("cut", "A")
        await trouble.told("reconnecting", 30, what="media")
        await asyncio.sleep(max(0, trouble.began + seconds_without_network - time.monotonic()))
        self.network("mend", "A")
        await trouble.told("reconnected", 30, what="media")
        # TCP may have got over it unnoticed.
        signalling = [each["event"] for each in self.watched.events if each.get("what") == "signalling"]
        if signalling[-1:] == ["reconnecting"]:
            await trouble.told("reconnected", 30, what="signalling")

    async def goes_on(self):
        """Both see the other's picture move on."""
        for client, other in ((self.watched, "other"), (self.other, "watched")):
            reports = client.found("quality")
            seen = reports[-1]["participants"] if reports else []
            before = max((each["framesDecoded"] for each in seen if each["participant"] == other), default=0)
            await decodes(client, other, frames=before + 20)


async def main(minutes):
    end = time.monotonic() + minutes * 60
    counts = {}
    with lab() as network, unpluggable_camera() as (prefix, unplugged):
        async with SoundCards() as cards:
            scene = Scene(network, cards, prefix, unplugged)
            await scene.begin()
            troubles = {"server restarts": scene.server_restarts, "sound server restarts": scene.sound_goes,
                        "camera unplugged": scene.camera_goes, f"no network for {seconds_without_network} s": scene.network_goes}
            while not counts or time.monotonic() < end:
                for name, cause in troubles.items():
                    trouble = Trouble(name, scene.watched)
                    await cause(trouble)
                    await scene.goes_on()
                    counts[name] = counts.get(name, 0) + 1
                    print(f"{counts[name]:3} {trouble}", flush=True)
            await judge(scene.watched)
    print("survived " + ", ".join(f"{name}: {count}" for name, count in counts.items()))


async def judge(client):
    summary = await client.leave()
    assert summary["exitStatus"] == 0, summary
    assert not client.found("not-json"), client.found("not-json")[:3]
    assert not client.found("participant-left"), client.found("participant-left")
    assert not client.found("error", fatal=True), client.found("error", fatal=True)
    print(f"{len(client.events)} lines of standard output, all of them JSON")


async def guarded():
    for tool in ("pulseaudio", "paplay", "cc", "ip", "iptables"):
        if shutil.which(tool) is None:
            sys.exit(f"{tool} is missing: Tests/install-packages test")
    try:
        await main(float(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1] else 10)
    finally:
        await stop_all()


if __name__ == "__main__":
    asyncio.run(guarded())
