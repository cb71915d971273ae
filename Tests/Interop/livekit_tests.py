"""confab's server and LiveKit's official SDK."""

import asyncio
import contextlib
import json
import signal
import urllib.parse

import path  # noqa: F401
import websockets
from confab import Home, serve
from livekit import api, rtc
from livekit.rtc.participant import PublishTrackError
from livekit_peer import LiveKitPeer, key, secret, token
from suite import run_suite, test

keys = ("--key", key, "--secret", secret)


@contextlib.asynccontextmanager
async def peers(server, *names, **grants):
    """Participants that leave at the end."""
    joined = []
    try:
        for name in names:
            joined.append(await LiveKitPeer.join(server.url, name, **grants))
        yield joined
    finally:
        await asyncio.gather(*(peer.leave() for peer in joined))


@test(seconds=60)
async def three_see_and_hear_each_other():
    """Sound as a tone of its own each, pictures in simulcast; one comes when all is under way."""
    server = await serve(*keys)
    async with peers(server, "ann", "bob") as (ann, bob):
        await asyncio.gather(
            ann.publish_tone(500), bob.publish_tone(700), ann.publish_picture(), bob.publish_picture())
        await asyncio.gather(ann.sees("bob"), bob.sees("ann"), ann.hears("bob", 700), bob.hears("ann", 500))
        await ann.event("local_track_subscribed", count=2)
        async with peers(server, "cid") as (cid,):
            await cid.publish_tone(900)
            await asyncio.gather(
                cid.sees("ann"), cid.sees("bob"), ann.hears("cid", 900), bob.hears("cid", 900))
            publication = next(
                each for each in cid.room.remote_participants["ann"].track_publications.values()
                if each.kind == rtc.TrackKind.KIND_VIDEO)
            assert publication.simulcasted, "the picture is not announced as simulcast"
        await ann.event("participant_disconnected", seconds=5)


@test(seconds=30)
async def data_and_texts_go_both_ways():
    server = await serve(*keys)
    async with peers(server, "ann", "bob", "cid") as (ann, bob, cid):
        await ann.room.local_participant.publish_data(b"to all", reliable=True, topic="t")
        await bob.room.local_participant.publish_data(b"to ann", reliable=True, destination_identities=["ann"], topic="t")
        await ann.until(lambda: ("bob", b"to ann", "t") in ann.data, what="data for ann")
        await cid.until(lambda: ("ann", b"to all", "t") in cid.data, what="data for all")
        assert not any(text == b"to ann" for _, text, _ in cid.data), "cid got what was for ann"
        for number in range(5):
            await ann.room.local_participant.publish_data(f"lossy {number}", reliable=False)
        await bob.until(lambda: any(text.startswith(b"lossy") for _, text, _ in bob.data), what="lossy data")
        await ann.room.local_participant.send_text("hello", topic="lk.chat")
        await bob.room.local_participant.send_text("x" * 40_000, topic="lk.chat")
        await bob.until(lambda: ("ann", "hello") in bob.texts, what="text")
        await ann.until(lambda: ("bob", "x" * 40_000) in ann.texts, what="long text")


@test(seconds=40)
async def tracks_are_muted_and_withdrawn():
    server = await serve(*keys)
    async with peers(server, "ann", "bob") as (ann, bob):
        publication = await ann.publish_tone(500)
        await bob.hears("ann", 500)
        publication.track.mute()
        await bob.event("track_muted")
        publication.track.unmute()
        await bob.event("track_unmuted")
        bob.remote("ann").samples = bob.remote("ann").samples[:0]
        await bob.hears("ann", 500)
        await ann.room.local_participant.unpublish_track(publication.sid)
        await bob.event("track_unsubscribed")
        await bob.event("track_unpublished")
        # What comes after takes the place that became free.
        await ann.publish_tone(1_100)
        await bob.hears("ann", 1_100)


@test(seconds=40)
async def names_metadata_and_speakers_are_told():
    server = await serve(*keys)
    async with peers(server, "ann", "bob", can_update_own_metadata=True) as (ann, bob):
        await ann.room.local_participant.set_metadata("busy")
        await ann.room.local_participant.set_name("Ann B")
        await ann.room.local_participant.set_attributes({"hand": "up"})
        await bob.event("participant_metadata_changed")
        await bob.event("participant_name_changed")
        await bob.event("participant_attributes_changed")
        remote = bob.room.remote_participants["ann"]
        assert (remote.metadata, remote.name, remote.attributes) == ("busy", "Ann B", {"hand": "up"})
        await ann.publish_tone(500)
        await bob.event(
            "active_speakers_changed", check=lambda speakers: [each.identity for each in speakers] == ["ann"])
        await ann.leave()
        await bob.event("participant_disconnected", seconds=5)


