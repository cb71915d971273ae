"""`confab broadcast` and `confab watch` against an endpoint that knows only RFC 9725."""

import signal
import tempfile

import path  # noqa: F401
from aiortc_endpoint import Endpoint
from confab import Confab, serve
from sound import level_of, read_samples, write_tone
from suite import run_suite, test


async def broadcast(endpoint, *arguments, token="secret", address="/whip"):
    return await Confab.launch(
        "broadcast", endpoint.url + address, "--headless", "--token", token, "--camera", "test", "--size", "320x180", *arguments)


@test(seconds=60)
async def a_broadcast_is_seen_and_heard_and_ends_its_session():
    endpoint = await Endpoint.start()
    with tempfile.TemporaryDirectory() as folder:
        write_tone(f"{folder}/tone.wav", 700)
        client = await broadcast(endpoint, "--mic", f"{folder}/tone.wav")
        joined = await client.event("joined", mode="whip")
        assert joined["room"] == f"{endpoint.url}/whip", joined
        assert endpoint.requests[:2] == [("POST", "/whip"), ("POST", "/edge")], endpoint.requests
        session = endpoint.sessions[0]
        assert "m=application" not in session.offer and "a=sendonly" in session.offer, session.offer
        assert "a=candidate:" in session.offer, session.offer
        await endpoint.until(lambda: len(session.counters) > 60 and session.pitch() is not None, what="picture and sound")
        steps = [(b - a) & 0xFFFF for a, b in zip(session.counters, session.counters[1:])]
        assert all(1 <= step < 100 for step in steps), session.counters
        assert abs(session.pitch() - 700) <= 2, session.pitch()
        summary = await client.leave()
        assert session.deleted, endpoint.requests
        assert summary["exitStatus"] == 0 and summary["participants"][0]["bytesSent"] > 20_000, summary
    await endpoint.stop()


@test(seconds=60)
async def a_stream_is_watched_once_somebody_publishes():
    endpoint = await Endpoint.start()
    endpoint.empty_for = 2
    with tempfile.TemporaryDirectory() as folder:
        client = await Confab.launch(
            "watch", f"{endpoint.url}/whep", "--headless", "--token", "secret", "--speaker", f"{folder}/heard.wav")
        await client.event("reconnecting", count=2)
        await client.event("joined", mode="whep")
        assert endpoint.requests[:3] == [("POST", "/whep")] * 3, endpoint.requests
        await client.event("first-frame")
        await client.event("first-audio")
        await client.event("quality", 10)
        assert "a=recvonly" in endpoint.sessions[0].offer and "a=sendrecv" not in endpoint.sessions[0].offer
        summary = await client.leave()
        watched = summary["participants"][0]
        assert watched["framesDecoded"] > 30 and watched["countedFrames"] > 30, watched
        samples = read_samples(f"{folder}/heard.wav")
        assert level_of(samples[-96_000:-48_000], 880) > -26, "the tone is not heard"
        assert endpoint.sessions[0].deleted
    await endpoint.stop()


@test(seconds=60)
async def a_broken_stream_is_made_anew():
    endpoint = await Endpoint.start()
    client = await broadcast(endpoint, "--mic", "tone")
    await client.event("joined")
    await endpoint.until(lambda: len(endpoint.sessions[0].counters) > 10, what="picture")
    await endpoint.sessions[0].connection.close()
    await client.event("reconnecting", 20, what="media")
    back = await client.event("reconnected", 20, what="media")
    assert back["ms"] < 15_000, back
    assert endpoint.sessions[0].deleted, endpoint.requests
    await endpoint.until(lambda: len(endpoint.sessions[-1].counters) > 10, what="picture again")
    client.signal(signal.SIGTERM)
    assert await client.wait(5) == 0
    assert endpoint.sessions[-1].deleted and len(endpoint.sessions) >= 2
    await endpoint.stop()


@test(seconds=30)
async def refusals_end_with_their_statuses():
    endpoint = await Endpoint.start()
    denied = await broadcast(endpoint, "--mic", "none", token="wrong")
    assert await denied.wait(10) == 77, denied.report()
    missing = await broadcast(endpoint, "--mic", "none", address="/nowhere")
    assert await missing.wait(10) == 69, missing.report()
    await endpoint.stop()
    nobody = await broadcast(endpoint, "--mic", "none")
    assert await nobody.wait(10) == 69, nobody.report()
    usage = await Confab.launch("watch", "ftp://example.org/x")
    assert await usage.wait(10) == 64, usage.report()


@test(seconds=60)
async def our_own_server_carries_a_stream():
    """The watcher is there first and waits; three seconds of a beep and its picture come through."""
    server = await serve()
    with tempfile.TemporaryDirectory() as folder:
        write_tone(f"{folder}/tone.wav", 600)
        watcher = await Confab.launch(
            "watch", f"{server.url}/whep/tea", "--headless", "--speaker", f"{folder}/heard.wav", name="watcher")
        await watcher.event("reconnecting")
        sender = await Confab.launch(
            "broadcast", f"{server.url}/whip/tea", "--headless", "--camera", "test", "--size", "320x180", "--mic",
            f"{folder}/tone.wav", name="sender")
        await sender.event("joined", mode="whip")
        await watcher.event("first-frame", 20)
        await watcher.event("first-audio", 20)
        await watcher.event("quality", 10)
        summary = await watcher.leave()
        watched = summary["participants"][0]
        assert watched["countedFrames"] > 60 and abs(watched["audioFrequencyHz"] - 600) < 3, watched
        assert await sender.leave()
    assert watched["pictureLatencyMs"] < 1_000, watched


if __name__ == "__main__":
    run_suite()
