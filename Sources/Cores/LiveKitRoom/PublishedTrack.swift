import LiveKitProtocol
import Primitives

/// A track whose media the server has.
struct PublishedTrack {
    let id: TrackID
    let owner: ParticipantID
    var info: LKTrackInfo
    let layers: SimulcastLayers
    /// `opus`, `VP8`, …
    let codec: String
    /// Its owner was told that somebody watches.
    var wasSubscribed = false

    init(_ info: LKTrackInfo, owner: ParticipantID, _ produced: ProducedTrack) {
        id = TrackID(info.sid)
        self.owner = owner
        self.info = info
        codec = produced.codec
        layers = SimulcastLayers(rids: produced.rids, announced: info.layers)
        let mimeType = "\(produced.isVideo ? "video" : "audio")/\(produced.codec)"
        self.info.mimeType = mimeType
        self.info.mid = produced.mid
        self.info.simulcast = produced.rids.count > 1
        if !self.info.codecs.isEmpty {
            self.info.codecs[0].mimeType = mimeType
            self.info.codecs[0].mid = produced.mid
        }
    }

    var isVideo: Bool { info.type == .video }
}

extension LKTrackInfo {
    /// From what a client announces.
    init(_ request: LKAddTrackRequest, sid: TrackID) {
        self.init()
        self.sid = sid.text
        type = request.type
        name = request.name
        muted = request.muted
        width = request.width
        height = request.height
        disableDtx = request.disableDtx
        source = request.source
        layers = request.layers
        stereo = request.stereo
        disableRed = request.disableRed
        encryption = request.encryption
        audioFeatures = request.audioFeatures
        backupCodecPolicy = request.backupCodecPolicy
        stream = request.stream.isEmpty ? Self.defaultStream(of: request.source) : request.stream
        codecs = request.simulcastCodecs.prefix(4).map { codec in
            .with {
                $0.mimeType = codec.codec.includes("/") ? codec.codec : "video/\(codec.codec)"
                $0.cid = codec.cid
                $0.layers = codec.layers.isEmpty ? request.layers : codec.layers
            }
        }
        if codecs.isEmpty, request.type == .video {
            codecs = [.with { ($0.cid, $0.layers) = (request.cid, request.layers) }]
        }
    }

    /// Camera and microphone play in step, and so do the two of a shared screen.
    private static func defaultStream(of source: LKTrackSource) -> String {
        switch source {
        case .screenShare, .screenShareAudio: "screen"
        default: "camera"
        }
    }
}
