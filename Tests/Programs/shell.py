"""confab as a citizen of the shell: control, commands for events, settings, services, manual, package."""

import asyncio
import base64
import hmac
import json
import os
import pathlib
import pty
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Support"))

from confab import Confab, Home, join, program, repository, serve
from equipment import SoundCards
from sound import write_tone
from suite import Skip, run_suite, test


async def run(*command, home=None, input=None, seconds=20, cwd=None, **environment):
    """A program to its end: (status, standard output, standard error)."""
    child = await asyncio.create_subprocess_exec(
        *map(str, command), stdin=asyncio.subprocess.PIPE if input else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, cwd=cwd,
        env={**os.environ, **(home or Home()).environment, **environment})
    try:
        output, errors = await asyncio.wait_for(child.communicate(input.encode() if input else None), seconds)
    except asyncio.TimeoutError:
        child.kill()
        raise AssertionError(f"{command} still runs after {seconds} s") from None
    return child.returncode, output.decode(), errors.decode()


async def ctl(home, *arguments, **more):
    return await run(program, "ctl", *arguments, home=home, **more)


async def two_in(room, *arguments, first=(), **more):
    """A server with ann, whose control socket is in `home`, and bob."""
    home = Home()
    server = await serve()
    ann = await join(f"{server.url}/{room}", "ann", *first, home=home, **more)
    await ann.event("joined")
    bob = await join(f"{server.url}/{room}", "bob", *arguments)
    await ann.event("participant-joined", participant="bob")
    await bob.event("participant-joined", participant="ann")
    return home, server, ann, bob


# Control


@test()
async def several_controllers_command_a_call():
    home, _, ann, bob = await two_in("tea")
    path = home.path / "run/confab/tea.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    await ann.event("first-audio", participant="bob")
    status, output, errors = await ctl(home, "--list")
    assert status == 0 and output.startswith("tea\ttea\tann\t1 other"), output + errors
    assert (await ctl(home, "mute"))[0] == 0
    await bob.event("muted", participant="ann", track="microphone")
    answers = await asyncio.gather(*(ctl(home, "--json", "participants") for _ in range(8)))
    for status, output, _ in answers:
        people = json.loads(output)["participants"]
        assert status == 0 and {each["participant"] for each in people} == {"ann", "bob"}, output
    assert (await ctl(home, "chat", "hello", "there"))[0] == 0
    await bob.event("chat", participant="ann", text="hello there")
    requests = '{"id":7,"do":"unmute"}\n{"id":"x","do":"status"}\n{"do":"nonsense"}\n'
    status, output, _ = await ctl(home, "-", input=requests)
    lines = [json.loads(line) for line in output.splitlines()]
    assert lines[0] == {"id": 7, "ok": True} and lines[1]["id"] == "x" and lines[1]["others"] == 1, lines
    assert lines[2]["ok"] is False and lines[2]["error"] == "bad-request" and status == 64, lines
    assert (await ctl(home, "stats"))[0] == 0
    assert (await ctl(home, "volume", "50", "bob"))[0] == 0
    assert (await ctl(home, "leave"))[0] == 0
    assert await ann.wait(5) == 0 and ann.found("left", reason="asked")
    assert not path.exists()


@test()
async def controllers_are_told_what_cannot_be_done():
    home, server, ann, _ = await two_in("tea", camera="none", mic="none")
    for arguments, status in ((["mute"], 66), (["camera-on"], 66), (["focus", "bob"], 69), (["volume", "50", "eve"], 69),
                              (["play", "/nonexistent.wav"], 66), (["end"], 77), (["wait", "5", "0.2"], 75),
                              (["nonsense"], 64), (["volume", "loud"], 64), (["--call", "no", "mute"], 69)):
        found, _, errors = await ctl(home, *arguments)
        assert found == status and errors, f"{arguments}: {found}\n{errors}"
    assert (await ctl(Home(), "mute"))[0] == 69


@test()
async def sockets_of_calls_that_ended_badly_are_taken_away():
    home = Home()
    server = await serve()
    first = await join(f"{server.url}/tea", "ann", home=home)
    await first.event("joined")
    first.signal(signal.SIGKILL)
    await first.wait(5)
    path = home.path / "run/confab/tea.sock"
    assert path.exists()
    status, output, _ = await ctl(home, "--list")
    assert status == 0 and not output and not path.exists(), output
    again = await join(f"{server.url}/tea", "ann", home=home)
    await again.event("joined")
    assert path.exists()


