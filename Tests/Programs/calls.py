"""Whole calls between headless clients, watched through their events."""

import asyncio
import pathlib
import signal
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Support"))

from confab import Confab, Home, join, sees_and_hears, serve
from sound import level_of, read_samples, write_tone
from suite import run_suite, test

names = ["ann", "bob", "carol", "dora"]


@test(seconds=45)
async def demo_is_a_complete_call_on_one_machine():
    demo = await Confab.launch("demo", "--headless", "--duration", "10s", "--events", "json")
    assert await demo.wait(30) == 0, demo.report()
    assert demo.found("listening"), demo.report()
    assert demo.summary["exitStatus"] == 0
    others = demo.summary["participants"]
    assert len(others) == 2, others
    for other in others:
        assert other["framesDecoded"] > 30, other
        assert other["audioMs"] > 3000, other
        assert other["audioLevelDb"] > -50, other


@test(seconds=90)
async def four_clients_make_six_pairs_that_all_see_and_hear_each_other():
    server = await serve()
    clients = [await join(f"{server.url}/four", name) for name in names]
    for client, name in zip(clients, names):
        await client.event("joined", room="four", mode="mesh")
    for client, name in zip(clients, names):
        await sees_and_hears(client, *[other for other in names if other != name])
    await asyncio.gather(*[client.event("quality", count=2) for client in clients])
    for client in clients:
        client.signal(signal.SIGTERM)
    for client, name in zip(clients, names):
        assert await client.wait(5) == 0, client.report()
        others = client.summary["participants"]
        assert sorted(each["participant"] for each in others) == [other for other in names if other != name]
        for other in others:
            assert other["framesDecoded"] > 50, (name, other)  # each with a burned-in counter that was checked
            assert other["framesLost"] <= other["framesDecoded"] * 0.1, (name, other)
            assert -40 < other["audioLevelDb"] < -5, (name, other)


@test(seconds=60)
async def every_voice_is_heard_at_its_pitch_and_level():
    """Each of three sends a tone of its own; what each hears is exactly the two others."""
    server = await serve()
    tones = {"ann": 500, "bob": 800, "carol": 1300}
    with tempfile.TemporaryDirectory() as folder:
        clients = {}
        for name, frequency in tones.items():
            write_tone(f"{folder}/{name}.wav", frequency)
            clients[name] = await join(
                f"{server.url}/tones", name, mic=f"{folder}/{name}.wav", speaker=f"{folder}/{name}-hears.wav", camera="none")
        for name, client in clients.items():
            for other in tones.keys() - {name}:
                await client.event("first-audio", participant=other)
        await asyncio.gather(*[client.event("quality") for client in clients.values()])
        await asyncio.gather(*[client.leave() for client in clients.values()])
        for name in tones:
            samples = read_samples(f"{folder}/{name}-hears.wav")
            middle = len(samples) // 2
            second = samples[middle - 24_000:middle + 24_000]
            assert len(second) == 48_000, f"{name} wrote {len(samples)} samples"
            for other, frequency in tones.items():
                level = level_of(second, frequency)
                if other == name:
                    assert level < -50, f"{name} hears itself at {level:.0f} dB"
                else:
                    assert -26 < level < -14, f"{name} hears {other} at {level:.0f} dB, sent at -20 dB"


@test(seconds=40)
async def chat_goes_both_ways():
    server = await serve()
    ann = await join(f"{server.url}/chat", "ann", stdin=asyncio.subprocess.PIPE)
    await ann.event("joined")
    bob = await join(f"{server.url}/chat", "bob", "--chat", "good morning — \U0001f44b \"quoted\"")
    said = await ann.event("chat", participant="bob")
    assert said["text"] == "good morning — \U0001f44b \"quoted\"", said
    await ann.write("chat and good evening\n")
    answered = await bob.event("chat", participant="ann")
    assert answered["text"] == "and good evening", answered


@test(seconds=40)
async def muting_is_told_and_stops_the_sound():
    server = await serve()
    ann = await join(f"{server.url}/mute", "ann", stdin=asyncio.subprocess.PIPE)
    await ann.event("joined")
    bob = await join(f"{server.url}/mute", "bob")
    await sees_and_hears(bob, "ann")
    await ann.write("mute\n")
    await bob.event("muted", participant="ann", track="microphone")
    await ann.write("unmute\n")
    await bob.event("unmuted", participant="ann", track="microphone")


@test(seconds=40)
async def a_call_ends_after_its_duration_with_a_summary():
    server = await serve()
    client = await join(f"{server.url}/brief", "ann", "--duration", "2s")
    assert await client.wait(15) == 0
    assert client.found("left", reason="duration"), client.report()
    assert client.summary["exitStatus"] == 0


