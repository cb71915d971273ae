"""Networks that change under a call, in network namespaces of their own. Needs root."""

import asyncio
import pathlib
import tempfile
import time

import path  # noqa: F401
from lab import lab
from confab import sees_and_hears
from sound import rate, read_growing
from suite import run_suite, test

tools = ["ip", "iptables"]
quiet = 330
"""The mean of what a tone has, times sixty, is below this of 32768 where nothing is heard: -40 dBFS."""


class Listener:
    """Bob, who writes down what he hears."""

    def __init__(self, folder):
        self.file = pathlib.Path(folder, "heard.wav")

    async def join(self, network):
        self.client = await network.join("cliB", "bob", speaker=str(self.file))
        return self.client

    def silences(self, since):
        """How long it was silent, in seconds, each time since so many seconds of sound were written."""
        samples = read_growing(self.file)
        block = rate // 50
        found, run = [], 0
        for start in range(int(since * rate), len(samples) - block, block):
            part = samples[start:start + block]
            if sum(abs(sample) for sample in part) / block < quiet:
                run += 1
            elif run:
                found.append(run / 50)
                run = 0
        return found + ([run / 50] if run else [])

    def heard(self):
        """Seconds of sound, silent or not."""
        return len(read_growing(self.file)) / rate

    async def hears_again(self, seconds):
        """Waits for a tone in the last fifth of a second; answers how long that took."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            last = read_growing(self.file)[-rate // 5:]
            if last and sum(map(abs, last)) / len(last) > quiet:
                return time.monotonic() - began
            await asyncio.sleep(0.05)
        raise AssertionError(f"nothing heard within {seconds} s\n{self.client.report()}")


async def call(network, folder):
    """Ann, who sends a tone, and bob, who listens."""
    await network.serve()
    ann = await network.join("cliA", "ann")
    await ann.event("joined")
    listener = Listener(folder)
    bob = await listener.join(network)
    await sees_and_hears(ann, "bob", seconds=30)
    await sees_and_hears(bob, "ann", seconds=30)
    await listener.hears_again(5)
    return ann, bob, listener


@test(seconds=60, needs=tools)
async def sound_is_back_within_two_seconds_of_a_move_to_another_interface():
    with lab() as network, tempfile.TemporaryDirectory() as folder:
        network("second")
        ann, bob, listener = await call(network, folder)
        before = listener.heard()
        network("x", "cliA", "ip", "link", "set", "eth0", "down")
        await ann.event("reconnected", what="signalling", seconds=5)
        await asyncio.sleep(3)
        await listener.hears_again(1)
        longest = max(listener.silences(before), default=0)
        assert longest < 2, f"silent for {longest} s\n{ann.report()}"
        print(f"    silent for {longest:.2f} s", flush=True)


@test(seconds=75, needs=tools)
async def a_call_resumes_by_itself_after_twenty_seconds_without_network():
    with lab() as network, tempfile.TemporaryDirectory() as folder:
        ann, bob, listener = await call(network, folder)
        network("cut", "A")
        began = time.monotonic()
        for client, other in ((ann, "bob"), (bob, "ann")):
            first = await client.event("reconnecting", what="media", participant=other, seconds=8)
            assert first["attempt"] == 1 and first["nextMs"] > 0, first
            second = await client.event("reconnecting", what="media", participant=other, count=2, seconds=8)
            assert second["attempt"] == 2, second
        await asyncio.sleep(max(0, began + 20 - time.monotonic()))
        network("mend", "A")
        took = await listener.hears_again(3)
        for client, other in ((ann, "bob"), (bob, "ann")):
            back = await client.event("reconnected", what="media", participant=other, seconds=3)
            assert 15_000 < back["ms"] < 23_000, back
        print(f"    heard again after {took:.2f} s", flush=True)


@test(seconds=60, needs=tools)
async def who_is_not_heard_is_told_so():
    with lab() as network, tempfile.TemporaryDirectory() as folder:
        ann, bob, _ = await call(network, folder)
        network("x", "natA", "iptables", "-w", "-I", "FORWARD", "-i", "lan", "-p", "udp", "-j", "DROP")
        told = await ann.event("trouble", participant="bob", what="unheard", over=False, seconds=12)
        assert told["message"] == "bob cannot hear you: your packets do not arrive", told
        network("x", "natA", "iptables", "-w", "-D", "FORWARD", "-i", "lan", "-p", "udp", "-j", "DROP")
        await ann.event("trouble", participant="bob", what="unheard", over=True, seconds=10)
        await bob.event("reconnected", what="media", participant="ann", seconds=5)


if __name__ == "__main__":
    run_suite()