@test()
async def commands_come_from_standard_input_too():
    home = Home()
    server = await serve()
    ann = await join(f"{server.url}/tea", "ann", home=home, stdin=asyncio.subprocess.PIPE)
    await ann.event("joined")
    await ann.write('chat hi\n{"do":"chat","text":"there"}\nnonsense\n')
    await ann.event("chat", text="hi")
    await ann.event("chat", text="there")
    await ann.event("error", code="bad-command")
    await ann.write("leave\n")
    assert await ann.wait(5) == 0


@test()
async def a_played_file_is_heard():
    home, _, ann, bob = await two_in("tea", mic="none")
    with tempfile.TemporaryDirectory() as folder:
        write_tone(f"{folder}/tone.wav", 700, seconds=4)
        status, _, errors = await ctl(home, "--wait", "play", "tone.wav", cwd=folder)
        assert status == 0, errors
    await bob.event("first-audio", participant="ann")
    summary = await bob.leave()
    heard = next(each for each in summary["participants"] if each["participant"] == "ann")
    assert abs((heard["audioFrequencyHz"] or 0) - 700) < 5, heard


@test(seconds=40)
async def a_microphone_opens_on_demand_or_by_the_voice():
    server = await serve()
    bob = await join(f"{server.url}/talk", "bob", camera="none", mic="none")
    await bob.event("joined")
    push = await join(f"{server.url}/talk", "push", "--talk", "push", camera="none", stdin=asyncio.subprocess.PIPE)
    with tempfile.TemporaryDirectory() as folder:
        write_tone(f"{folder}/hum.wav", 300, level_db=-58)
        loud = await join(f"{server.url}/talk", "loud", "--talk", "voice", camera="none", mic="speech")
        hum = await join(f"{server.url}/talk", "hum", "--talk", "voice", camera="none", mic=f"{folder}/hum.wav")
        for name in ("push", "loud", "hum"):
            await bob.event("first-audio", participant=name)
        await bob.event("speaking", participant="loud", speaking=True)
        assert not bob.found("speaking", participant="push"), bob.report()
        await push.write("unmute\n")
        await bob.event("unmuted", participant="push")
        await bob.event("speaking", participant="push", speaking=True)
        await push.write("mute\n")
        await bob.event("speaking", participant="push", speaking=False)
        await bob.event("quality", count=len(bob.found("quality")) + 1)
    await bob.leave()
    assert bob.participant("loud")["audioLevelDb"] > -45, bob.summary
    assert (bob.participant("hum")["audioLevelDb"] or -127) < -80, bob.summary


# Hosts


@test()
async def a_host_lets_in_mutes_removes_and_ends():
    home = Home()
    host = await Confab.launch(
        "host", "tea", "--listen", "127.0.0.1:0", "--lobby", "--headless", "--name", "host", "--camera", "none", "--mic",
        "none", "--speaker", "none", home=home)
    link = (await host.event("listening"))["link"]
    await host.event("joined")
    ann, bob = [await join(link, name) for name in ("ann", "bob")]
    await ann.event("waiting")
    # There is no way around the door.
    await expect(69, "join", link, *quiet, "--mode", "server", words="mesh calls only")
    await host.event("knocking", participant="ann", knocking=True)
    await host.event("knocking", participant="bob", knocking=True)
    assert not ann.found("joined")
    for name in ("ann", "bob"):
        status, _, errors = await ctl(home, "admit", name)
        assert status == 0, errors
    for client in (ann, bob):
        await client.event("joined")
    await host.event("participant-joined", participant="bob")
    await ann.event("participant-joined", participant="bob")
    await host.event("first-audio", participant="ann")
    assert (await ctl(home, "mute-other", "ann"))[0] == 0
    await bob.event("muted", participant="ann")
    await ann.event("error", code="muted-by-other")
    assert (await ctl(home, "remove", "ann"))[0] == 0
    assert await ann.wait(5) == 77 and ann.found("left", reason="removed"), ann.report()
    await bob.event("participant-left", participant="ann", reason="removed")
    assert (await ctl(home, "end"))[0] == 0
    assert await bob.wait(5) == 0 and bob.found("left", reason="room-closed"), bob.report()
    assert await host.wait(5) == 0, host.report()


