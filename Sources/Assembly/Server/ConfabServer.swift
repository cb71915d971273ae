import Logging
import Primitives
import RoomService
import Runtime
import SecureTransport
import Signalling
import SignalTransport

/// A running server: `confab serve`, or the one inside `confab host` and `confab demo`.
package final class ConfabServer: Sendable {
    /// What the `listening` event tells.
    package struct Listening: Hashable, Sendable {
        /// Where this machine reaches it: loopback wherever the server listens there.
        package var local: ServerAddress
        /// Where others reach it, one for each of this machine's addresses; `local` alone on loopback.
        package var addresses: [ServerAddress]
        package var port: Int
        /// Of media, UDP and TCP.
        package var rtcPort: Int
        /// SHA-256 of a self-signed certificate, which links carry.
        package var fingerprint: [UInt8]?

        /// The address to tell people first.
        package var url: String { (addresses.first ?? local).httpURL }
    }

    package let listening: Listening
    /// Whether anyone who reaches the server may join.
    package let isOpen: Bool
    private let loop: SignalLoop
    private let http: HTTPServer
    private let core: LoopConfined<ServerCore>
    private let admission: Admission
    private let media: MediaHost

    private init(
        listening: Listening, loop: SignalLoop, http: HTTPServer, core: LoopConfined<ServerCore>, media: MediaHost,
        admission: Admission
    ) {
        self.media = media
        self.listening = listening
        self.loop = loop
        self.http = http
        self.core = core
        self.admission = admission
        isOpen = admission.isOpen
    }

    /// Starts a server on a thread of its own and returns when it listens.
    package static func start(
        _ configuration: ServerConfiguration, log: Logger = Logger(label: "server")
    ) throws(ServerError) -> ConfabServer {
        let configuration = try configuration.completed { Hex.encode(secureRandom(32)) }
        let identity = try TLSIdentity.forServer(configuration)
        let memory = recall(in: configuration.folders.state, log)
        let admission = Admission(keys: configuration.keys, ownSecret: memory.key(for: "tokens"))
        let gatekeeper = Gatekeeper(
            hosts: ownNames(configuration), allowedOrigins: configuration.allowedOrigins, hasKeys: !admission.isOpen)
        let media = try MediaHost(configuration, log: Logger(label: "media"))
        let loop = SignalLoop()
        do throws(ServerError) {
            let core = confined(to: loop) {
                ServerCore(
                    configuration, memory: memory, admission: admission, gatekeeper: gatekeeper, media: media, log: log,
                    loop: loop)
            }
            media.liveKit.report { report in loop.execute { core.value.handle(report) } }
            let http = try listen(configuration, identity, loop, core)
            let listening = Listening(configuration, port: http.port, rtcPort: media.port, identity: identity)
            log.info("listening", metadata: ["url": "\(listening.url)"])
            return ConfabServer(
                listening: listening, loop: loop, http: http, core: core, media: media, admission: admission)
        } catch {
            loop.shutDown()
            media.stop()
            throw error
        }
    }

    /// Ends every connection, without telling anybody that anybody left: clients come back when the server does. Not to
    /// be called on the server's own thread.
    package func stop() {
        media.sayGoodbye()
        http.stop()
        try? loop.run { [core] in core.value.end() }
        loop.shutDown()
        media.stop()
    }
}

// MARK: - What its owner may do

extension ConfabServer {
    /// A token without identity, to be handed to people in links.
    package func mintInvitation(to room: RoomName, lifetime: Duration? = nil) -> String {
        let lifetime = lifetime.map { $0.nanoseconds / 1_000_000_000 } ?? Admission.invitationLifetime
        return admission.invitation(to: room, now: now, lifetime: lifetime)
    }

    /// A personal token, for a fresh identity where none is given. An administrator may admit, remove and mute others,
    /// and end the room.
    package func mintToken(
        for room: RoomName, identity: String? = nil, name: String, isAdmin: Bool = false, lifetime: Duration? = nil
    ) -> String {
        let lifetime = lifetime.map { $0.nanoseconds / 1_000_000_000 } ?? Admission.personalLifetime
        var grants = AccessToken.Grants(room: room.text, roomJoin: true)
        grants.roomAdmin = isAdmin
        return admission.sign(
            AccessToken(
                issuer: "", identity: identity ?? Admission.freshIdentity(), name: name, notBefore: now,
                expires: now + lifetime, grants: grants))
    }

    /// Links to a room, one for each address; with an invitation where one is needed.
    package func links(to room: RoomName) -> [JoinLink] {
        let invitation = isOpen ? nil : mintInvitation(to: room)
        return listening.addresses.map { link(to: room, at: $0, invitation: invitation) }
    }