class Proxy:
    """Passes TCP on, and cuts it off when told to."""

    @classmethod
    async def start(cls, url):
        proxy = cls()
        target = urllib.parse.urlparse(url)
        proxy._target = (target.hostname, target.port)
        proxy._writers = []
        proxy._server = await asyncio.start_server(proxy._accept, "127.0.0.1", 0)
        proxy.url = f"http://127.0.0.1:{proxy._server.sockets[0].getsockname()[1]}"
        return proxy

    async def _accept(self, reader, writer):
        other_reader, other_writer = await asyncio.open_connection(*self._target)
        self._writers += [writer, other_writer]
        await asyncio.gather(self._copy(reader, other_writer), self._copy(other_reader, writer))

    async def _copy(self, reader, writer):
        with contextlib.suppress(ConnectionError, OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    def cut(self):
        for writer in self._writers:
            writer.transport.abort()
        self._writers = []


@test(seconds=60)
async def a_cut_socket_is_resumed_while_media_goes_on():
    server = await serve(*keys)
    proxy = await Proxy.start(server.url)
    async with peers(server, "bob") as (bob,):
        ann = await LiveKitPeer.join(proxy.url, "ann")
        await asyncio.gather(ann.publish_tone(500), bob.publish_tone(700))
        await asyncio.gather(ann.hears("bob", 700), bob.hears("ann", 500))
        sid = ann.room.local_participant.sid
        proxy.cut()
        await ann.event("reconnected", seconds=20)
        assert ann.room.local_participant.sid == sid, "it joined anew"
        assert not bob.found("participant_disconnected"), "bob was told of a departure"
        for peer, other, frequency in ((ann, "bob", 700), (bob, "ann", 500)):
            peer.remote(other).samples = peer.remote(other).samples[:0]
            await peer.hears(other, frequency)
        await ann.room.local_participant.publish_data(b"still here", reliable=True)
        await bob.until(lambda: any(text == b"still here" for _, text, _ in bob.data), what="data after the resume")
        await ann.leave()


@test(seconds=60)
async def everybody_comes_back_after_a_restart_of_the_server():
    home = Home()
    server = await serve(*keys, "--rtc-port", "0", home=home)
    port = urllib.parse.urlparse(server.url).port
    ann = await LiveKitPeer.join(server.url, "ann")
    bob = await LiveKitPeer.join(server.url, "bob")
    await ann.publish_tone(500)
    await bob.hears("ann", 500)
    server.signal(signal.SIGKILL)
    await server.wait(5)
    await serve(*keys, "--rtc-port", "0", listen=f"127.0.0.1:{port}", home=home)
    await asyncio.gather(ann.event("reconnected", seconds=30), bob.event("reconnected", seconds=30))
    bob.remote("ann").samples = bob.remote("ann").samples[:0]
    await bob.hears("ann", 500)
    await asyncio.gather(ann.leave(), bob.leave())


@test(seconds=60)
async def room_service_governs():
    server = await serve(*keys)
    async with api.LiveKitAPI(server.url, key, secret) as admin, peers(server, "ann", "bob") as (ann, bob):
        publication = await ann.publish_tone(500)
        await bob.hears("ann", 500)
        made = await admin.room.create_room(api.CreateRoomRequest(name="other", metadata="m", max_participants=1))
        assert made.sid.startswith("RM_") and made.metadata == "m"
        rooms = (await admin.room.list_rooms(api.ListRoomsRequest())).rooms
        assert {each.name: each.num_participants for each in rooms} == {"lab": 2, "other": 0}
        there = (await admin.room.list_participants(api.ListParticipantsRequest(room="lab"))).participants
        assert {each.identity for each in there} == {"ann", "bob"}
        who = api.RoomParticipantIdentity(room="lab", identity="ann")
        assert (await admin.room.get_participant(who)).tracks[0].sid == publication.sid
        muted = await admin.room.mute_published_track(
            api.MuteRoomTrackRequest(room="lab", identity="ann", track_sid=publication.sid, muted=True))
        assert muted.track.muted
        await bob.event("track_muted")
        await admin.room.update_participant(
            api.UpdateParticipantRequest(room="lab", identity="bob", metadata="changed", name="Robert"))
        await ann.event("participant_metadata_changed")
        await admin.room.send_data(api.SendDataRequest(room="lab", data=b"from above", topic="news", kind=0))
        await ann.until(lambda: ("", b"from above", "news") in ann.data, what="data of the server")
        await admin.room.remove_participant(who)
        await ann.event("disconnected")
        await bob.event("participant_disconnected")
        await admin.room.delete_room(api.DeleteRoomRequest(room="lab"))
        await bob.event("disconnected")
        try:
            await admin.room.get_participant(who)
            raise AssertionError("somebody is in a room that is deleted")
        except api.TwirpError as error:
            assert error.code == "not_found", error.code


@test(seconds=40)
async def grants_and_bad_tokens():
    server = await serve(*keys)
    for name, bad in (("expired", token("x", lifetime=-3_600)), ("forged", token("x", signed_with=secret[::-1])), ("none", "abc")):
        try:
            await LiveKitPeer.join(server.url, "x", access=bad)
            raise AssertionError(f"a token that is {name} opened the room")
        except rtc.ConnectError:
            pass
    async with peers(server, "ann", can_publish=False, can_publish_data=False) as (ann,), peers(server, "bob") as (bob,):
        async with peers(server, "spy", hidden=True, can_publish=False) as (spy,):
            await bob.publish_tone(700)
            await asyncio.gather(ann.hears("bob", 700), spy.hears("bob", 700))
            try:
                await asyncio.wait_for(ann.publish_tone(500), 5)
                raise AssertionError("ann published without the grant")
            except (PublishTrackError, asyncio.TimeoutError):
                pass
            with contextlib.suppress(Exception):
                await asyncio.wait_for(ann.room.local_participant.publish_data(b"not allowed"), 2)
            assert "spy" not in bob.room.remote_participants, "the hidden one is seen"
            await bob.room.local_participant.publish_data(b"allowed")
            await ann.until(lambda: any(text == b"allowed" for _, text, _ in ann.data), what="data")
            assert not bob.data, "data without the grant arrived"
        async with api.LiveKitAPI(server.url, key, secret[::-1]) as stranger:
            try:
                await stranger.room.list_rooms(api.ListRoomsRequest())
                raise AssertionError("a stranger may list the rooms")
            except api.TwirpError as error:
                assert error.status == 401, error.status


def rtc_url(server, identity, **query):
    parameters = urllib.parse.urlencode({"access_token": token(identity), "protocol": 16, **query})
    return f"{server.url.replace('http', 'ws', 1)}/rtc?{parameters}"


@test(seconds=30)
async def json_in_text_frames():
    """What a browser speaks without a protobuf library."""
    server = await serve(*keys)
    async with websockets.connect(rtc_url(server, "page", encoding="json")) as page:
        join = json.loads(await page.recv())["join"]
        assert join["participant"]["identity"] == "page" and join["subscriberPrimary"] is True
        offer = json.loads(await page.recv())["offer"]
        assert "a=ice-lite" in offer["sdp"] and offer["type"] == "offer"
        await page.send(json.dumps({"pingReq": {"timestamp": "17", "rtt": "0", "unheard": [1]}}))
        assert json.loads(await page.recv())["pongResp"]["lastPingTimestamp"] == "17"


@test(seconds=40)
async def nonsense_harms_nobody_else():
    server = await serve(*keys)
    async with peers(server, "ann", "bob") as (ann, bob):
        await ann.publish_tone(500)
        await bob.hears("ann", 500)
        for attack in (b"\x0a\xff\xff\xff\xff\x0f", b"\xff" * 1_000, b"\0" * 300_000, b"\x0a\x05\x0a\x00\x12\x01x"):
            async with websockets.connect(rtc_url(server, "mallory"), max_size=None) as socket:
                await socket.recv()
                await socket.send(attack)
                with contextlib.suppress(websockets.ConnectionClosed):
                    while True:
                        await asyncio.wait_for(socket.recv(), 10)
        async with websockets.connect(rtc_url(server, "flood"), max_size=None) as socket:
            with contextlib.suppress(websockets.ConnectionClosed):
                for _ in range(5_000):
                    await socket.send(b"\x70\x01")
                while True:
                    await asyncio.wait_for(socket.recv(), 10)
        bob.remote("ann").samples = bob.remote("ann").samples[:0]
        await bob.hears("ann", 500)


@test(seconds=40)
async def a_mesh_moves_up_when_an_sdk_comes():
    """Two who could move are told to; one who cannot pins the room."""
    server = await serve(*keys)
    base = server.url.replace("http", "ws", 1)

    async def mesh(identity, **query):
        parameters = urllib.parse.urlencode({"access_token": token(identity), **query})
        return await websockets.connect(f"{base}/mesh?{parameters}", subprotocols=["confab.mesh.v1"])

    async def heard(socket, kind):
        while True:
            message = json.loads(await asyncio.wait_for(socket.recv(), 10))
            if message["type"] == kind:
                return message

    one = await mesh("one", upgrade=1)
    two = await mesh("two", upgrade=1)
    assert (await heard(one, "welcome"))["mode"] == "mesh"
    async with peers(server, "sdk") as (sdk,):
        for socket, name in ((one, "one"), (two, "two")):
            upgrade = await heard(socket, "upgrade")
            assert upgrade["url"].startswith(base) and upgrade["url"].endswith("/rtc")
            async with websockets.connect(f"{upgrade['url']}?access_token={upgrade['token']}&encoding=json") as moved:
                assert json.loads(await moved.recv())["join"]["participant"]["identity"] == name
                await sdk.event("participant_connected", check=lambda who, name=name: who.identity == name)
        old = await mesh("old")
        assert (await heard(old, "error"))["code"] == "room-full"
    await one.close()
    await two.close()


run_suite()