@test()
async def a_host_plays_mutes_removes_and_ends_on_the_media_server_too():
    home = Home()
    host = await Confab.launch(
        "host", "tea", "--listen", "127.0.0.1:0", "--mode", "server", "--headless", "--name", "host", "--camera", "none",
        "--mic", "none", "--speaker", "none", home=home)
    link = (await host.event("listening"))["link"]
    await host.event("joined", mode="server")
    ann, bob = [await join(link, name, camera="none") for name in ("ann", "bob")]
    for name in ("ann", "bob"):
        await host.event("first-audio", participant=name)
    with tempfile.TemporaryDirectory() as folder:
        write_tone(f"{folder}/tone.wav", 700, seconds=2)
        status, _, errors = await ctl(home, "--wait", "play", f"{folder}/tone.wav")
        assert status == 0, errors
    await bob.event("first-audio", participant="host")
    await bob.event("muted", participant="host")
    for command in ("mute-other", "remove"):
        status, _, errors = await ctl(home, command, "ann")
        assert status == 0, errors
        if command == "mute-other":
            await bob.event("muted", participant="ann")
            await ann.event("error", code="muted-by-other")
    assert await ann.wait(5) == 77 and ann.found("left", reason="removed"), ann.report()
    await bob.event("participant-left", participant="ann", reason="removed")
    status, _, errors = await ctl(home, "end")
    assert status == 0, errors
    assert await bob.wait(5) == 0 and bob.found("left", reason="room-closed"), bob.report()
    assert await host.wait(5) == 0, host.report()


# Commands for events


@test()
async def commands_run_for_events_and_never_hold_up_the_call():
    with tempfile.TemporaryDirectory() as folder:
        home, server, ann, bob = await two_in("tea", first=[
            "--exec", f"chat=printf '%s|%s|%s\\n' \"$CONFAB_EVENT_PARTICIPANT\" \"$CONFAB_EVENT_TEXT\" \"$CONFAB_EVENT_EVENT\" >>{folder}/said; cat >>{folder}/json",
            "--exec", "speaking=exec sleep 30 >/dev/null 2>&1", "--exec", "joined=exit 3",
            "--exec", f"participant-joined={program} ctl chat \"welcome $CONFAB_EVENT_PARTICIPANT\"",
            "--exec", "chat=echo never on standard output"])
        await bob.event("chat", participant="ann", text="welcome bob")
        await ann.event("error", code="exec")
        for number in range(3):
            assert (await ctl(home, "chat", f"line {number}; `true` $HOME"))[0] == 0
        await bob.event("chat", text="line 2; `true` $HOME")
        summary = await ann.leave(8)
        assert summary["exitStatus"] == 0 and not ann.found("not-json"), ann.report()
        said = pathlib.Path(folder, "said").read_text().splitlines()
        assert said[-1] == "ann|line 2; `true` $HOME|chat", said
        events = [json.loads(line) for line in pathlib.Path(folder, "json").read_text().splitlines()]
        assert events[-1]["event"] == "chat" and len(events) == len(said)
    status, _, errors = await run(program, "join", "http://127.0.0.1/x", "--exec", "chta=true")
    assert status == 64 and "did you mean chat" in errors, errors


@test()
async def files_wait_for_company_and_come_through_pipes():
    server = await serve()
    with tempfile.TemporaryDirectory() as folder:
        write_tone(f"{folder}/tone.wav", 600, seconds=3)
        ann = await join(f"{server.url}/tea", "ann", "--wait-for", "1", mic=f"{folder}/tone.wav")
        await ann.event("joined")
        await asyncio.sleep(3.2)  # longer than the file: it would be over if it did not wait
        os.mkfifo(f"{folder}/pipe")
        bob = await join(f"{server.url}/tea", "bob", mic=f"{folder}/pipe")
        feeder = await asyncio.create_subprocess_exec("sh", "-c", f"exec cat {folder}/tone.wav >{folder}/pipe")
        await bob.event("first-audio", participant="ann")
        await ann.event("speaking", participant="bob", speaking=True)
        await asyncio.sleep(2.5)
        heard = next(each for each in (await bob.leave())["participants"] if each["participant"] == "ann")
        assert abs((heard["audioFrequencyHz"] or 0) - 600) < 5, heard
        feeder.kill() if feeder.returncode is None else None
        await feeder.wait()


