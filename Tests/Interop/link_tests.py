"""The media server over poor links, and where no UDP passes, in network namespaces. Needs root."""

import asyncio
import time

import path  # noqa: F401
from confab import sees_and_hears
from lab import lab
from suite import run_suite, test

tools = ["ip", "iptables", "tc"]
fps = 15
report_seconds = 5
"""How often a client reports `quality`."""


def of(report, name):
    return next(each for each in report["participants"] if each["participant"] == name)


async def next_report(client, name):
    """What the next report tells of another participant."""
    return of(await client.event("quality", 2 * report_seconds, count=len(client.found("quality")) + 1), name)


async def shows(client, name, width, seconds):
    """Waits until the picture of another is so wide; answers how long that took."""
    began = time.monotonic()
    while (report := await next_report(client, name))["width"] != width:
        if time.monotonic() - began > seconds:
            raise AssertionError(f"{client.name} shows {report} after {seconds} s\n{client.report()}")
    return time.monotonic() - began


def steps(client, name, key, since):
    """By how much a number grew from one report to the next, from the report with that index on."""
    values = [of(report, name)[key] for report in client.found("quality")[since:]]
    return [after - before for before, after in zip(values, values[1:])]


@test(seconds=150, needs=tools)
async def who_is_on_a_poor_link_keeps_the_sound_gets_the_small_picture_and_spoils_nothing_for_others():
    with lab() as network:
        await network.serve()
        ann = await network.join("cliA", "ann", "--mode", "server", "--size", "640x360", "--fps", fps)
        await ann.event("joined", mode="server")
        viewer = {"camera": "none", "mic": "none"}
        bob = await network.join("cliB", "bob", "--view", "640x360", **viewer)
        carol = await network.join("turn", "carol", "--view", "640x360", **viewer)
        for client in (bob, carol):
            await sees_and_hears(client, "ann", seconds=30)
            await shows(client, "ann", 640, seconds=20)
        first = len(carol.found("quality")) - 1

        network("limit", "B", "300", "0.05")
        fell = await shows(bob, "ann", 160, seconds=15)
        low = len(bob.found("quality")) - 1
        for _ in range(3):
            # The middle one may be tried, too: it takes 150 kbit/s.
            assert (await next_report(bob, "ann"))["width"] < 640, bob.report()
        concealed = steps(bob, "ann", "concealedMs", low)
        decoded = steps(bob, "ann", "framesDecoded", low)
        assert max(concealed) < 0.1 * report_seconds * 1000, f"{concealed} ms concealed\n{bob.report()}"
        assert min(decoded) > 0.3 * fps * report_seconds, f"{decoded} frames\n{bob.report()}"

        network("unlimit", "B")
        rose = await shows(bob, "ann", 640, seconds=40)
        print(f"    fell within {fell:.0f} s, rose within {rose:.0f} s; {concealed} ms concealed, {decoded} frames meanwhile", flush=True)

        assert {of(report, "ann")["width"] for report in carol.found("quality")[first:]} == {640}, carol.report()
        concealed = steps(carol, "ann", "concealedMs", first)
        decoded = steps(carol, "ann", "framesDecoded", first)
        assert max(concealed) <= 100, f"{concealed} ms concealed for carol\n{carol.report()}"
        assert min(decoded) > 0.8 * fps * report_seconds, f"{decoded} frames for carol\n{carol.report()}"


@test(seconds=90, needs=tools)
async def where_no_udp_passes_the_media_server_is_reached_by_tcp():
    with lab() as network:
        network("nat", "A", "udpblock")
        await network.serve()
        ann = await network.join("cliA", "ann", "--mode", "server", "--size", "320x180", "--fps", fps)
        await ann.event("joined", mode="server")
        bob = await network.join("cliB", "bob", "--size", "320x180", "--fps", fps)
        await sees_and_hears(ann, "bob", seconds=30)
        await sees_and_hears(bob, "ann", seconds=30)
        # Longer than libnice goes without consent.
        for client, other in ((ann, "bob"), (bob, "ann")):
            since = len(client.found("quality"))
            await client.event("quality", 5 * report_seconds, count=since + 4)
            decoded = steps(client, other, "framesDecoded", since)
            assert min(decoded) > 0.5 * fps * report_seconds, f"{decoded} frames\n{client.report()}"
            assert not client.found("reconnecting"), client.report()
        await ann.leave()
        await bob.event("participant-left", participant="ann", reason="left")


if __name__ == "__main__":
    run_suite()
