"""WHIP publishers into WHEP players, with programs that others wrote, and the letter of RFC 9725."""

import asyncio
import re

import path  # noqa: F401
from browsers import Chromium
from confab import program, serve
from suite import run_suite, test
from whip_peers import AiortcSession, BrowserSession, GStreamerSession, ask

SDP = {"Content_Type": "application/sdp"}


async def enough_frames(session, wanted=20, seconds=60):
    """Waits until so many frames were decoded."""
    end = asyncio.get_running_loop().time() + seconds
    frames = 0
    while asyncio.get_running_loop().time() < end:
        frames = await session.frames_now() if isinstance(session, BrowserSession) else session.frames()
        if frames >= wanted:
            return frames
        await asyncio.sleep(0.1)
    raise AssertionError(f"{session}: {frames} frames in {seconds} s")


async def when_published(base, room, seconds=15):
    """Waits until a player would be let in: an offer that cannot be used is refused with 422 then, before with 409."""
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        status, headers, _ = await ask("POST", f"{base}/whep/{room}", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", **SDP)
        if status != 409:
            return
        assert headers["Retry-After"]
        await asyncio.sleep(0.1)
    raise AssertionError("nobody published")


async def token_for(room):
    command = [program, "token", "--room", room, "--key", "devkey", "--secret", "secret", "--identity", "ann"]
    child = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    return (await child.communicate())[0].decode().strip()


async def everybody_plays(server, room, pages):
    began = asyncio.get_running_loop().time()
    players = [
        await AiortcSession.play(server.url, room), await GStreamerSession.start("play", f"{server.url}/whep/{room}"),
        await BrowserSession.play(pages[-1], room)]
    for player in players:
        await enough_frames(player)
        print(f"    {room} to {type(player).__name__}: {asyncio.get_running_loop().time() - began:.1f} s", flush=True)
    for player in players:
        await player.close()


# Nine players start one after the other: 25 s on an idle machine, of which GStreamer's first start takes six.
@test(seconds=180)
async def aiortc_gstreamer_and_chromium_publish_and_all_of_them_play():
    server = await serve()
    browser = await Chromium.start()
    pages = [await browser.page(), await browser.page()]
    for page in pages:
        await page.open(f"{server.url}/")
        await page.until("return document.readyState == 'complete'")
    publishers = {
        "python": AiortcSession.publish(server.url, "python"),
        "gstreamer": GStreamerSession.start("publish", f"{server.url}/whip/gstreamer"),
        "browser": BrowserSession.publish(pages[0], "browser", simulcast=True),
    }
    for room, publisher in publishers.items():
        session = await publisher
        await when_published(server.url, room)
        await everybody_plays(server, room, pages)
        if room == "python":
            over_tcp = await BrowserSession.play(pages[-1], room, tcp_only=True)
            await enough_frames(over_tcp)
            await over_tcp.close()
        await session.close()
    await browser.close()


@test(seconds=30)
async def the_protocol_answers_as_the_rfc_says():
    server = await serve("--ice-server", "stun:192.0.2.1:3478", "--ice-server", "turn:ann:secret@192.0.2.1")
    url = server.url
    status, headers, _ = await ask("OPTIONS", f"{url}/whip/lab", Origin="https://example.org")
    assert status == 204 or status == 403
    status, headers, _ = await ask("POST", f"{url}/whep/lab", "v=0", **SDP)
    assert (status, headers["Retry-After"] is not None) == (409, True)
    assert (await ask("POST", f"{url}/whip/lab", "nonsense", **SDP))[0] == 400
    assert (await ask("POST", f"{url}/whip/lab", "v=0", Content_Type="text/plain"))[0] == 415
    assert (await ask("GET", f"{url}/whip/lab"))[0] == 405
    assert (await ask("PATCH", f"{url}/session/none", "", **SDP))[0] == 415

    publisher = await AiortcSession.publish(url, "lab")
    status, headers, _ = await ask("POST", f"{url}/whep/lab", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\n", **SDP)
    assert status in (201, 422), status
    player = await AiortcSession.play(url, "lab")
    await enough_frames(player)
    fragment = {"Content_Type": "application/trickle-ice-sdpfrag"}
    ufrag = re.search(r"a=ice-ufrag:(\S+)", player.connection.localDescription.sdp).group(1)
    password = re.search(r"a=ice-pwd:(\S+)", player.connection.localDescription.sdp).group(1)
    own = f"a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=end-of-candidates\r\n"
    new = "a=ice-ufrag:abcdefgh\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n"
    assert (await ask("PATCH", player.location, own, **fragment))[0] == 428
    assert (await ask("PATCH", player.location, own, If_Match='"other"', **fragment))[0] == 412
    assert (await ask("PATCH", player.location, own, If_Match=player.etag, **fragment))[0] == 204
    status, headers, body = await ask("PATCH", player.location, new, If_Match="*", **fragment)
    assert status == 200 and headers["ETag"] != player.etag and "a=ice-ufrag:" in body and "a=candidate:" in body
    assert (await ask("PATCH", player.location, own, If_Match=player.etag, **fragment))[0] == 412
    assert (await ask("DELETE", player.location))[0] == 200
    assert (await ask("DELETE", player.location))[0] == 404
    assert (await ask("DELETE", publisher.location))[0] == 200
    assert (await ask("POST", f"{url}/whep/lab", "v=0", **SDP))[0] == 409
    for session in (player, publisher):
        await session.close()


@test(seconds=30)
async def tokens_are_asked_for_and_links_tell_ice_servers():
    server = await serve("--key", "devkey", "--secret", "secret", "--ice-server", "stun:192.0.2.1:3478")
    url = server.url
    status, headers, _ = await ask("POST", f"{url}/whip/lab", "v=0", **SDP)
    assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")
    status, _, _ = await ask("POST", f"{url}/whip/lab", "v=0", Authorization="Bearer nonsense", **SDP)
    assert status == 401
    token, other = await token_for("lab"), await token_for("elsewhere")
    status, _, _ = await ask("POST", f"{url}/whip/lab", "v=0", Authorization=f"Bearer {other}", **SDP)
    assert status == 403
    publisher = await AiortcSession.publish(url, "lab", headers={"Authorization": f"Bearer {token}"})
    assert (await ask("DELETE", publisher.location))[0] == 401
    fragment = {"Content_Type": "application/trickle-ice-sdpfrag", "If_Match": "*", "Authorization": f"Bearer {other}"}
    assert (await ask("PATCH", publisher.location, "a=ice-ufrag:abcdefgh\r\n", **fragment))[0] == 403
    assert (await ask("DELETE", publisher.location, Authorization=f"Bearer {other}"))[0] == 403
    assert (await ask("DELETE", publisher.location, Authorization=f"Bearer {token}"))[0] == 200
    await publisher.close()


run_suite()
