"""Chromium and Firefox in calls with terminal clients: `browser_tests.py --chromium` or `--firefox`."""

import asyncio
import sys

import path  # noqa: F401
from browsers import Chromium, Firefox
from confab import Confab, Home, join, sees_and_hears, serve
from pages import browser_sees_and_hears, enter, joined, reads, say
from suite import run_suite, test

Browser = Firefox if "--firefox" in sys.argv else Chromium

keys = ["--key", "team", "--secret", "a-long-secret-for-tests-only"]
async def invitation():
    maker = await Confab.launch("token", *keys, "--room", "hall")
    assert await maker.wait(10) == 0, maker.report()
    return maker.events[0]["line"].strip()


@test(seconds=90)
async def a_browser_joins_a_terminal_and_both_see_hear_and_chat():
    server = await serve()
    ann = await join(f"{server.url}/hall", "ann", stdin=asyncio.subprocess.PIPE)
    await ann.event("joined")
    browser = await Browser.start()
    page = await browser.page()
    await enter(page, f"{server.url}/hall", "web")
    await browser_sees_and_hears(page, "ann")
    await sees_and_hears(ann, "web")
    await say(page, "hello terminal")
    assert (await ann.event("chat", participant="web"))["text"] == "hello terminal"
    await ann.write("chat hello browser\n")
    await reads(page, "hello browser")
    await page.press("q")
    await ann.event("participant-left", seconds=3, participant="web", reason="left")
    await browser.close()


@test(seconds=90)
async def a_terminal_joins_a_browser():
    """The other role: here the browser was first, so the terminal offers and is the polite side."""
    server = await serve()
    browser = await Browser.start()
    page = await browser.page()
    await enter(page, f"{server.url}/hall", "web")
    ann = await join(f"{server.url}/hall", "ann")
    await sees_and_hears(ann, "web")
    await browser_sees_and_hears(page, "ann")
    await page.press("m")
    await ann.event("muted", participant="web", track="microphone")
    await page.press("v")
    await ann.event("track-stopped", participant="web", track="camera")
    await page.press("v")
    await ann.event("track-started", participant="web", track="camera", count=2)
    await ann.leave()
    await page.until("return document.querySelectorAll('video[data-participant]').length === 0", seconds=3)
    await browser.close()


@test(seconds=90)
async def somebody_invited_enters_through_the_lobby():
    """As a person does it: open the printed link, type a name, press Join."""
    server = await serve(*keys)
    link = f"{server.url}/hall#invite={await invitation()}"
    ann = await join(link, "ann")
    await ann.event("joined")
    browser = await Browser.start()
    page = await browser.page()
    await page.open(link)
    await page.until("return document.querySelector('.preview video')?.videoWidth > 0", what="the preview")
    await page.run("""
        const field = document.getElementById('name');
        field.value = 'Zoë <b>';
        field.form.requestSubmit();""")
    await page.until(joined)
    await sees_and_hears(ann, "Zoë <b>")
    await browser_sees_and_hears(page, "ann")
    assert await page.run("return document.querySelector('.tile.own .name').textContent") == "Zoë <b> (you)"
    await page.open(f"{server.url}/hall?name=eve&join=1")
    await page.until("return document.querySelector('.problem')?.textContent.includes('invit')", what="the refusal")
    await browser.close()


@test(seconds=90)
async def a_browser_restarts_ice_without_a_gap_in_either_role():
    server = await serve()
    first = await join(f"{server.url}/hall", "first")
    await first.event("joined")
    browser = await Browser.start()
    page = await browser.page()
    await enter(page, f"{server.url}/hall", "web")
    last = await join(f"{server.url}/hall", "last")
    for client in (first, last):
        await sees_and_hears(client, "web")
    for name in ("first", "last"):
        await browser_sees_and_hears(page, name)
    for _ in range(3):
        await page.run("confab.restartIce()")
        await page.until("return confab.peers().every(({ connection }) => connection.signalingState === 'stable' && connection.connectionState === 'connected')")
    for name in ("first", "last"):
        played = await page.run(f"return document.querySelector('video[data-participant={name}]').currentTime")
        await page.until(f"return document.querySelector('video[data-participant={name}]').currentTime > {played + 1}", what=f"{name} going on")
    for client in (first, last):
        assert not client.found("participant-left"), client.report()
        assert not client.found("first-frame", participant="web")[1:], client.report()


@test(seconds=150)
async def two_browsers_and_two_terminals_make_a_full_mesh():
    server = await serve()
    ann = await join(f"{server.url}/hall", "ann", "--view", "80x48")
    bob = await join(f"{server.url}/hall", "bob", "--view", "80x48")
    browser = await Browser.start(size=(500, 400))
    first, second = await browser.page(), await browser.page()
    await enter(first, f"{server.url}/hall", "web1")
    await enter(second, f"{server.url}/hall", "web2")
    for client in (ann, bob):
        await sees_and_hears(client, "web1", "web2", seconds=30)
    for page, other in ((first, "web2"), (second, "web1")):
        for name in ("ann", "bob", other):
            await browser_sees_and_hears(page, name)
    await browser.close()


@test(seconds=90)
async def a_browser_sends_no_more_than_a_terminal_shows():
    server = await serve()
    ann = await join(f"{server.url}/hall", "ann", "--view", "80x48")
    await ann.event("joined")
    browser = await Browser.start()
    page = await browser.page()
    await enter(page, f"{server.url}/hall", "web")
    await sees_and_hears(ann, "web")
    await page.until("""
        const sending = (await confab.statistics())[0]?.sending;
        return sending && sending.frameWidth > 0 && sending.frameWidth <= 80 && sending.frameHeight <= 48;""", what="a small picture sent")
    await browser.close()


@test(seconds=120)
async def a_browser_call_outlives_the_server():
    home = Home()
    server = await serve(home=home)
    ann = await join(f"{server.url}/hall", "ann")
    browser = await Browser.start()
    page = await browser.page()
    await ann.event("joined")
    await enter(page, f"{server.url}/hall", "web")
    await browser_sees_and_hears(page, "ann")
    await sees_and_hears(ann, "web")
    server.signal(9)
    await server.wait(5)
    await page.until("return document.body.dataset.state === 'reconnecting'")
    played = await page.run("return document.querySelector('video[data-participant=ann]').currentTime")
    await page.until(f"return document.querySelector('video[data-participant=ann]').currentTime > {played + 2}", what="media without a server")
    server = await serve(listen=server.url.removeprefix("http://"), home=home)
    await page.until(joined, what="joined again")
    await ann.event("reconnected", what="signalling")
    bob = await join(f"{server.url}/hall", "bob")
    await sees_and_hears(bob, "web", "ann")
    await browser_sees_and_hears(page, "bob")
    assert not ann.found("participant-left"), ann.report()
    assert await page.run("return document.querySelectorAll('video[data-participant]').length") == 2
    await browser.close()


@test(seconds=60)
async def a_page_without_camera_and_microphone_still_watches():
    server = await serve()
    ann = await join(f"{server.url}/hall", "ann")
    await ann.event("joined")
    browser = await Browser.start(devices=False)
    page = await browser.page()
    await enter(page, f"{server.url}/hall", "web")
    await browser_sees_and_hears(page, "ann")
    await ann.event("participant-joined", participant="web")
    assert not ann.found("first-frame", participant="web")
    await browser.close()


if __name__ == "__main__":
    run_suite()
