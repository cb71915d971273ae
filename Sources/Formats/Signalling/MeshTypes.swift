/// What a participant tells the others about itself; absent means false.
package struct ParticipantState: Hashable, Sendable {
    package var muted: Bool
    package var camera: Bool
    package var screen: Bool
    /// A raised hand.
    package var hand: Bool

    package init(muted: Bool = false, camera: Bool = false, screen: Bool = false, hand: Bool = false) {
        self.muted = muted
        self.camera = camera
        self.screen = screen
        self.hand = hand
    }

    package init(_ json: JSON?) {
        muted = json?["muted"]?.bool ?? false
        camera = json?["camera"]?.bool ?? false
        screen = json?["screen"]?.bool ?? false
        hand = json?["hand"]?.bool ?? false
    }

    package var json: JSON {
        ["muted": .bool(muted), "camera": .bool(camera), "screen": .bool(screen), "hand": .bool(hand)]
    }
}

/// Another participant of the room.
package struct MeshPeer: Hashable, Sendable {
    /// The token's identity; opaque.
    package var id: String
    /// The display name, as its owner wrote it: make control characters visible before showing it.
    package var name: String
    /// Rises with each arrival, kept for life. Of a pair the higher one offers first and is the polite side.
    package var order: Int
    package var state: ParticipantState

    package init(id: String, name: String, order: Int, state: ParticipantState = .init()) {
        self.id = id
        self.name = name
        self.order = order
        self.state = state
    }

    package init?(_ json: JSON?) {
        guard let json, let id = json["id"]?.string, !id.isEmpty, let order = json["order"]?.int else { return nil }
        self.init(id: id, name: json["name"]?.string ?? "", order: order, state: .init(json["state"]))
    }

    package var json: JSON {
        ["id": .string(id), "name": .string(name), "order": JSON(order), "state": state.json]
    }
}

/// A STUN or TURN server, in the form of the browsers' `RTCIceServer`.
package struct ICEServer: Hashable, Sendable {
    package var urls: [String]
    package var username: String?
    package var credential: String?

    package init(urls: [String], username: String? = nil, credential: String? = nil) {
        self.urls = urls
        self.username = username
        self.credential = credential
    }

    /// `urls` may be one string, as browsers allow.
    package init?(_ json: JSON) {
        let urls = json["urls"]?.string.map { [$0] } ?? json["urls"]?.array?.compactMap(\.string) ?? []
        guard !urls.isEmpty else { return nil }
        self.init(urls: urls, username: json["username"]?.string, credential: json["credential"]?.string)
    }

    package var json: JSON {
        var members: JSONObject = JSONObject()
        members["urls"] = JSON(urls)
        members["username"] = username.map(JSON.string)
        members["credential"] = credential.map(JSON.string)
        return .object(members)
    }
}

/// A session description, in the form of the browsers' `RTCSessionDescriptionInit`.
package struct SignalDescription: Hashable, Sendable {
    package enum Kind: String, Sendable {
        case offer, answer, pranswer, rollback
    }

    package var type: Kind
    package var sdp: String

    package init(type: Kind, sdp: String) {
        self.type = type
        self.sdp = sdp
    }

    package init?(_ json: JSON) {
        guard let type = json["type"]?.string.flatMap(Kind.init(rawValue:)) else { return nil }
        guard let sdp = json["sdp"]?.string ?? (type == .rollback ? "" : nil) else { return nil }
        self.init(type: type, sdp: sdp)
    }

    package var json: JSON { ["type": .string(type.rawValue), "sdp": .string(sdp)] }
}

/// An ICE candidate, in the form of the browsers' `RTCIceCandidateInit`.
package struct SignalCandidate: Hashable, Sendable {
    /// `candidate:…` of RFC 8839 §5.1; empty says that no more will come for this m-section.
    package var candidate: String
    package var sdpMid: String?
    package var sdpMLineIndex: Int?
    package var usernameFragment: String?

    package init(
        candidate: String, sdpMid: String? = nil, sdpMLineIndex: Int? = nil, usernameFragment: String? = nil
    ) {
        self.candidate = candidate
        self.sdpMid = sdpMid
        self.sdpMLineIndex = sdpMLineIndex
        self.usernameFragment = usernameFragment
    }

    package init?(_ json: JSON) {
        guard case .object = json else { return nil }
        let index = json["sdpMLineIndex"]?.int
        guard index.map({ 0...65_535 ~= $0 }) ?? true else { return nil }
        self.init(
            candidate: json["candidate"]?.string ?? "", sdpMid: json["sdpMid"]?.string, sdpMLineIndex: index,
            usernameFragment: json["usernameFragment"]?.string)
    }

    package var json: JSON {
        [
            "candidate": .string(candidate), "sdpMid": sdpMid.map(JSON.string) ?? .null,
            "sdpMLineIndex": sdpMLineIndex.map { JSON($0) } ?? .null,
            "usernameFragment": usernameFragment.map(JSON.string) ?? .null,
        ]
    }
}

/// What two peers tell each other through the server.
package enum Signal: Hashable, Sendable {
    case description(SignalDescription)
    /// Nil: no more candidates will come.
    case candidate(SignalCandidate?)

    /// From a message that holds `description` or `candidate`.
    init?(message: JSON) {
        if let description = message["description"] {
            guard let description = SignalDescription(description) else { return nil }
            self = .description(description)
        } else if let candidate = message["candidate"] {
            if candidate.isNull {
                self = .candidate(nil)
            } else {
                guard let candidate = SignalCandidate(candidate) else { return nil }
                self = .candidate(candidate)
            }
        } else {
            return nil
        }
    }

    func add(to message: inout JSONObject) {
        switch self {
        case .description(let description): message["description"] = description.json
        case .candidate(let candidate): message["candidate"] = candidate?.json ?? .null
        }
    }
}

extension ICEServer {
    /// From an option: `stun:host[:port]`, or `turn:user:password@host[:port][?transport=tcp]`, likewise `turns:`
    /// (RFC 7064, RFC 7065; those have no place for credentials, so they stand where other URLs have them).
    package init?(parsing text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let scheme = text[..<colon].lowercased()
        var rest = text[text.index(after: colon)...]
        if rest.hasPrefix("//") { rest = rest.dropFirst(2) }
        var user: Substring?
        var password: Substring?
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            (user, password) = (parts[0], parts[1])
            rest = rest[rest.index(after: at)...]
        }
        guard ["stun", "stuns", "turn", "turns"].contains(scheme), !rest.isEmpty,
            rest.utf8.allSatisfy({ 0x21...0x7e ~= $0 }), scheme.hasPrefix("turn") == (user != nil)
        else { return nil }
        self.init(
            urls: [scheme + ":" + rest], username: user.map(String.init), credential: password.map(String.init))
    }
}
