import Logging
import MediaSockets
import PeerSession
import Primitives
import Runtime
import SDP
import STUN
import SecureTransport

/// Why the media server does not start.
package enum MediaServerError: Error, Equatable, Sendable {
    /// No address could be listened on, in the system's words.
    case cannotListen(String)
    case cryptography(String)

    package var message: String {
        switch self {
        case .cannotListen(let text), .cryptography(let text): text
        }
    }
}

/// The server's data plane: one UDP port for everybody, the same number for ICE-TCP, and the transports behind them.
///
/// Everything here lives on the media loop. A datagram finds its transport by the address it comes from; an address is
/// known once a Binding request with a transport's name and password came from it (ICE-lite, RFC 8445 §2.5).
@MediaLoop
package final class MediaServer {
    package struct Configuration: Sendable {
        /// 0 takes any free one.
        package var port: UInt16 = 7_882
        /// The addresses of this machine to listen on, as text. The first one decides the port where it is 0.
        package var addresses = ["127.0.0.1"]
        /// What peers are told instead of the addresses, where a NAT with fixed ports stands in front of the machine.
        package var announcedAddresses: [String] = []
        package var offersTCP = true
        /// One is made where none is given.
        package var certificate: Certificate?
        /// Whether the server waits for the peer's ClientHello where an offer leaves it open (RFC 5763 §5).
        package var isPassive = true

        package init() {}
    }

    /// What came from outside and was of no use, and what is there now.
    package struct Counters: Sendable, Hashable {
        /// STUN messages that are malformed, name nobody, or whose password is wrong.
        package var badChecks = 0
        /// DTLS records from addresses that ICE has not validated.
        package var strangersHandshakes = 0
        /// Media from such addresses.
        package var strangersMedia = 0
        /// Datagrams of no known kind.
        package var unknown = 0
        package var transportsMade = 0
        package var handshakesFailed = 0
        package var connectionsRefused = 0
        /// Packets for peers that do not read their TCP connections.
        package var unread = 0
        package init() {}
    }

    package let port: UInt16
    package private(set) var counters = Counters()
    package private(set) var routers: [Router] = []
    let context: DTLSContext
    let fingerprint: Fingerprint
    let configuration: Configuration
    let candidates: [ICECandidate]
    let log: Logger
    private var sockets: [DatagramSocket] = []
    private var listeners: [FramedListener] = []
    private var connections: [ObjectIdentifier: FramedConnection] = [:]
    private var byName: [String: WebRtcTransport] = [:]
    private var byPath: [NetworkPath.Key: WebRtcTransport] = [:]
    private var isStopped = false

    /// TCP connections that may be open, so that strangers do not use up the descriptors.
    private static let connectionLimit = 1_024

    /// Listens, and returns when it does.
    package init(
        _ configuration: Configuration, log: Logger = Logger(label: "media")
    ) throws(MediaServerError) {
        self.configuration = configuration
        self.log = log
        do {
            let certificate = try configuration.certificate ?? Certificate.selfSigned()
            context = try DTLSContext(certificate: certificate)
            // A SHA-256 digest always has the right length.
            fingerprint = Fingerprint(sha256: certificate.fingerprint.bytes)!
        } catch {
            throw .cryptography("\(error)")
        }
        let relay = Relay()
        let opened = try Self.open(configuration, relay)
        sockets = opened.sockets
        listeners = opened.listeners
        port = opened.port
        candidates = ICECandidate.hosts(opened.announced, port: opened.port, withTCP: configuration.offersTCP)
        relay.server = self
        let sockets = sockets
        MediaLoop.shared.executor.addFlush { for socket in sockets { socket.flush() } }
    }

    /// Ends every transport and lets go of the ports.
    package func stop() {
        guard !isStopped else { return }
        isStopped = true
        for router in routers { router.close() }
        for connection in connections.values { connection.close() }
        for listener in listeners { listener.close() }
        for socket in sockets { socket.close() }
        connections = [:]
        byName = [:]
        byPath = [:]
    }

    /// A room's media. It lives until it is closed.
    package func makeRouter() -> Router {
        let router = Router(server: self)
        routers.append(router)
        return router
    }

    func forget(_ router: Router) { routers.removeAll { $0 === router } }

    /// Sums of all sockets.
    package var socketCounters: DatagramSocket.Counters {
        sockets.reduce(into: .init()) { sum, socket in
            sum.received += socket.counters.received
            sum.sent += socket.counters.sent
            sum.bytesReceived += socket.counters.bytesReceived
            sum.bytesSent += socket.counters.bytesSent
            sum.unsent += socket.counters.unsent
            sum.sendCalls += socket.counters.sendCalls
            sum.receiveCalls += socket.counters.receiveCalls
        }
    }

    package var transportCount: Int { routers.reduce(0) { $0 + $1.transports.count } }

    func count(_ change: (inout Counters) -> Void) { change(&counters) }
}

// MARK: - Listening

extension MediaServer {
    /// Stands between the sockets, which are made first, and the server.
    @MediaLoop
    private final class Relay {
        weak var server: MediaServer?
    }

    private struct Opened {
        var sockets: [DatagramSocket] = []
        var listeners: [FramedListener] = []
        var announced: [String] = []
        var port: UInt16
    }

