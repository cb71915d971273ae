import Primitives

/// The claims of an access token: a JSON Web Token signed with HS256 in LiveKit's vocabulary, so that tokens made by
/// LiveKit's tools open our rooms and ours open theirs.
///
/// A token without `identity` is an *invitation*: whoever holds it may have a personal token made.
package struct AccessToken: Hashable, Sendable {
    /// `iss`: the name of the key that signed it.
    package var issuer: String
    /// `sub`: who holds it.
    package var identity: String?
    package var name: String?
    /// `nbf`, `exp`, `iat`: seconds since 1970.
    package var notBefore: Int64?
    package var expires: Int64?
    package var issuedAt: Int64?
    package var metadata: String?
    package var attributes: [String: String]
    package var kind: String?
    package var grants: Grants

    package init(
        issuer: String, identity: String? = nil, name: String? = nil, notBefore: Int64? = nil, expires: Int64? = nil,
        grants: Grants
    ) {
        self.issuer = issuer
        self.identity = identity
        self.name = name
        self.notBefore = notBefore
        self.expires = expires
        attributes = [:]
        self.grants = grants
    }

    package var isInvitation: Bool { identity == nil }

    /// What the holder may do: the `video` claim.
    package struct Grants: Hashable, Sendable {
        package var room: String?
        package var roomJoin = false
        package var roomCreate = false
        package var roomList = false
        package var roomAdmin = false
        package var roomRecord = false
        package var ingressAdmin = false
        package var hidden = false
        package var recorder = false
        package var agent = false
        // Absent means allowed for these three.
        package var canPublish: Bool?
        package var canSubscribe: Bool?
        package var canPublishData: Bool?
        package var canUpdateOwnMetadata = false
        /// `camera`, `microphone`, `screen_share`, `screen_share_audio`; nil allows all.
        package var canPublishSources: [String]?

        package init(room: String? = nil, roomJoin: Bool = false) {
            self.room = room
            self.roomJoin = roomJoin
        }
    }
}

/// Why a token opens nothing.
package enum AccessTokenError: Error, Hashable, Sendable {
    case malformed
    /// Only HS256 is accepted; `none` and public-key algorithms never are.
    case unsupportedAlgorithm(String)
    case unknownIssuer(String)
    case wrongSignature
    case expired
    case notYetValid

    package var message: String {
        switch self {
        case .malformed: "this is not an access token"
        case .unsupportedAlgorithm(let name): "the token is signed with \(name.controlCharactersVisible), not HS256"
        case .unknownIssuer(let name): "the token was made with key \(name.controlCharactersVisible), unknown here"
        case .wrongSignature: "the token's signature is wrong"
        case .expired: "the token has expired"
        case .notYetValid: "the token is not valid yet"
        }
    }
}

extension AccessToken {
    /// A token taken apart, its signature not yet checked.
    package struct Unverified: Sendable {
        package let claims: AccessToken
        /// The bytes that are signed: header and payload as they stand in the token.
        package let signingInput: [UInt8]
        package let signature: [UInt8]
    }

    /// Nothing longer is looked at.
    package static let maximumLength = 16 << 10
    /// How far two clocks may differ, in seconds.
    package static let allowedSkew: Int64 = 60

    package static func parse(_ token: String) throws(AccessTokenError) -> Unverified {
        guard token.utf8.count <= maximumLength else { throw .malformed }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Base64URL.decode(parts[2]) else { throw .malformed }
        let header = try object(parts[0])
        guard let algorithm = header["alg"]?.string else { throw .malformed }
        guard algorithm == "HS256" else { throw .unsupportedAlgorithm(algorithm) }
        guard let claims = AccessToken(json: try object(parts[1])) else { throw .malformed }
        return Unverified(
            claims: claims, signingInput: Array(parts[0].utf8) + [UInt8(ascii: ".")] + Array(parts[1].utf8),
            signature: signature)
    }

    /// Throws where the token does not hold at `now` (seconds since 1970), give or take the clocks' difference.
    package func checkTime(now: Int64) throws(AccessTokenError) {
        if let expires, now &- Self.allowedSkew >= expires { throw .expired }
        if let notBefore, now &+ Self.allowedSkew < notBefore { throw .notYetValid }
    }

