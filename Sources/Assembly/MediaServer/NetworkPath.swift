import MediaSockets
import Runtime
import STUN

/// One way to a peer: a UDP address, or a TCP connection of its own.
@MediaLoop
enum NetworkPath {
    case udp(DatagramSocket, index: Int, TransportAddress)
    case tcp(FramedConnection)

    enum Key: Hashable {
        case udp(socket: Int, TransportAddress)
        case tcp(ObjectIdentifier)
    }

    var key: Key {
        switch self {
        case .udp(_, let index, let peer): .udp(socket: index, peer)
        case .tcp(let connection): .tcp(ObjectIdentifier(connection))
        }
    }

    var peer: TransportAddress {
        switch self {
        case .udp(_, _, let peer): peer
        case .tcp(let connection): connection.peer
        }
    }

    func send(_ datagram: [UInt8]) {
        switch self {
        case .udp(let socket, _, let peer): socket.send(datagram, to: peer)
        case .tcp(let connection): datagram.withUnsafeBytes { _ = connection.send($0) }
        }
    }
}
