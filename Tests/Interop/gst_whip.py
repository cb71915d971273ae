"""GStreamer's webrtcbin as a WHIP publisher or WHEP player: gst_whip.py publish|play URL.

Runs under the system's Python, which has the bindings. Prints one JSON object a line: {"frames": N} as frames are decoded,
{"connected": true}, {"error": "…"}."""

import json
import sys
import urllib.request

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

PUBLISH = """webrtcbin name=peer bundle-policy=max-bundle
  videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=15/1 ! vp8enc deadline=1 keyframe-max-dist=60
    ! rtpvp8pay picture-id-mode=2 ! application/x-rtp,media=video,encoding-name=VP8,payload=96 ! peer.
  audiotestsrc is-live=true ! audioconvert ! opusenc ! rtpopuspay ! application/x-rtp,media=audio,encoding-name=OPUS,encoding-params=(string)2,payload=111 ! peer."""
PLAY = "webrtcbin name=peer bundle-policy=max-bundle"
VIDEO = "application/x-rtp,media=video,encoding-name=VP8,payload=96,clock-rate=90000,rtcp-fb-nack-pli=(boolean)true"
AUDIO = "application/x-rtp,media=audio,encoding-name=OPUS,encoding-params=(string)2,payload=111,clock-rate=48000"


def tell(**fields):
    print(json.dumps(fields), flush=True)


class Session:
    def __init__(self, verb, url):
        self.url, self.frames, self.offered = url, 0, False
        self.pipeline = Gst.parse_launch(PUBLISH if verb == "publish" else PLAY)
        if verb == "play":
            self.peer = self.pipeline if self.pipeline.get_name() == "peer" else self.pipeline.get_by_name("peer")
            if not isinstance(self.pipeline, Gst.Pipeline):
                pipeline = Gst.Pipeline.new()
                pipeline.add(self.peer)
                self.pipeline = pipeline
            for caps in (VIDEO, AUDIO):
                self.peer.emit("add-transceiver", GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY, Gst.Caps.from_string(caps))
            self.peer.connect("pad-added", self.pad_added)
            GLib.idle_add(self.offer)
        else:
            self.peer = self.pipeline.get_by_name("peer")
            self.peer.connect("on-negotiation-needed", lambda _: self.offer())
        self.peer.connect("notify::ice-gathering-state", self.gathering_changed)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message::error", lambda _, message: tell(error=str(message.parse_error())))
        self.pipeline.set_state(Gst.State.PLAYING)

    def offer(self):
        if not self.offered:
            self.offered = True
            self.peer.emit("create-offer", None, Gst.Promise.new_with_change_func(self.offer_made))
        return False

    def offer_made(self, promise):
        promise.wait()
        self.reply = promise.get_reply()  # owns what stands in it
        self.local = self.reply.get_value("offer")
        self.peer.emit("set-local-description", self.local, Gst.Promise.new())

    def gathering_changed(self, *_):
        if self.peer.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
            GLib.idle_add(self.post)

    def post(self):
        offer = self.peer.get_property("local-description").sdp.as_text()
        request = urllib.request.Request(self.url, offer.encode(), {"Content-Type": "application/sdp"}, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                text = response.read()
        except Exception as error:
            tell(error=f"{error} {getattr(error, 'read', lambda: b'')()!r}")
            return False
        _, message = GstSdp.SDPMessage.new()
        GstSdp.sdp_message_parse_buffer(text, message)
        answer = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        self.peer.emit("set-remote-description", answer, Gst.Promise.new())
        tell(connected=True)
        return False

    def pad_added(self, _, pad):
        if pad.direction != Gst.PadDirection.SRC:
            return
        is_video = pad.get_current_caps().get_structure(0).get_string("media") == "video"
        chain = "rtpvp8depay request-keyframe=true ! vp8dec" if is_video else "rtpopusdepay ! opusdec"
        sink = Gst.parse_bin_from_description(f"queue ! {chain} ! fakesink name=end sync=false signal-handoffs=true", True)
        if is_video:
            sink.get_by_name("end").connect("handoff", self.frame_decoded)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        pad.link(sink.get_static_pad("sink"))

    def frame_decoded(self, *_):
        self.frames += 1
        tell(frames=self.frames)


Gst.init(None)
Session(sys.argv[1], sys.argv[2])
GLib.MainLoop().run()
