"""The server as browsers and programs meet it over HTTP and WebSocket, and as people attack it."""

import asyncio
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Support"))

from confab import Confab, join, sees_and_hears, serve
from suite import run_suite, test
from web import join_mesh, request


@test()
async def the_web_client_is_served_with_a_strict_policy():
    server = await serve()
    for path in ("/", "/some-room"):
        status, headers, body = await request(server.url, "GET", path)
        assert status == 200 and headers["content-type"].startswith("text/html"), (path, status, headers)
        assert b"/-/main.js" in body
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy and "'self'" in policy, policy
    folder = pathlib.Path(__file__).resolve().parents[2] / "Sources/System/CWebClient/web"
    kinds = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
    for file in folder.rglob("*.*"):
        status, headers, body = await request(server.url, "GET", f"/-/{file.relative_to(folder)}")
        assert status == 200, file
        assert headers["content-type"].startswith(kinds[file.suffix]), (file, headers["content-type"])
        assert body == file.read_bytes(), f"{file} is not the file of this checkout"


@test()
async def a_room_is_described_and_joined_over_http():
    server = await serve()
    status, _, body = await request(server.url, "GET", "/api/rooms/board")
    assert status == 200 and json.loads(body)["participants"] == 0, body
    status, _, body = await request(server.url, "POST", "/api/rooms/board/join", {"name": "ann"})
    admission = json.loads(body)
    assert status == 200 and admission["mode"] == "mesh", body
    assert admission["identity"] and admission["token"] and admission["mesh"].startswith("ws://"), admission
    assert isinstance(admission["iceServers"], list)


@test()
async def what_does_not_exist_is_404_and_wrong_methods_are_refused():
    server = await serve()
    for method, path, expected in (
            ("GET", "/-/nothing.js", {404}), ("GET", "/-/../Package.swift", {400, 404}), ("GET", "/-/%2e%2e/Package.swift", {400, 404}),
            ("GET", "/two/segments", {404}), ("POST", "/", {404, 405}), ("DELETE", "/api/rooms/x", {404, 405}),
            ("GET", "/api/rooms/x/join", {404, 405}), ("POST", "/api/rooms/bad%20room/join", {400, 404})):
        status, _, _ = await request(server.url, method, path, {"name": "x"} if method == "POST" else None)
        assert status in expected, f"{method} {path}: {status}"
    status, _, _ = await request(server.url, "GET", "/healthz")
    assert status == 200


@test()
async def other_web_sites_cannot_reach_a_server_without_keys():
    server = await serve()
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        status, _, _ = await request(server.url, "POST", "/api/rooms/board/join", {"name": "ann"}, headers)
        assert status == 403, f"{headers}: {status}"
    status, _, _ = await request(server.url, "POST", "/api/rooms/board/join", {"name": "ann"}, {"Origin": server.url})
    assert status == 200


@test()
async def a_server_open_to_the_world_wants_keys_or_open():
    refused = await Confab.launch("serve", "--listen", "0.0.0.0:0", "--events", "json")
    assert await refused.wait(10) != 0
    assert "--open" in refused.report(), refused.report()


@test(seconds=60)
async def with_keys_only_the_invited_come_in():
    keys = ["--key", "team", "--secret", "a-long-secret-for-tests-only"]
    server = await serve(*keys)
    status, _, _ = await request(server.url, "POST", "/api/rooms/board/join", {"name": "ann"})
    assert status in (401, 403), status
    uninvited = await join(f"{server.url}/board", "eve")
    assert await uninvited.wait(10) == 77, uninvited.report()
    forged = await join(f"{server.url}/board#invite=eyJhbGciOiJub25lIn0.e30.", "eve")
    assert await forged.wait(10) == 77, forged.report()
    maker = await Confab.launch("token", *keys, "--room", "board")
    assert await maker.wait(10) == 0, maker.report()
    token = maker.events[0]["line"].strip()
    ann = await join(f"{server.url}/board#invite={token}", "ann")
    bob = await join(f"{server.url}/board", "bob", "--token", token)
    await sees_and_hears(ann, "bob")
    await sees_and_hears(bob, "ann")
    elsewhere = await join(f"{server.url}/other#invite={token}", "eve")
    assert await elsewhere.wait(10) == 77, elsewhere.report()


@test()
async def mesh_signalling_speaks_as_documented():
    server = await serve()
    ann, welcome = await join_mesh(server.url, "board", "ann")
    assert welcome["room"] == "board" and welcome["mode"] == "mesh" and welcome["peers"] == [], welcome
    bob, second = await join_mesh(server.url, "board", "bob")
    assert second["order"] > welcome["order"]
    assert [peer["name"] for peer in second["peers"]] == ["ann"], second
    joined = await ann.message("peer-joined")
    assert joined["peer"] == {"id": second["self"], "name": "bob", "order": second["order"], "state": joined["peer"]["state"]}
    await ann.send({"type": "state", "state": {"muted": True, "camera": False}})
    state = await bob.message("peer-state")
    assert state["id"] == welcome["self"] and state["state"]["muted"] is True, state
    await bob.send({"type": "signal", "to": welcome["self"], "candidate": None})
    signal = await ann.message("signal")
    assert signal["from"] == second["self"] and signal["candidate"] is None, signal
    await bob.send({"type": "leave"})
    left = await ann.message("peer-left")
    assert left["id"] == second["self"] and left["reason"] == "left", left


