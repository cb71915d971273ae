"""Calls through the media server: large rooms, moving up from a mesh, layers, chat, coming back."""

import asyncio
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Support"))

from churn import Churn, grown
from confab import join, sees_and_hears, serve
from sound import longest_gap, read_samples, write_tone
from suite import run_suite, test

small = ["--size", "160x90", "--fps", "10", "--view", "160x90"]


@test(seconds=240)
async def twelve_clients_all_see_and_hear_the_eleven_others():
    server = await serve()
    names = [f"p{number}" for number in range(12)]
    clients = {}
    for name in names:
        clients[name] = await join(f"{server.url}/large", name, "--mode", "server", *small)
        await clients[name].event("joined", 30, room="large", mode="server")
    # Twelve encoders and 132 decoders of each kind want most of two cores, so a slower machine falls behind and has to catch up.
    for name, client in clients.items():
        await sees_and_hears(client, *[other for other in names if other != name], seconds=150)
    await asyncio.gather(*[client.leave(20) for client in clients.values()])
    for name, client in clients.items():
        assert client.summary["exitStatus"] == 0, client.report()
        assert sorted(each["participant"] for each in client.summary["participants"]) == sorted(set(names) - {name})


@test(seconds=90)
async def a_mesh_of_four_moves_up_without_a_gap_when_a_fifth_comes():
    server = await serve()
    tones = {"ann": 400, "bob": 800, "carol": 1200, "dora": 1600, "emil": 2000}
    with tempfile.TemporaryDirectory() as folder:
        clients = {}

        async def enter(name):
            write_tone(f"{folder}/{name}.wav", tones[name], seconds=60)
            clients[name] = await join(
                f"{server.url}/grows", name, *small, mic=f"{folder}/{name}.wav", speaker=f"{folder}/{name}-hears.wav")

        first = list(tones)[:4]
        for name in first:
            await enter(name)
            await clients[name].event("joined", mode="mesh")
        for name in first:
            await sees_and_hears(clients[name], *[other for other in first if other != name])
        # Two reports of a call that stands, to compare what comes with the move.
        await asyncio.gather(*[clients[name].event("quality", count=3) for name in first])
        await enter("emil")
        for name in first:
            await clients[name].event("mode-changed", mode="server")
            await sees_and_hears(clients[name], "emil")
        await sees_and_hears(clients["emil"], *first)
        reports = len(clients["ann"].found("quality"))
        await asyncio.gather(*[clients[name].event("quality", count=reports + 2) for name in first])
        for name in first:
            assert not clients[name].found("participant-left"), clients[name].report()
        await asyncio.gather(*[client.leave() for client in clients.values()])
        for name in first:
            for other in first:
                if other == name:
                    continue
                gap = longest_gap(read_samples(f"{folder}/{name}-hears.wav"), tones[other])
                assert gap <= 0.060, f"{name} did not hear {other} for {gap * 1000:.0f} ms"
                assert clients[name].participant(other)["longestFreezeMs"] <= 500, clients[name].participant(other)
            for other in tones:
                assert len(clients[name].found("participant-joined", participant=other)) == (other != name)


@test(seconds=60)
async def only_what_is_shown_is_received():
    server = await serve()
    ann = await join(f"{server.url}/hidden", "ann", "--mode", "server", "--size", "640x360", "--fps", "15")
    await ann.event("joined")
    blind = await join(f"{server.url}/hidden", "blind", "--view", "0x0", camera="none")
    small = await join(f"{server.url}/hidden", "small", "--view", "160x90", camera="none")
    large = await join(f"{server.url}/hidden", "large", "--view", "640x360", camera="none")
    for client in (small, large):
        await sees_and_hears(client, "ann")
    await blind.event("first-audio", participant="ann")
    reports = await asyncio.gather(*[client.event("quality", 20, count=2) for client in (blind, small, large)])
    seen = [next(each for each in report["participants"] if each["participant"] == "ann") for report in reports]
    assert seen[0]["framesDecoded"] == 0, seen[0]
    assert (seen[1]["width"], seen[1]["height"]) == (160, 90), seen[1]
    assert (seen[2]["width"], seen[2]["height"]) == (640, 360), seen[2]


@test(seconds=45)
async def chat_mute_and_leaving_reach_everybody():
    server = await serve()
    ann = await join(f"{server.url}/words", "ann", "--mode", "server", *small)
    await ann.event("joined", mode="server")
    bob = await join(f"{server.url}/words", "bob", *small, "--chat", "hello from bob", stdin=asyncio.subprocess.PIPE)
    await sees_and_hears(ann, "bob")
    await ann.event("chat", participant="bob", text="hello from bob")
    await bob.write("mute\n")
    await ann.event("muted", participant="bob", track="microphone")
    await bob.write("unmute\n")
    await ann.event("unmuted", participant="bob", track="microphone")
    await bob.write("camera-off\n")
    await ann.event("track-stopped", participant="bob", track="camera")
    await bob.leave()
    await ann.event("participant-left", participant="bob", reason="left")


@test(seconds=90)
async def a_server_does_not_grow_while_people_come_and_go():
    churn, sizes = await Churn.start(), []
    await churn.run(30, sizes.append)
    assert not grown(sizes), f"{grown(sizes)} in {len(sizes)} rounds: {sizes}"


if __name__ == "__main__":
    run_suite()
