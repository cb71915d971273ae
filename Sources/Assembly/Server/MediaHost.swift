import LiveKitRoom
import Logging
import MediaServer
import Primitives
import Runtime
import SecureTransport
import SignalTransport

/// The media server as the rest of the server holds it: what is done on the media loop is asked for from here.
final class MediaHost: Sendable {
    /// The UDP and TCP port of media.
    let port: Int
    /// The rooms, for other signalling that lives on the media loop.
    let rooms: MediaRooms
    /// Participants by LiveKit's protocol.
    let liveKit: LiveKitHost
    private let streams: LiveStreams

    /// Listens on the media port.
    init(_ configuration: ServerConfiguration, log: Logger) throws(ServerError) {
        let started = MediaLoop.run { () -> Result<(MediaRooms, LiveKitHost, LiveStreams, Int), MediaServerError> in
            do throws(MediaServerError) {
                let server = try MediaServer(.init(configuration), log: log)
                let rooms = MediaRooms(server: server)
                let streams = LiveStreams(rooms: rooms, iceServers: configuration.iceServers)
                let liveKit = LiveKitHost(.init(configuration), rooms: rooms, log: log)
                return .success((rooms, liveKit, streams, Int(server.port)))
            } catch {
                return .failure(error)
            }
        }
        switch started {
        case .success(let (rooms, liveKit, streams, port)):
            self.rooms = rooms
            self.liveKit = liveKit
            self.streams = streams
            self.port = port
        case .failure(let error): throw .cannotListen("media: \(error.message)")
        }
    }

    func respond(to request: LiveStreamRequest, _ answer: @escaping @Sendable (HTTPResponse) -> Void) {
        let streams = streams
        MediaLoop.post { answer(streams.respond(to: request)) }
    }

    /// Tells clients to come back, while there is still somebody to tell.
    func sayGoodbye() {
        MediaLoop.run { [liveKit] in liveKit.sayGoodbye() }
    }

    /// The numbers of media in Prometheus' text format.
    func metrics(_ answer: @escaping @Sendable (String) -> Void) {
        let rooms = rooms
        let streams = streams
        let liveKit = liveKit
        MediaLoop.post {
            let signalling = liveKit.service.counts
            answer(MediaMetrics.text(of: rooms, streams: streams.count, signalling: signalling))
        }
    }

    /// Ends all media; returns when the ports are free.
    func stop() {
        let rooms = rooms
        let streams = streams
        let liveKit = liveKit
        MediaLoop.run {
            liveKit.stop()
            streams.stop()
            rooms.stop()
        }
    }
}

extension MediaServer.Configuration {
    /// Media is reachable where signalling is.
    fileprivate init(_ configuration: ServerConfiguration) {
        self.init()
        port = configuration.effectiveRTCPort
        let loopback = ["127.0.0.1", "::1"]
        if configuration.isLoopback {
            addresses = loopback
        } else if configuration.listensEverywhere {
            addresses = reachableAddresses() + loopback
        } else {
            addresses = [configuration.host]
        }
        if let announced = configuration.nodeAddress { announcedAddresses = [announced] }
    }
}

extension LiveKitService.Configuration {
    fileprivate init(_ configuration: ServerConfiguration) {
        self.init()
        iceServers = configuration.iceServers
        maximumParticipants = configuration.maximumParticipants
        unixMillisecondsAtZero = (Clock.wallNanoseconds() - Clock.now().nanoseconds) / 1_000_000
        seed = secureRandom(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