    /// The token's text, signed by `mac` (HMAC-SHA256 with the issuer's secret).
    package func signed(by mac: (_ signingInput: [UInt8]) -> [UInt8]) -> String {
        let header = Base64URL.encode(Array(#"{"alg":"HS256","typ":"JWT"}"#.utf8))
        let input = header + "." + Base64URL.encode(json.utf8)
        return input + "." + Base64URL.encode(mac(Array(input.utf8)))
    }

    private static func object(_ part: Substring) throws(AccessTokenError) -> JSON {
        guard let bytes = Base64URL.decode(part), let json = try? JSON(parsing: bytes), json.object != nil else {
            throw .malformed
        }
        return json
    }
}

extension AccessToken {
    /// Times that are no numbers make the token malformed, not eternal.
    package init?(json: JSON) {
        guard let times = try? ["nbf", "exp", "iat"].map({ try Self.time(json[$0]) }) else { return nil }
        self.init(
            issuer: json["iss"]?.string ?? "", identity: json["sub"]?.string.flatMap { $0.isEmpty ? nil : $0 },
            name: json["name"]?.string, notBefore: times[0], expires: times[1], grants: Grants(json["video"]))
        issuedAt = times[2]
        metadata = json["metadata"]?.string
        kind = json["kind"]?.string
        for (name, value) in json["attributes"]?.object ?? .init() { attributes[name] = value.string }
    }

    private static func time(_ value: JSON?) throws(AccessTokenError) -> Int64? {
        guard let value, !value.isNull else { return nil }
        guard let seconds = value.double, abs(seconds) < 1e15 else { throw .malformed }
        return Int64(seconds)
    }

    package var json: JSON {
        var claims = JSONObject()
        claims["iss"] = .string(issuer)
        claims["sub"] = identity.map(JSON.string)
        claims["name"] = name.map(JSON.string)
        claims["nbf"] = notBefore.map(JSON.integer)
        claims["exp"] = expires.map(JSON.integer)
        claims["iat"] = issuedAt.map(JSON.integer)
        claims["metadata"] = metadata.map(JSON.string)
        claims["kind"] = kind.map(JSON.string)
        if !attributes.isEmpty {
            var members = JSONObject()
            for name in attributes.keys.sorted() { members[name] = attributes[name].map(JSON.string) }
            claims["attributes"] = .object(members)
        }
        claims["video"] = grants.json
        return .object(claims)
    }
}

extension AccessToken.Grants {
    private static let flags: [(String, WritableKeyPath<Self, Bool> & Sendable)] = [
        ("roomJoin", \.roomJoin), ("roomCreate", \.roomCreate), ("roomList", \.roomList), ("roomAdmin", \.roomAdmin),
        ("roomRecord", \.roomRecord), ("ingressAdmin", \.ingressAdmin), ("hidden", \.hidden), ("recorder", \.recorder),
        ("agent", \.agent), ("canUpdateOwnMetadata", \.canUpdateOwnMetadata),
    ]
    private static let optionalFlags: [(String, WritableKeyPath<Self, Bool?> & Sendable)] = [
        ("canPublish", \.canPublish), ("canSubscribe", \.canSubscribe), ("canPublishData", \.canPublishData),
    ]

    fileprivate init(_ json: JSON?) {
        self.init(room: json?["room"]?.string)
        for (name, path) in Self.flags { self[keyPath: path] = json?[name]?.bool ?? false }
        for (name, path) in Self.optionalFlags { self[keyPath: path] = json?[name]?.bool }
        canPublishSources = json?["canPublishSources"]?.array?.compactMap(\.string)
    }

    fileprivate var json: JSON {
        var members = JSONObject()
        members["room"] = room.map(JSON.string)
        for (name, path) in Self.flags where self[keyPath: path] { members[name] = true }
        for (name, path) in Self.optionalFlags { members[name] = self[keyPath: path].map(JSON.bool) }
        members["canPublishSources"] = canPublishSources.map { JSON($0) }
        return .object(members)
    }
}