# Settings


@test()
async def settings_come_from_flag_environment_file_in_that_order():
    home = Home()
    folder = home.path / "config/confab"
    folder.mkdir(parents=True)
    (folder / "config.toml").write_text('name = "file"\nfps = 11\nice-server = ["stun:a", "stun:b"]\n[join]\nbitrate = "300k"\n[profile.work]\nname = "work"\n')

    async def shown(*arguments, **environment):
        status, output, errors = await run(program, "config", "--json", *arguments, home=home, **environment)
        assert status == 0, errors
        return {each["option"]: (each["values"], each["source"]) for each in json.loads(output)}

    plain = await shown()
    assert plain["name"][0] == ["file"] and plain["name"][1].endswith("config.toml:1"), plain
    assert plain["bitrate"][1].endswith("config.toml:5 [join]") and plain["ice-server"][0] == ["stun:a", "stun:b"], plain
    assert (await shown(CONFAB_NAME="env"))["name"] == (["env"], "CONFAB_NAME")
    assert (await shown("--profile", "work"))["name"][0] == ["work"]
    assert (await shown(CONFAB_PROFILE="work"))["name"][0] == ["work"]
    server = await serve()
    (folder / "config.toml").write_text(
        f'server = "{server.url}"\nname = "file"\ncamera = "none"\nmic = "none"\nspeaker = "none"\nduration = "1s"\nheadless = true\n')
    for arguments, name in (([], "file"), (["--name", "flag"], "flag")):
        client = await Confab.launch("join", "tea", *arguments, home=home)
        assert (await client.event("joined"))["self"] == name
        assert await client.wait(10) == 0


@test()
async def mistakes_in_settings_are_told_with_their_line():
    home = Home()
    folder = home.path / "config/confab"
    folder.mkdir(parents=True)
    for text, words in (('name = "x"\nnmae = "y"\n', "config.toml:2: there is no option nmae; did you mean name?"),
                        ("[srve]\n", "did you mean serve?"), ("fps =\n", "config.toml:1:"), ("[keys]\nmuet = \"m\"\n", "did you mean mute?"),
                        ("fps = 900\n", "--fps comes from ")):
        (folder / "config.toml").write_text(text)
        status, _, errors = await run(program, "join", "http://127.0.0.1:9/x", "--headless", home=home)
        assert status == 64 and words in errors, errors
    status, _, errors = await run(program, "join", "http://127.0.0.1:9/x", "--config", "/nonexistent", home=home)
    assert status == 66, errors
    (folder / "config.toml").unlink()
    status, _, errors = await run(program, "join", "http://127.0.0.1:9/x", "--profile", "wrok", home=home)
    assert status == 64, errors


# Exit statuses


quiet = ["--headless", "--camera", "none", "--mic", "none", "--speaker", "none"]


async def status_of(*arguments, seconds=30, **more):
    status, _, errors = await run(program, *arguments, seconds=seconds, **more)
    return status, errors


async def expect(status, *arguments, words="", **more):
    """Runs the program to its end, which must have that status, and say those words on standard error."""
    found, errors = await status_of(*map(str, arguments), **more)
    assert found == status and words in errors, f"{arguments}: {found} instead of {status}, without {words!r} in\n{errors}"


def token_for(room, secret="secret", key="devkey", age=0):
    """An access token that was good for ten minutes so many seconds ago."""
    def part(value):
        return base64.urlsafe_b64encode(value if isinstance(value, bytes) else json.dumps(value).encode()).rstrip(b"=")

    now = int(time.time()) - age
    claims = {"iss": key, "sub": "ann", "nbf": now, "exp": now + 600, "video": {"room": room, "roomJoin": True}}
    text = part({"alg": "HS256", "typ": "JWT"}) + b"." + part(claims)
    return (text + b"." + part(hmac.digest(secret.encode(), text, "sha256"))).decode()


