import LiveKitRoom
import MediaServer
import Runtime

/// What can be told of media without asking anybody's name (Prometheus' text format).
@MediaLoop
enum MediaMetrics {
    static func text(of rooms: MediaRooms, streams: Int, signalling: LiveKitService.Counts) -> String {
        let server = rooms.server
        let counters = server.counters
        let sockets = server.socketCounters
        let transports = rooms.rooms.values.flatMap(\.router.transports)
        let consumers = transports.flatMap(\.consumers)
        let rows: [Row] = [
            .gauge("media_rooms", "Rooms whose media goes through the server.", rooms.rooms.count),
            .gauge("media_transports", "Peer connections with the server.", transports.count),
            .gauge("media_producers", "Tracks published.", transports.reduce(0) { $0 + $1.producers.count }),
            .gauge("media_consumers", "Tracks on their way to subscribers.", consumers.count),
            .gauge("media_stream_sessions", "WHIP and WHEP sessions.", streams),
            .counter("media_datagrams_received_total", "Datagrams received.", sockets.received),
            .counter("media_datagrams_sent_total", "Datagrams sent.", sockets.sent),
            .counter("media_received_bytes_total", "Bytes received.", sockets.bytesReceived),
            .counter("media_sent_bytes_total", "Bytes sent.", sockets.bytesSent),
            .counter("media_datagrams_unsent_total", "Datagrams that the system did not take.", sockets.unsent),
            .counter("media_send_calls_total", "System calls to send.", sockets.sendCalls),
            .counter("media_receive_calls_total", "System calls to receive.", sockets.receiveCalls),
            .counter("media_bad_checks_total", "Connectivity checks refused.", counters.badChecks),
            .counter(
                "media_strangers_handshakes_total", "DTLS records from addresses that no check has validated.",
                counters.strangersHandshakes),
            .counter("media_strangers_media_total", "Media from such addresses.", counters.strangersMedia),
            .counter("media_unknown_datagrams_total", "Datagrams of no known kind.", counters.unknown),
            .counter("media_transports_total", "Peer connections since the start.", counters.transportsMade),
            .counter("media_handshakes_failed_total", "Handshakes that failed.", counters.handshakesFailed),
            .counter("media_connections_refused_total", "TCP connections refused.", counters.connectionsRefused),
            .counter(
                "media_unread_total", "Packets for peers that do not read their TCP connections.", counters.unread),
            .counter("rtc_malformed_total", "LiveKit messages that could not be used.", signalling.malformed),
            .counter("rtc_too_many_total", "LiveKit clients that said too much at once.", signalling.tooMany),
            .counter("rtc_not_allowed_total", "Data packets without the grant for them.", signalling.notAllowed),
            .gauge(
                "media_retransmitted_packets", "Packets sent again to the subscribers that are here.",
                consumers.reduce(0) { $0 + $1.packetsRepeated }),
        ]
        return rows.map(\.text).joined()
    }

    private struct Row {
        let name: String
        let help: String
        let type: String
        let value: Int

        static func gauge(_ name: String, _ help: String, _ value: Int) -> Row {
            Row(name: name, help: help, type: "gauge", value: value)
        }

        static func counter(_ name: String, _ help: String, _ value: Int) -> Row {
            Row(name: name, help: help, type: "counter", value: value)
        }

        var text: String {
            "# HELP confab_\(name) \(help)\n# TYPE confab_\(name) \(type)\nconfab_\(name) \(value)\n"
        }
    }
}