    /// The link by which this machine joins.
    package func localLink(to room: RoomName) -> JoinLink {
        link(to: room, at: listening.local, invitation: isOpen ? nil : mintInvitation(to: room))
    }

    package func link(to room: RoomName, at address: ServerAddress, invitation: String?) -> JoinLink {
        JoinLink(target: .confab(address, room), invitation: invitation, fingerprint: listening.fingerprint)
    }

    /// Ends a room for all: everybody is told `room-closed`. Returns when that is on its way.
    package func closeRoom(_ room: RoomName) {
        try? loop.run { [core] in core.value.close(room) }
        MediaLoop.run { [media] in media.liveKit.close(room.text) }
    }

    /// Takes keys and certificate of a configuration that was read again; calls go on. Nothing changes where it throws.
    package func reload(_ configuration: ServerConfiguration) throws(ServerError) {
        let identity = try TLSIdentity.forServer(configuration)
        if let identity {
            do throws(SignalError) {
                try http.replace(identity)
            } catch {
                throw .cannotRead(error.message)
            }
        }
        admission.replaceKeys(configuration.keys)
    }

    /// Throws somebody out of a room.
    package func remove(_ identity: String, from room: RoomName) {
        try? loop.run { [core] in core.value.remove(identity, from: room) }
        MediaLoop.run { [media] in media.liveKit.remove(identity, from: room.text) }
    }

    package func participants(of room: RoomName) -> [MeshPeer] {
        (try? loop.run { [core] in core.value.rooms.participants(of: room.text) }) ?? []
    }

    private var now: Int64 { Clock.wallNanoseconds() / 1_000_000_000 }
}

// MARK: - Starting

extension ConfabServer {
    private static func recall(in folder: String, _ log: Logger) -> ServerMemory {
        do {
            return try ServerMemory.recall(in: folder)
        } catch {
            log.warning(
                "calls will not survive a restart of the server, as nothing can be kept: \(error.message)")
            return .forgetful()
        }
    }

    private static func confined(
        to loop: SignalLoop, _ make: @escaping @Sendable () -> ServerCore
    ) -> LoopConfined<ServerCore> {
        // `run` throws what its body throws, and this one does not.
        try! loop.run { LoopConfined(make(), on: loop) }
    }

    private static func listen(
        _ configuration: ServerConfiguration, _ identity: TLSIdentity?, _ loop: SignalLoop,
        _ core: LoopConfined<ServerCore>
    ) throws(ServerError) -> HTTPServer {
        var http = HTTPServer.Configuration()
        http.host = configuration.host
        http.port = configuration.port
        http.identity = identity
        do throws(SignalError) {
            return try HTTPServer.start(on: loop, configuration: http, service: core)
        } catch {
            // A machine without IPv6 cannot listen on "::", which --lan asks for.
            guard configuration.lan, http.host == "::" else { throw .cannotListen(error.message) }
        }
        http.host = "0.0.0.0"
        do throws(SignalError) {
            return try HTTPServer.start(on: loop, configuration: http, service: core)
        } catch {
            throw .cannotListen(error.message)
        }
    }

    /// The names under which a server without keys answers.
    private static func ownNames(_ configuration: ServerConfiguration) -> [String] {
        var names = ["localhost", "127.0.0.1", "::1", configuration.host]
        if let address = configuration.nodeAddress { names.append(address) }
        guard !configuration.isLoopback else { return names }
        names += reachableAddresses()
        if let name = hostName() { names += [name, name.prefix { $0 != "." } + ".local"] }
        return names
    }
}

extension ConfabServer.Listening {
    fileprivate init(_ configuration: ServerConfiguration, port: Int, rtcPort: Int, identity: TLSIdentity?) {
        let isSecure = identity != nil
        func address(_ host: String) -> ServerAddress { .init(isSecure: isSecure, host: host, port: port) }
        let others = [configuration.nodeAddress].compactMap { $0 } + reachableAddresses()
        local = address(configuration.listensEverywhere ? "127.0.0.1" : configuration.host)
        addresses = configuration.listensEverywhere && !others.isEmpty ? others.map(address) : [local]
        self.port = port
        self.rtcPort = rtcPort
        if case .automatic = configuration.tls { fingerprint = identity?.fingerprint }
    }
}

extension RoomService {
    init(configuration: Configuration, resumeKey: [UInt8]) {
        self.init(configuration: configuration, mac: { HMAC.sha256(key: resumeKey, message: $0) })
    }
}