@test(seconds=60)
async def usage_input_output_and_server_each_have_their_exit_status():
    server = await serve("--dev")
    link = f"{server.url}/tea"
    allowed = [*quiet, "--token", token_for("tea")]
    with tempfile.TemporaryDirectory() as folder:
        await expect(0, "join", link, *allowed, "--duration", "1s")
        await expect(64, "join", link, "--fps", "0", words="--fps")
        await expect(64, "join", "tea", *quiet, words="default server")
        await expect(66, "join", link, *quiet[:-4], "--speaker", "none", "--mic", "/nonexistent.wav", words="/nonexistent.wav")
        await expect(66, "join", link, *quiet, "--token-file", "/nonexistent/token", words="--token-file")
        await expect(69, "join", "http://127.0.0.1:9/tea", *quiet, words="127.0.0.1:9")
        await expect(73, "join", link, *quiet, "--events", "json:/nonexistent/events", words="/nonexistent/events")
        await expect(73, "join", link, *allowed, "--record", "/dev/full")
        await expect(73, "join", link, *allowed, "--record-each", f"{folder}/no/such/folder")
        await expect(73, "join", link, *allowed, "--ctl", "/nonexistent/control.sock", words="--ctl")
        # The reader of standard output goes away.
        status, output, errors = await run(
            "bash", "-c", f"'{program}' join {link} --headless --camera none --mic none --speaker - --token {token_for('tea')} "
            "| head -c 100000 >/dev/null; exit ${PIPESTATUS[0]}")
        assert status == 73, f"{status}\n{errors}"
        # Nothing is sent by us, which the self-test does not accept.
        await expect(70, "demo", "--headless", "--mic", "none", "--duration", "3s")


@test(seconds=60)
async def whoever_is_not_allowed_gets_status_77_and_the_reason():
    server = await serve("--dev")
    link = f"{server.url}/tea"
    await expect(77, "join", link, *quiet, words="invitation")
    for token, words in (("nonsense", "access token"), (token_for("tea", secret="another"), "signature"),
                         (token_for("tea", age=7200), "expired"), (token_for("coffee"), "room")):
        await expect(77, "join", link, *quiet, "--token", token, words=words)
    await expect(77, "join", link, *quiet, "--mode", "server", "--token", token_for("tea", age=7200), words="expired")
    small = await serve("--max-participants", "1")
    first = await Confab.launch("join", f"{small.url}/tea", *quiet)
    await first.event("joined")
    await expect(77, "join", f"{small.url}/tea", *quiet, words="full")
    # Who comes with the same identity takes the place.
    client = await Confab.launch("join", link, *quiet, "--token", token_for("tea"))
    await client.event("joined")
    again = await Confab.launch("join", link, *quiet, "--token", token_for("tea"))
    await again.event("joined")
    assert await client.wait(10) == 77 and client.found("error", code="replaced", fatal=True), client.report()
    secure = await serve("--tls", "auto")
    await expect(77, "join", f"{secure.url}/tea", *quiet, words="sha256=")


@test(seconds=90)
async def a_call_that_is_lost_and_cannot_be_got_back_is_75():
    """Alone, or where media went the same way as the server, there is nothing left of a call after a minute."""
    clients = []
    for mode in ("mesh", "server"):
        server = await serve()
        client = await Confab.launch("join", f"{server.url}/tea", *quiet, "--mode", mode)
        await client.event("joined", mode=mode)
        server.signal(signal.SIGKILL)
        await client.event("reconnecting", what="signalling")
        clients.append(client)
    for client in clients:
        assert await client.wait(75) == 75, client.report()
        assert client.found("left", reason="lost") and client.summary["exitStatus"] == 75, client.report()


@test(seconds=40, needs=["pulseaudio"])
async def impatience_and_a_device_that_hangs_end_a_call_at_once():
    server = await serve()
    client = await Confab.launch("join", f"{server.url}/tea", *quiet)
    await client.event("joined")
    # A server that does not answer is waited for half a second.
    server.signal(signal.SIGSTOP)
    client.signal(signal.SIGTERM)
    await client.event("left", reason="signal")
    client.signal(signal.SIGINT)
    assert await client.wait(3) == 128 + signal.SIGINT, client.report()
    server.signal(signal.SIGCONT)
    async with SoundCards() as cards:
        client = await join(f"{server.url}/tea", "ann", camera="none", mic="client_a_mic", prefix=cards.prefix)
        await client.event("joined")
        cards.stop_answering()
        client.signal(signal.SIGTERM)
        began = time.monotonic()
        assert await client.wait(8) == 128 + signal.SIGTERM, client.report()
        assert 2.9 < time.monotonic() - began < 5, time.monotonic() - began


