"""The program on a terminal, driven by keys in tmux and judged by what the screen then shows."""

import asyncio
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Support"))

from confab import Home, join, program, sees_and_hears, serve
from suite import run_suite, test
from tmux import Terminal


def terminal(columns=120, rows=40):
    return Terminal(columns, rows, Home())


async def in_a_call(screen, server, *options):
    """Starts a TUI client `me` in the terminal, with `bob` headless at the other end."""
    bob = await join(f"{server.url}/tui", "bob", stdin=asyncio.subprocess.PIPE)
    await bob.event("joined")
    screen.run(f"{program} join {server.url}/tui --name me --camera test --mic tone --speaker none {' '.join(options)}; echo status=$?")
    await sees_and_hears(bob, "me")
    await screen.until("bob")
    return bob


@test(seconds=60, needs=["tmux"])
async def a_call_fills_the_terminal_and_quitting_restores_it():
    server = await serve()
    with terminal() as screen:
        screen.run("cd /tmp")
        await in_a_call(screen, server)
        assert screen.is_full_screen
        await screen.until("[▀▄█▌▐▖▗▘▝▚▞▙▛▜▟\U0001fb00-\U0001fb3b]", at_least=200)  # hardly a picture otherwise
        screen.press("q")
        await screen.until(r"status=0|\(y/n\)|quit|leave", seconds=5)
        if "status=" not in screen.screen:
            screen.press("y")
        await screen.until("status=0", seconds=5)
        assert not screen.is_full_screen
        screen.run("stty -a | grep -o -- '-*icanon\\|-*echo ' | tr '\\n' ' '")
        await screen.until(r"(?<!-)icanon")


@test(seconds=20, needs=["tmux"])
async def a_call_that_cannot_be_joined_says_why_once_the_terminal_is_back():
    with terminal() as screen:
        screen.run(f"{program} join http://127.0.0.1:9/tui --camera none --mic none --speaker none; echo status=$?")
        await screen.until("status=69")
        assert "confab: 127.0.0.1:9: connection refused" in screen.screen and not screen.is_full_screen, screen.screen


@test(seconds=60, needs=["tmux"])
async def keys_mute_chat_and_help():
    server = await serve()
    with terminal() as screen:
        bob = await in_a_call(screen, server)
        screen.press("m")
        await bob.event("muted", participant="me", track="microphone")
        screen.press("m")
        await bob.event("unmuted", participant="me", track="microphone")
        screen.press("v")
        await bob.event("track-stopped", participant="me", track="camera")
        screen.press("?")
        await screen.until("mute")
        screen.press("Escape")
        screen.press("c")
        screen.type("hello bob")
        screen.press("Enter")
        said = await bob.event("chat", participant="me")
        assert said["text"] == "hello bob", said
        await bob.write("chat hello back\n")
        await screen.until("hello back")


@test(seconds=60, needs=["tmux"])
async def the_screen_follows_the_size_of_the_terminal():
    server = await serve()
    with terminal(120, 40) as screen:
        await in_a_call(screen, server)
        for columns, rows in ((60, 20), (160, 50), (24, 8), (10, 3), (100, 30)):
            screen.resize(columns, rows)
            await asyncio.sleep(0.3)
        await screen.until("bob")
        assert all(len(line) <= 100 for line in screen.screen.splitlines())


@test(seconds=60, needs=["tmux"])
async def pictures_fill_terminals_of_every_size_before_and_after_resizing():
    server = await serve()
    blocks = "[▀▄█▌▐▖▗▘▝▚▞▙▛▜▟\U0001fb00-\U0001fb3b]"
    with terminal(80, 24) as screen:
        await in_a_call(screen, server)
        for columns, rows in ((80, 24), (120, 40), (200, 60), (80, 24)):
            screen.resize(columns, rows)
            await screen.until(blocks, seconds=10, at_least=columns * rows // 30)
            assert "�" not in screen.screen
            await screen.until("bob", seconds=5)


@test(seconds=60, needs=["tmux"])
async def ctrl_c_leaves_politely():
    server = await serve()
    with terminal() as screen:
        bob = await in_a_call(screen, server)
        screen.press("C-c")
        await asyncio.sleep(0.3)
        if re.search("leave|quit", screen.screen, re.IGNORECASE):
            screen.press("y")
        await bob.event("participant-left", seconds=5, participant="me", reason="left")
        await screen.until("status=0", seconds=5)


@test(seconds=60, needs=["tmux"])
async def names_and_chat_of_others_cannot_write_to_the_terminal():
    server = await serve()
    with terminal() as screen:
        await in_a_call(screen, server)
        await join(f"{server.url}/tui", "e\x1b[2Jve", "--chat", "boo\x1b]0;owned\x07\x1b[?1049l")
        await screen.until("boo")
        assert screen.is_full_screen
        await screen.until("bob")


if __name__ == "__main__":
    run_suite()
