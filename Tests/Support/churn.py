"""People who come to a media server and leave it again, and what the server's memory does meanwhile."""

import asyncio
import re

from confab import Confab, join, sees_and_hears, serve
from usage import memory
from web import request

growth, slack_kb = 0.05, 1024
"""What counts as growth: more than both."""


class Churn:
    """A server, and rounds of people of every kind."""

    def __init__(self, server):
        self.server = server
        self.people = 0
        self._rounds = 0

    @classmethod
    async def start(cls):
        return cls(await serve("--metrics"))

    async def run(self, seconds, told):
        """Rounds for so long; `told` gets the server's resident kilobytes after each."""
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            await self._round()
            told(memory(self.server.pid)["VmRSS"])

    async def _round(self):
        """Two publish and eight play by WHIP and WHEP, and two talk by LiveKit's signalling; every other time in new rooms."""
        self._rounds += 1
        suffix = self._rounds if self._rounds % 2 else "again"
        await asyncio.gather(self._streams(f"live-{suffix}"), self._call(f"talk-{suffix}"))
        await self.nobody_left()

    async def _streams(self, room):
        load = await Confab.launch(
            "bench", self.server.url, "--room", room, "--publishers", "2", "--subscribers", "8", "--duration", "1s", "--join-rate", "20")
        status = await load.wait(30)
        assert status == 0, load.report()
        self.people += 10

    async def _call(self, room):
        small = ["--mode", "server", "--size", "160x90", "--fps", "10", "--chat", "hello"]
        ann = await join(f"{self.server.url}/{room}", "ann", *small)
        await ann.event("joined")
        bob = await join(f"{self.server.url}/{room}", "bob", *small)
        await sees_and_hears(ann, "bob")
        await sees_and_hears(bob, "ann")
        await asyncio.gather(ann.leave(), bob.leave())
        self.people += 2

    async def remaining(self):
        """What the server's own numbers still count, as a complaint; None where that is nobody."""
        _, _, body = await request(self.server.url, "GET", "/metrics")
        text = body.decode()
        counted = dict(re.findall(r"^(confab_(?:media_)?(?:rooms|participants|transports|producers|consumers|stream_sessions)) (\d+)", text, re.MULTILINE))
        assert counted, text
        left = {name: value for name, value in counted.items() if value != "0"}
        return f"still there: {left}" if left else None

    async def nobody_left(self, seconds=10):
        """Waits until the server has noticed that everybody left."""
        end = asyncio.get_running_loop().time() + seconds
        while (complaint := await self.remaining()) is not None:
            if asyncio.get_running_loop().time() > end:
                raise AssertionError(complaint)
            await asyncio.sleep(0.1)


def grown(sizes):
    """A complaint where the sizes have grown since the first fifth, which is for warming up."""
    warm = len(sizes) // 5 + 1
    if len(sizes) <= warm:
        return f"too few rounds: {len(sizes)}"
    before, after = max(sizes[:warm]), min(sizes[-max(1, len(sizes) // 5):])
    if after > before * (1 + growth) + slack_kb:
        return f"grew from {before / 1024:.1f} MB to {after / 1024:.1f} MB"
    return None