# Services


@test()
async def a_service_tells_that_it_is_ready_reloads_and_stops():
    home = Home()
    notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notices.bind(str(home.path / "notify"))
    notices.settimeout(10)
    keys = home.path / "keys"
    keys.write_text("first: secret-of-the-first\n")
    server = await Confab.launch(
        "serve", "--listen", "127.0.0.1:0", "--events", "json", "--keys", keys, home=home,
        NOTIFY_SOCKET=str(home.path / "notify"))
    url = (await server.event("listening"))["url"].rstrip("/")

    async def notice():
        return (await asyncio.to_thread(notices.recv, 4096)).decode()

    async def admitted(key):
        token = (await run(program, "token", "--room", "tea", "--key", key, "--secret", f"secret-of-the-{key}"))[1].strip()
        client = await Confab.launch("join", f"{url}/tea", "--token", token, "--headless", "--camera", "none", "--mic",
                                     "none", "--speaker", "none", "--duration", "1s")
        return await client.wait(10)

    assert (await notice()).startswith("READY=1\nSTATUS=listening")
    assert await admitted("first") == 0 and await admitted("second") == 77
    keys.write_text("second: secret-of-the-second\n")
    server.signal(signal.SIGHUP)
    assert (await notice()).startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert (await notice()).startswith("READY=1")
    assert await admitted("second") == 0 and await admitted("first") == 77
    keys.write_text("nonsense\n")
    server.signal(signal.SIGHUP)
    await notice(), await notice()
    assert await admitted("second") == 0
    server.signal(signal.SIGTERM)
    assert await notice() == "STOPPING=1"
    assert await server.wait(5) == 0


@test()
async def a_headless_client_needs_no_home_and_no_terminal():
    server = await serve()
    child = await asyncio.create_subprocess_exec(
        program, "join", f"{server.url}/tea", "--camera", "none", "--mic", "none", "--speaker", "none", "--duration", "1s",
        env={"PATH": "/usr/bin:/bin"}, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE)
    output, errors = await asyncio.wait_for(child.communicate(), 15)
    assert child.returncode == 0, errors
    assert json.loads(output.decode().splitlines()[-1])["event"] == "summary"


@test(needs=["systemd-analyze"])
async def systemd_accepts_the_units():
    with tempfile.TemporaryDirectory() as folder:
        for unit in (repository / "Sources/Packaging/systemd").glob("*.service"):
            name = unit.name.replace("@", "@test")
            (pathlib.Path(folder) / name).write_text(unit.read_text().replace("@BINDIR@/confab", program))
            status, output, errors = await run("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", f"{folder}/{name}")
            assert status == 0 and name not in errors, errors


# Manual and completions


@test(seconds=90)
async def manual_and_completions_are_those_of_the_command_tree():
    with tempfile.TemporaryDirectory() as folder:
        status, _, errors = await run(repository / "Sources/Manual/generate", program, folder, seconds=60)
        assert status == 0, errors
        for kind in ("man", "completions"):
            for file in sorted((pathlib.Path(folder) / kind).iterdir()):
                committed = repository / kind / file.name
                assert committed.exists() and committed.read_text() == file.read_text(), f"{kind}/{file.name} is stale: make manual"


@test(needs=["man"])
async def the_manual_has_no_warnings():
    for page in sorted((repository / "man").iterdir()):
        status, _, errors = await run("man", "--warnings", "-l", page, LC_ALL="C.UTF-8", MANROFFOPT="", MANPAGER="cat", seconds=20)
        assert status == 0 and not errors, f"{page.name}: {errors}"


