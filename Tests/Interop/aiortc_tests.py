"""confab and a program that knows only the documented protocol."""

import asyncio
import tempfile

import path  # noqa: F401
from aiortc_peer import AiortcPeer
from confab import join, serve, sees_and_hears
from sound import write_tone
from suite import run_suite, test


@test(seconds=60)
async def it_joins_a_terminal_and_offers():
    server = await serve()
    ann = await join(f"{server.url}/lab", "ann", stdin=asyncio.subprocess.PIPE)
    await ann.event("joined")
    peer = await AiortcPeer.join(server.url, "lab", "python", frequency=700)
    await peer.receives_media_of("ann")
    await sees_and_hears(ann, "python")
    await peer.chat("hello from python")
    assert (await ann.event("chat", participant="python"))["text"] == "hello from python"
    await ann.write("chat hello python\n")
    await peer.until(lambda: "hello python" in peer.remote("ann").chats, what="chat")
    await peer.leave()
    await ann.event("participant-left", seconds=3, participant="python", reason="left")


@test(seconds=60)
async def a_terminal_joins_it_and_offers():
    server = await serve()
    peer = await AiortcPeer.join(server.url, "lab", "python")
    ann = await join(f"{server.url}/lab", "ann")
    await peer.receives_media_of("ann")
    await sees_and_hears(ann, "python")
    await ann.leave()
    await peer.until(lambda: peer.remote("ann") is None, seconds=3, what="ann gone")
    await peer.leave()


@test(seconds=60)
async def offers_made_at_the_same_moment_are_survived():
    """It offers although it was there first and is not polite, and ignores what the terminal offers: that one rolls back."""
    server = await serve()
    peer = await AiortcPeer.join(server.url, "lab", "python", offers_too=True)
    ann = await join(f"{server.url}/lab", "ann", stdin=asyncio.subprocess.PIPE)
    await peer.receives_media_of("ann")
    await sees_and_hears(ann, "python")
    await ann.write("chat still here\n")
    await peer.until(lambda: "still here" in peer.remote("ann").chats, what="chat")
    await peer.leave()


@test(seconds=60)
async def pitch_and_level_arrive_as_they_were_sent():
    server = await serve()
    with tempfile.TemporaryDirectory() as folder:
        write_tone(f"{folder}/tone.wav", 1234, level_db=-26)
        peer = await AiortcPeer.join(server.url, "lab", "python")
        ann = await join(f"{server.url}/lab", "ann", mic=f"{folder}/tone.wav")
        remote = await peer.receives_media_of("ann")
        await peer.until(lambda: abs(remote.pitch()[0] - 1234) <= 2 and abs(remote.pitch()[1] + 26) < 3, what="1234 Hz at -26 dB")
        await ann.leave()
        await peer.leave()


@test(seconds=60)
async def the_picture_fits_the_viewport_it_asked_for():
    server = await serve()
    peer = await AiortcPeer.join(server.url, "lab", "python", viewport=(160, 90, 15))
    ann = await join(f"{server.url}/lab", "ann")
    await peer.receives_media_of("ann")
    await peer.until(lambda: any(width <= 160 and height <= 90 for width, height in peer.remote("ann").sizes), what="a small picture")
    await ann.leave()
    await peer.leave()


if __name__ == "__main__":
    run_suite()
