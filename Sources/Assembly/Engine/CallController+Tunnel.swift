import Primitives
import Runtime
import SignalTransport

// TURN over TLS: libnice speaks TURN over TCP only, so that a tunnel of ours carries it (DESIGN §5).
extension CallController {
    func openTunnel(_ server: ResolvedICEServers.TURNOverTLS) {
        let trust: TLSTrust = configuration.certificateFile.map { .authorities(file: $0) } ?? .system
        TLSTunnel.open(loop: signalLoop, host: server.host, port: server.port, trust: trust) { [weak self] result in
            CallLoop.post {
                switch result {
                case .success(let port): server.ready(port)
                case .failure(let error):
                    self?.observer.event(.error(code: "ice-server", message: error.message, fatal: false))
                    server.ready(nil)
                }
            }
        }
    }
}