@test(seconds=90)
async def options_are_the_same_in_help_manual_completions_and_settings():
    tree = json.loads((await run(program, "--experimental-dump-help"))[1])["command"]
    bash = (repository / "completions/confab.bash").read_text()
    fish = (repository / "completions/confab.fish").read_text()
    zsh = (repository / "completions/_confab").read_text()
    for verb in tree["subcommands"]:
        name = verb["commandName"]
        if name == "help" or not verb.get("shouldDisplay", True):
            continue
        page = re.sub(r"\\f[BIR]", " ", (repository / f"man/confab-{name}.1").read_text()).replace(r"\-", "-")
        usage = (await run(program, name, "--help"))[1]
        options = [each for each in verb.get("arguments", []) if each["kind"] != "positional"]
        for option in options:
            long = next(each["name"] for each in option["names"] if each["kind"] == "long")
            for place, text in (("help", usage), ("manual", page), ("bash", bash), ("fish", fish), ("zsh", zsh)):
                assert re.search(rf"(?<![\w-]){'' if place == 'fish' else '--'}{long}(?![\w-])", text), f"confab {name} --{long} is not in {place}"
        if name != "config":
            text = "".join(f"{next(n['name'] for n in o['names'] if n['kind'] == 'long')} = {'true' if o['kind'] == 'flag' else '[]' if o['isRepeating'] else chr(34) + 'x' + chr(34)}\n"
                           for o in options if not any(n["name"] in ("help", "version") or n["name"].startswith("no-") for n in o["names"]))
            home = Home()
            (home.path / "all.toml").write_text(f"[{name}]\n{text}")
            status, _, errors = await run(program, "config", name, "--config", home.path / "all.toml", home=home)
            assert status == 0, errors


@test()
async def the_manual_of_events_names_every_event_field_and_error():
    page = (repository / "man/confab-events.7").read_text().replace(r"\-", "-")
    source = (repository / "Sources/Cores/Call/CallEvent+JSON.swift").read_text()
    names = re.search(r"static let names = \[(.*?)\]", source, re.S)[1]
    for name in re.findall(r'"([a-z-]+)"', names):
        assert f"\n.B {name}\n" in page, name
    fields = re.findall(r'object\["(\w+)"\]|"(\w+)":', source)
    codes = [re.findall(r'error\(code: "([a-z-]+)"|report\("([a-z-]+)"', file.read_text())
             for folder in ("Cores/Call", "Assembly/Engine", "confab") for file in (repository / "Sources" / folder).rglob("*.swift")]
    for word in {word for found in [fields, *codes] for word in map("".join, found)}:
        assert re.search(rf"(?<![\w-]){word}(?![\w-])", page), f"{word} is not in confab-events(7)"


@test()
async def completions_are_accepted_by_their_shells():
    for shell, name in (("bash", "confab.bash"), ("zsh", "_confab"), ("fish", "confab.fish")):
        if shutil.which(shell) is None:
            continue
        status, _, errors = await run(shell, "-n", repository / "completions" / name)
        assert status == 0, f"{shell}: {errors}"
    home = Home()
    status, output, errors = await run(program, "devices", "--names", "mic", home=home)
    assert status == 0 and {"auto", "tone", "-"} <= set(output.split()), output


# Looking around


@test()
async def the_doctor_looks_at_everything():
    server = await serve()
    status, output, errors = await run(program, "doctor", "--json", f"{server.url}/tea", seconds=30)
    findings = json.loads(output)
    assert {each["area"] for each in findings} == {"terminal", "devices", "machine", "network", "server"}, output
    assert next(each for each in findings if each["area"] == "server")["state"] == "fine", output
    status, output, _ = await run(program, "doctor", "http://127.0.0.1:9/tea", seconds=30)
    assert status == 69 and "FAIL" in output and "confab serve" in output, output


@test()
async def devices_can_be_tried():
    status, output, errors = await run(
        program, "devices", "--test", "--camera", "test", "--mic", "tone", "--speaker", "none", "--duration", "3s")
    assert status == 0 and re.search(r"camera 640x360 (2\d|3\d) fps, microphone -\d+ dBFS", output), output + errors


@test()
async def plain_is_sentences_on_a_dumb_terminal():
    home, server, ann, _ = await two_in("tea")
    main, side = pty.openpty()
    child = subprocess.Popen(
        [program, "join", f"{server.url}/tea", "--plain", "--name", "eve", "--camera", "none", "--mic", "none", "--speaker", "none"],
        stdin=side, stdout=side, stderr=side, start_new_session=True, env={**os.environ, **Home().environment, "TERM": "dumb"})
    os.close(side)
    text = ""

    async def until(words):
        nonlocal text
        async def read():
            nonlocal text
            while words not in text:
                text += (await asyncio.to_thread(os.read, main, 4096)).decode(errors="replace")
        try:
            await asyncio.wait_for(read(), 10)
        except asyncio.TimeoutError:
            raise AssertionError(f"no {words!r} in {text!r}") from None

    try:
        await until("You are in tea as eve.")
        await until("ann has come.")
        await until("You hear ann.")
        os.write(main, b"good morning\n/wrong\n/participants\n")
        await ann.event("chat", participant="eve", text="good morning")
        await until("/help tells what you can do")
        assert (await ctl(home, "chat", "welcome"))[0] == 0
        await until("ann: welcome")
        os.write(main, b"/leave\n")
        await until("You have left.")
        assert await asyncio.to_thread(child.wait, 5) == 0
        assert "\x1b" not in text, text
    finally:
        child.kill()
        child.wait()
        os.close(main)


