"""Rooms on the media server that terminals, browsers and apps on LiveKit's SDK share, and browsers that move up."""

import asyncio

import path  # noqa: F401
from browsers import Chromium
from confab import join, sees_and_hears, serve
from livekit_peer import LiveKitPeer, key, secret, token
from pages import browser_sees_and_hears, enter, reads, say
from suite import run_suite, test

small = ["--size", "320x180", "--fps", "15"]


@test(seconds=90)
async def a_terminal_a_browser_and_an_app_see_and_hear_each_other():
    server = await serve("--key", key, "--secret", secret)
    ann = await join(
        server.url.replace("http", "ws", 1), "ann", "--token", token("ann"), *small, "--chat", "hello from ann",
        stdin=asyncio.subprocess.PIPE)
    await ann.event("joined", mode="server", room="lab")
    app = await LiveKitPeer.join(server.url, "app")
    await app.publish_tone(700)
    await app.publish_picture()
    browser = await Chromium.start()
    page = await browser.page()
    await enter(page, f"{server.url}/lab#invite={token('web')}", "web")
    await sees_and_hears(ann, "App", "web", seconds=30)
    await browser_sees_and_hears(page, "Ann")
    await browser_sees_and_hears(page, "App")
    for other in ("ann", "web"):
        await app.sees(other)
        await app.until(lambda: app.remote(other).frequency > 0, what=f"the sound of {other}")
    await say(page, "hello from the web")
    await ann.event("chat", text="hello from the web")
    await ann.write("chat hello again\n")
    await reads(page, "hello again")
    await browser.close()
    await app.leave()
    await ann.event("participant-left", participant="App")


@test(seconds=90)
async def a_browser_and_terminals_meet_on_the_media_server():
    server = await serve()
    ann = await join(f"{server.url}/hall", "ann", "--mode", "server", *small, stdin=asyncio.subprocess.PIPE)
    await ann.event("joined", mode="server")
    browser = await Chromium.start()
    page = await browser.page()
    await enter(page, f"{server.url}/hall", "web")
    bob = await join(f"{server.url}/hall", "bob", *small)
    for client, other in ((ann, "bob"), (bob, "ann")):
        await sees_and_hears(client, "web", other)
    for name in ("ann", "bob"):
        await browser_sees_and_hears(page, name)
    await say(page, "hello from the web")
    await ann.event("chat", participant="web", text="hello from the web")
    await ann.write("chat hello from ann\n")
    await reads(page, "hello from ann")
    await page.run("document.querySelector('.toolbar .mute').click()")
    await ann.event("muted", participant="web", track="microphone")
    await ann.write("mute\n")
    await page.until("return !document.querySelector('.tile:not(.own) .muted-mark').hidden", what="the mark of a muted terminal")
    await browser.close()
    await ann.event("participant-left", 30, participant="web")  # it had no time to say so


@test(seconds=120)
async def a_browser_moves_up_with_the_room():
    server = await serve()
    names = ["ann", "bob", "carol"]
    clients = {name: await join(f"{server.url}/grows", name, "--size", "160x90", "--fps", "10") for name in names}
    browser = await Chromium.start()
    page = await browser.page()
    await enter(page, f"{server.url}/grows", "web")
    for name in names:
        await sees_and_hears(clients[name], "web")
        await browser_sees_and_hears(page, name)
    dora = await join(f"{server.url}/grows", "dora", "--size", "160x90", "--fps", "10")
    await sees_and_hears(dora, "web", *names, seconds=30)
    for name in names:
        await clients[name].event("mode-changed", mode="server")
        await sees_and_hears(clients[name], "dora")
    await browser_sees_and_hears(page, "dora")
    await page.until(
        "return confab.peers().every(peer => peer === undefined)", what="everybody received through the server")
    for name in names:
        await browser_sees_and_hears(page, name)
        played = await page.run(f"return document.querySelector('video[data-participant={name}]').currentTime")
        await page.until(
            f"return document.querySelector('video[data-participant={name}]').currentTime > {played} + 1", what=f"{name} going on")
        assert not clients[name].found("participant-left"), clients[name].report()
    await browser.close()


if __name__ == "__main__":
    run_suite()