@test()
async def nonsense_on_the_signalling_socket_gets_an_error_and_nothing_worse():
    server = await serve()
    ann, welcome = await join_mesh(server.url, "board", "ann")
    bob, _ = await join_mesh(server.url, "board", "bob")
    nonsense = ["", "{", "[]", "null", '"text"', "{}", '{"type":7}', '{"type":"signal"}', '{"type":"signal","to":7}',
                '{"type":"state","state":[]}', '{"type":"signal","to":"nobody","candidate":null}', "[" * 20000,
                '{"type":"state","state":{"muted":1e999}}', '\ufeff{}']
    for text in nonsense:
        await bob.send_text(text)
    await bob.send({"type": "a-thing-of-the-future", "field": 1})
    await bob.send({"type": "ping", "unknown": True})
    await bob.message("pong")
    assert {each["code"] for each in bob.seen("error")} >= {"bad-message", "no-such-peer"}, bob.seen("error")
    await bob.send_text(json.dumps({"type": "signal", "to": welcome["self"], "description": {"type": "offer", "sdp": "x" * 70_000}}))
    error = await bob.message("error", code="too-large")
    assert error, "no too-large"
    await ann.send({"type": "ping"})
    await ann.message("pong")


@test(seconds=60)
async def garbage_on_the_port_leaves_the_server_serving():
    server = await serve()
    host, port = server.url.removeprefix("http://").split(":")
    for garbage in (b"\0" * 4096, b"\x16\x03\x01\x02\x00\x01", os.urandom(65536), b"GET / HTTP/9.9\r\n\r\n", b"GET " + b"a" * 200_000,
                    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000, b"POST /api/rooms/x/join HTTP/1.1\r\nHost: " + host.encode() +
                    b"\r\nContent-Length: 99999999999\r\n\r\n{}", b"GET /mesh HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(garbage)
        try:
            await asyncio.wait_for(reader.read(4096), 0.5)
        except (asyncio.TimeoutError, ConnectionError):
            pass
        writer.close()
    for body in (b"{", b"[]", b"\xff\xfe", b"[" * 5000, b'{"name":"' + b"n" * 300_000 + b'"}'):
        status, _, _ = await request(server.url, "POST", "/api/rooms/board/join", body)
        assert 400 <= status < 500, (body[:40], status)
    status, _, _ = await request(server.url, "GET", "/healthz")
    assert status == 200


@test(seconds=60)
async def a_malicious_participant_does_not_disturb_the_call_of_the_others():
    server = await serve()
    ann = await join(f"{server.url}/board", "ann")
    bob = await join(f"{server.url}/board", "bob")
    await sees_and_hears(ann, "bob")
    eve, welcome = await join_mesh(server.url, "board", "eve")
    targets = [peer["id"] for peer in welcome["peers"]]
    descriptions = ["", "v=0", "v=0\r\n" * 3000, "\0\0\0", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 999999999999\r\n",
                    "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=fingerprint:sha-256 ZZ\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\na=ssrc:-1 x\r\n"]
    candidates = ["", "candidate:", "candidate:1 1 udp 99999999999999999999 1.2.3.4 99999 typ host", "candidate:1 1 udp 1 nowhere.local 9 typ host",
                  "candidate:1 1 udp 1 ::1 9 typ " + "x" * 5000]
    for target in targets:
        for kind in ("offer", "answer", "pranswer", "rollback", "nonsense"):
            for sdp in descriptions:
                await eve.send({"type": "signal", "to": target, "description": {"type": kind, "sdp": sdp}})
        for candidate in candidates:
            for index in (0, -1, 70000):
                await eve.send({"type": "signal", "to": target, "candidate": {"candidate": candidate, "sdpMid": "0", "sdpMLineIndex": index}})
    await eve.send({"type": "ping"})
    await eve.message("pong")
    await eve.send({"type": "leave"})
    await ann.event("participant-left", participant="eve", reason="left")
    count = len(ann.found("quality"))
    before = (await ann.event("quality", count=count + 1))["participants"]
    after = (await ann.event("quality", count=count + 2))["participants"]
    frames = {when: next(each for each in quality if each["participant"] == "bob")["framesDecoded"]
              for when, quality in (("before", before), ("after", after))}
    assert frames["after"] > frames["before"], frames


if __name__ == "__main__":
    run_suite()
