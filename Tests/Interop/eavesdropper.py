"""Joins a room by signalling alone and prints what it is told, one JSON object a line: `eavesdropper.py URL ROOM`."""

import asyncio
import json
import sys

import path  # noqa: F401
from web import join_mesh


async def main():
    socket, welcome = await join_mesh(sys.argv[1], sys.argv[2], "eve")
    show("welcome", welcome)
    while True:
        signal = await socket.message("signal", seconds=60)
        show("signal", signal)
        if "candidate" in signal and (signal["candidate"] is None or signal["candidate"]["candidate"] == ""):
            show("end-of-candidates", {})


def show(event, message):
    print(json.dumps({"event": event, **message}), flush=True)


asyncio.run(main())