# The package, and a whole meeting


@test(seconds=90, needs=["dpkg-deb", "dpkg-shlibdeps"])
async def the_package_depends_on_debian_and_leaves_nothing_behind():
    if "libswiftCore" in (await run("ldd", program))[1]:
        raise Skip("this program is linked with Swift's own libraries; a release build is not")
    with tempfile.TemporaryDirectory() as folder:
        status, _, errors = await run(
            repository / "Sources/Packaging/deb", "0.1.0", folder, cwd=repository, seconds=80, MAKEFLAGS=f"release={program}")
        assert status == 0, errors
        package = next(pathlib.Path(folder).glob("*.deb"))
        depends = (await run("dpkg-deb", "-f", package, "Depends"))[1]
        assert "libc6" in depends and "libopus0" in depends and "libswift" not in depends, depends
        for name in re.findall(r"([a-z0-9.+-]+)(?: \([^)]*\))?(?:, |\s*$)", depends):
            status, output, _ = await run("apt-cache", "policy", name)
            assert "Candidate" in output or not output, f"{name} is not Debian's"
        listed = (await run("sh", "-c", f"ar p {package} data.tar.gz | tar -tz"))[1].split()
        for file in ("bin/confab", "share/man/man1/confab-join.1.gz", "lib/systemd/system/confab.service"):
            assert f"./usr/{file}" in listed, listed
        root = pathlib.Path(folder) / "root"
        for each in ("var/lib/dpkg/info", "var/lib/dpkg/updates"):
            (root / each).mkdir(parents=True)
        (root / "var/lib/dpkg/status").touch()
        dpkg = ["dpkg", f"--root={root}", "--force-depends", "--force-not-root", "--log=/dev/null"]
        try:
            status, _, errors = await run(*dpkg, "-i", package)
        except AssertionError:
            raise Skip("dpkg does not come to its end on this machine") from None
        assert status == 0, errors
        assert os.access(root / "usr/bin/confab", os.X_OK) and (root / "usr/share/man/man1/confab-join.1.gz").exists()
        assert (root / "usr/lib/systemd/system/confab.service").exists()
        status, output, errors = await run(root / "usr/bin/confab", "demo", "--headless", "--duration", "4s", seconds=30)
        assert status == 0, errors + output[-500:]
        assert (await run(*dpkg, "--purge", "confab"))[0] == 0
        left = [each for each in (root / "usr").rglob("*") if each.is_file()] if (root / "usr").exists() else []
        assert not left, left


@test(seconds=90)
async def the_meeting_of_the_manual_takes_place():
    script = repository / "Sources/Manual/meeting.sh"
    assert len(script.read_text().splitlines()) <= 20
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        write_tone(f"{folder}/announcement.wav", 500, seconds=2)
        home = Home()
        pathlib.Path(folder, "confab").symlink_to(program)
        meeting = asyncio.create_task(run(
            "sh", script, "tea", f"{folder}/announcement.wav", f"{folder}/out.webm", home=home, seconds=80,
            PATH=f"{folder}:{os.environ['PATH']}", LISTEN=f"127.0.0.1:{port}"))
        await asyncio.sleep(1)
        guests = []
        for name in ("ann", "bob"):
            guests.append(await join(f"http://127.0.0.1:{port}/tea", name))
        for guest in guests:
            await guest.event("chat", 60, participant="moderator", text="Good-bye, and thank you.")
        for guest in guests:
            assert await guest.wait(10) == 0 and guest.found("left", reason="room-closed"), guest.report()
        status, output, errors = await meeting
        assert status == 0, errors
        assert os.path.getsize(f"{folder}/out.webm") > 20_000


if __name__ == "__main__":
    run_suite()