    /// Whatever can be listened on: an address that is gone does not stop the others.
    private static func open(
        _ configuration: Configuration, _ relay: Relay
    ) throws(MediaServerError) -> Opened {
        var opened = Opened(port: configuration.port)
        var failure = "there is no address to listen on"
        for text in configuration.addresses {
            guard let address = TransportAddress(text, port: opened.port) else { continue }
            let index = opened.sockets.count
            let socket: DatagramSocket
            do throws(SocketError) {
                socket = try DatagramSocket(local: address) { bytes, peer in
                    relay.server?.receive(bytes, from: peer, socket: index)
                }
            } catch {
                failure = error.message
                continue
            }
            opened.sockets.append(socket)
            opened.announced.append(text)
            opened.port = socket.local.port
            guard configuration.offersTCP else { continue }
            // Without it UDP works all the same.
            let listener = try? FramedListener(local: socket.local) { listener, descriptor, peer in
                relay.server?.accept(descriptor, peer, listener) ?? listener.refuse(descriptor)
            }
            if let listener { opened.listeners.append(listener) }
        }
        guard !opened.sockets.isEmpty else { throw .cannotListen(failure) }
        if !configuration.announcedAddresses.isEmpty { opened.announced = configuration.announcedAddresses }
        return opened
    }

    private func accept(_ descriptor: Int32, _ peer: TransportAddress, _ listener: FramedListener) {
        guard connections.count < Self.connectionLimit, !isStopped else {
            counters.connectionsRefused += 1
            return listener.refuse(descriptor)
        }
        let connection = listener.connection(descriptor, peer: peer) { [weak self] connection, event in
            switch event {
            case .datagram(let bytes): self?.receive(bytes, over: .tcp(connection))
            case .closed: self?.forget(connection)
            }
        }
        connections[ObjectIdentifier(connection)] = connection
    }

    private func forget(_ connection: FramedConnection) {
        connections[ObjectIdentifier(connection)] = nil
        byPath.removeValue(forKey: .tcp(ObjectIdentifier(connection)))?.lost(.tcp(ObjectIdentifier(connection)))
    }
}

// MARK: - Receiving

extension MediaServer {
    private func receive(_ bytes: UnsafeMutableRawBufferPointer, from peer: TransportAddress, socket: Int) {
        let key = NetworkPath.Key.udp(socket: socket, peer)
        switch bytes[0] {
        case 128...191:
            guard let transport = byPath[key] else {
                counters.strangersMedia += 1
                return
            }
            transport.receiveMedia(bytes, now: Clock.now())
        default: receive(bytes, over: .udp(sockets[socket], index: socket, peer))
        }
    }

    private func receive(_ bytes: UnsafeMutableRawBufferPointer, over path: NetworkPath) {
        guard let first = bytes.first else { return }
        switch first {
        case 0...3: receiveCheck([UInt8](bytes), over: path)
        case 20...63:
            guard let transport = byPath[path.key] else {
                counters.strangersHandshakes += 1
                return
            }
            transport.receiveDTLS([UInt8](bytes), over: path, now: Clock.now())
        case 128...191:
            guard let transport = byPath[path.key] else {
                counters.strangersMedia += 1
                return
            }
            transport.receiveMedia(bytes, now: Clock.now())
        default: counters.unknown += 1
        }
    }

    /// A connectivity check names the transport, and proves that it may by the password (RFC 8445 §7.3).
    private func receiveCheck(_ bytes: [UInt8], over path: NetworkPath) {
        guard let message = try? STUNMessage(parsing: bytes), message.messageClass == .request,
            message.method == STUNMessage.bindingMethod, let name = message.username,
            let transport = byName[String(name.prefix { $0 != ":" })],
            let answer = transport.ice.answer(message, named: name, from: path.peer)
        else {
            counters.badChecks += 1
            return
        }
        path.send(answer)
        byPath[path.key] = transport
        transport.checked(over: path, nominated: message.nominates, now: Clock.now())
    }

    func register(_ transport: WebRtcTransport, name: String) { byName[name] = transport }
    func unregister(name: String) { byName[name] = nil }
    func unregister(_ path: NetworkPath.Key, of transport: WebRtcTransport) {
        if byPath[path] === transport { byPath[path] = nil }
        if case .tcp(let id) = path, let connection = connections.removeValue(forKey: id) { connection.close() }
    }
}

extension ICECandidate {
    /// The candidates of a lite agent: UDP first, then TCP that waits for the peer (RFC 8445 §5.1.2, RFC 6544 §4.2).
    static func hosts(_ addresses: [String], port: UInt16, withTCP: Bool) -> [ICECandidate] {
        var candidates: [ICECandidate] = []
        func add(_ transport: Transport, typePreference: UInt32) {
            for (index, address) in addresses.enumerated() {
                let local = UInt32(65_535 - min(index, 65_000))
                candidates.append(
                    ICECandidate(
                        foundation: "\(candidates.count + 1)", transport: transport,
                        priority: typePreference << 24 | local << 8 | 255, endpoint: .init(address, port), kind: .host))
            }
        }
        add(.udp, typePreference: 126)
        if withTCP { add(.tcp(.passive), typePreference: 90) }
        return candidates
    }
}
