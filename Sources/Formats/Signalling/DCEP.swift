import Primitives

/// What an SCTP message on a data channel is (RFC 8831 §8).
package enum DataChannelPayload: UInt32, Hashable, Sendable {
    case control = 50
    case string = 51
    case binary = 53
    /// SCTP has no empty messages: one byte is sent in their place, and not delivered.
    case emptyString = 56
    case emptyBinary = 57
}

/// A message of the Data Channel Establishment Protocol (RFC 8832 §5).
package enum DCEPMessage: Hashable, Sendable {
    case open(DataChannelOpen)
    case acknowledge
}

/// How one side asks for a channel.
package struct DataChannelOpen: Hashable, Sendable {
    package enum Reliability: Hashable, Sendable {
        case reliable
        case retransmissions(UInt32)
        case milliseconds(UInt32)
    }

    package var isOrdered: Bool
    package var reliability: Reliability
    /// 256 is normal (RFC 8831 §6.4).
    package var priority: UInt16
    package var label: String
    package var subprotocol: String

    package init(
        label: String, isOrdered: Bool = true, reliability: Reliability = .reliable, priority: UInt16 = 256,
        subprotocol: String = ""
    ) {
        self.label = label
        self.isOrdered = isOrdered
        self.reliability = reliability
        self.priority = priority
        self.subprotocol = subprotocol
    }
}

package enum DCEPError: Error, Hashable, Sendable {
    case truncated
    case unknownMessage(UInt8)
    case unknownChannelType(UInt8)
    case invalidUTF8
}

extension DCEPMessage {
    private static let acknowledgeType: UInt8 = 2
    private static let openType: UInt8 = 3
    private static let unorderedBit: UInt8 = 0x80

    package init(parsing bytes: [UInt8]) throws(DCEPError) {
        var reader = ByteReader(bytes)
        guard let type = reader.u8() else { throw .truncated }
        switch type {
        case Self.acknowledgeType: self = .acknowledge
        case Self.openType: self = .open(try Self.open(&reader))
        default: throw .unknownMessage(type)
        }
    }

    private static func open(_ reader: inout ByteReader) throws(DCEPError) -> DataChannelOpen {
        guard let type = reader.u8(), let priority = reader.u16(), let parameter = reader.u32(),
            let labelLength = reader.u16(), let protocolLength = reader.u16(),
            let label = reader.array(Int(labelLength)), let subprotocol = reader.array(Int(protocolLength))
        else { throw .truncated }
        guard let label = String(validating: label, as: UTF8.self),
            let subprotocol = String(validating: subprotocol, as: UTF8.self)
        else { throw .invalidUTF8 }
        let reliability: DataChannelOpen.Reliability
        switch type & ~unorderedBit {
        case 0: reliability = .reliable
        case 1: reliability = .retransmissions(parameter)
        case 2: reliability = .milliseconds(parameter)
        default: throw .unknownChannelType(type)
        }
        return DataChannelOpen(
            label: label, isOrdered: type & unorderedBit == 0, reliability: reliability, priority: priority,
            subprotocol: subprotocol)
    }

    package var bytes: [UInt8] {
        switch self {
        case .acknowledge: [Self.acknowledgeType]
        case .open(let open): Self.bytes(open)
        }
    }

    private static func bytes(_ open: DataChannelOpen) -> [UInt8] {
        let (kind, parameter): (UInt8, UInt32) =
            switch open.reliability {
            case .reliable: (0, 0)
            case .retransmissions(let count): (1, count)
            case .milliseconds(let time): (2, time)
            }
        // A label is at most 65535 bytes; ours are short.
        let label = Array(open.label.utf8.prefix(65_535))
        let subprotocol = Array(open.subprotocol.utf8.prefix(65_535))
        var out = [openType, open.isOrdered ? kind : kind | unorderedBit]
        out.appendU16(open.priority)
        out.appendU32(parameter)
        out.appendU16(UInt16(label.count))
        out.appendU16(UInt16(subprotocol.count))
        return out + label + subprotocol
    }
}
