"""The web client in a browser, as tests use it."""

import json

joined = "return document.body.dataset.state === 'joined'"


def shows(name):
    return f"return [...document.querySelectorAll('video[data-participant]')].some(v => v.dataset.participant === {json.dumps(name)} && v.videoWidth > 0)"


def statistics_of(name):
    return f"return (await confab.statistics()).find(each => each.participant === {json.dumps(name)})"


async def enter(page, url, name):
    """Opens the room's page so that it joins without a click."""
    address, _, fragment = url.partition("#")
    await page.open(f"{address}?name={name}&join=1" + (f"#{fragment}" if fragment else ""))
    await page.until(joined)


async def browser_sees_and_hears(page, name):
    """The browser decodes pictures and sound of that participant."""
    quoted = json.dumps(name)
    await page.until(shows(name), what=f"the picture of {name}")
    await page.until(f"""
        const s = (await confab.statistics()).find(each => each.participant === {quoted});
        return s?.video?.framesDecoded > 20 && s.audio?.totalAudioEnergy > 0.0005 && s;""", what=f"{name} decoded")


async def say(page, text):
    await page.run(f"""
        if (document.querySelector('.chat').hidden) document.querySelector('.toolbar .chat').click();
        const field = document.querySelector('.chat-field');
        field.value = {json.dumps(text)};
        field.form.requestSubmit();""")


async def reads(page, text):
    await page.until(f"return document.querySelector('.messages')?.textContent.includes({json.dumps(text)})", what=f"chat {text!r}")
