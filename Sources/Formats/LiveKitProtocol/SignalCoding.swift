import SwiftProtobuf

/// How signalling messages stand in WebSocket frames: protobuf in binary ones, protobuf's JSON in text ones.
///
/// A server answers in the form that the client spoke last. As the server speaks first, a client that wants JSON from the
/// beginning says so in the query of `/rtc`: `encoding=json`.
package enum SignalEncoding: String, Hashable, Sendable {
    case binary, json

    /// The parameter of `/rtc`'s query.
    package static let parameter = "encoding"
}

/// Any of the messages here.
package typealias LKMessage = Message

/// Why a message was not understood.
package enum SignalCodingError: Error, Hashable, Sendable {
    case malformed
}

extension Message {
    /// A message of the wire. Unknown fields are kept in binary and skipped in JSON.
    package init(wire bytes: [UInt8], encoding: SignalEncoding) throws(SignalCodingError) {
        do {
            switch encoding {
            case .binary: self = try Self(serializedBytes: bytes, options: .untrusted)
            case .json: self = try Self(jsonUTF8Bytes: bytes, options: .untrusted)
            }
        } catch {
            throw .malformed
        }
    }

    /// The message as it goes into a frame.
    package func wire(_ encoding: SignalEncoding) -> [UInt8] {
        // A message without required fields and without `Any`, both of which proto3 here does without, always encodes.
        switch encoding {
        case .binary: (try? serializedBytes()) ?? []
        case .json: (try? jsonUTF8Bytes()) ?? []
        }
    }
}

extension BinaryDecodingOptions {
    /// Nesting deeper than any message of ours is an attack on the stack.
    fileprivate static var untrusted: BinaryDecodingOptions {
        var options = BinaryDecodingOptions()
        options.messageDepthLimit = 16
        return options
    }
}

extension JSONDecodingOptions {
    fileprivate static var untrusted: JSONDecodingOptions {
        var options = JSONDecodingOptions()
        options.messageDepthLimit = 16
        options.ignoreUnknownFields = true
        return options
    }
}

extension LKUserPacket {
    package init(payload: [UInt8], topic: String? = nil) {
        self.init()
        self.payload = .init(payload)
        if let topic { self.topic = topic }
    }

    package var payloadBytes: [UInt8] { .init(payload) }
}

extension LKSignalRequest {
    package init(_ message: OneOf_Message) {
        self.init()
        self.message = message
    }
}

extension LKSignalResponse {
    package init(_ message: OneOf_Message) {
        self.init()
        self.message = message
    }
}