@test(seconds=40)
async def a_client_told_so_leaves_when_it_is_alone():
    server = await serve()
    ann = await join(f"{server.url}/alone", "ann", "--exit-when-alone", "1")
    await ann.event("joined")
    bob = await join(f"{server.url}/alone", "bob")
    await sees_and_hears(ann, "bob")
    await bob.leave()
    assert await ann.wait(15) == 0
    assert ann.found("left", reason="alone"), ann.report()


@test(seconds=40)
async def somebody_who_leaves_politely_is_gone_within_a_second():
    server = await serve()
    ann = await join(f"{server.url}/polite", "ann")
    await ann.event("joined")
    bob = await join(f"{server.url}/polite", "bob")
    await sees_and_hears(ann, "bob")
    bob.signal(signal.SIGTERM)
    await ann.event("participant-left", seconds=1, participant="bob", reason="left")
    assert await bob.wait(3) == 0
    assert bob.found("left", reason="signal"), bob.report()


@test(seconds=60)
async def somebody_killed_is_reported_gone_within_15_seconds():
    server = await serve()
    ann = await join(f"{server.url}/kill", "ann")
    carol = await join(f"{server.url}/kill", "carol")
    bob = await join(f"{server.url}/kill", "bob")
    await sees_and_hears(ann, "bob", "carol")
    await sees_and_hears(carol, "bob", "ann")
    bob.signal(signal.SIGKILL)
    for client in (ann, carol):
        await client.event("participant-left", seconds=15, participant="bob", reason="timeout")
    await ann.event("quality", seconds=8, count=len(ann.found("quality")) + 1)
    assert not ann.found("participant-left", participant="carol")


@test(seconds=90)
async def a_call_outlives_its_server():
    """The server is killed and started again: media never stops, ids stay, nobody is reported gone, newcomers can join."""
    home = Home()
    server = await serve(home=home)
    address = server.url.removeprefix("http://")
    ann = await join(f"{server.url}/outlive", "ann")
    await ann.event("joined")
    bob = await join(f"{server.url}/outlive", "bob")
    await sees_and_hears(ann, "bob")
    await sees_and_hears(bob, "ann")
    known = ann.found("participant-joined", participant="bob")[0]["participantId"]

    server.signal(signal.SIGKILL)
    await server.wait(5)
    for client in (ann, bob):
        await client.event("reconnecting", what="signalling")
    before = {client.name: len(client.found("quality")) for client in (ann, bob)}
    for client in (ann, bob):
        first = await client.event("quality", seconds=8, count=before[client.name] + 1)
        second = await client.event("quality", seconds=8, count=before[client.name] + 2)
        frames = [each["participants"][0]["framesDecoded"] for each in (first, second)]
        assert frames[1] > frames[0] + 30, f"{client.name} decoded {frames} while the server was gone"

    server = await serve(listen=address, home=home)
    for client in (ann, bob):
        await client.event("reconnected", what="signalling", seconds=15)
    carol = await join(f"{server.url}/outlive", "carol")
    await sees_and_hears(carol, "ann", "bob")
    await sees_and_hears(ann, "carol")
    await sees_and_hears(bob, "carol")
    for client in (ann, bob):
        assert not client.found("participant-left"), client.report()
        assert not client.found("left"), client.report()
    assert carol.found("participant-joined", participant="bob")[0]["participantId"] == known
    assert len(ann.found("participant-joined", participant="bob")) == 1, ann.report()


@test(seconds=60)
async def the_fifth_is_told_that_a_mesh_room_is_full():
    server = await serve()
    clients = [await join(f"{server.url}/full", name, "--mode", "mesh", mic="silence", camera="none") for name in names]
    for client in clients:
        await client.event("joined")
    fifth = await join(f"{server.url}/full", "emil")
    assert await fifth.wait(10) == 77, fifth.report()


@test(seconds=60)
async def the_picture_asked_for_is_the_picture_sent():
    server = await serve()
    ann = await join(f"{server.url}/size", "ann", "--view", "320x180")
    bob = await join(f"{server.url}/size", "bob", "--view", "0x0")
    await ann.event("first-frame", participant="bob")
    await bob.event("first-audio", participant="ann")
    quality = await ann.event("quality", seconds=15, count=2)
    remote = quality["participants"][0]
    assert remote["width"] <= 320 and remote["height"] <= 180, remote
    assert not bob.found("first-frame"), "bob asked for no picture"


if __name__ == "__main__":
    run_suite()
