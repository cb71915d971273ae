import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Primitives

/// Why signalling does not work, in words a user can act upon.
package enum SignalError: Error, Equatable, Sendable {
    /// No name, no route, nobody listening, or a connection lost before it was of use.
    case unreachable(String)
    case timedOut(String)
    /// The server shows a certificate that is not trusted; `fingerprint` is its SHA-256.
    case untrustedCertificate(fingerprint: [UInt8], String)
    /// TLS failed for another reason.
    case tls(String)
    /// The server answered, with an HTTP status that is not what was asked for.
    case refused(status: Int, String)
    /// The other end does not speak the protocol.
    case protocolViolation(String)
    /// A certificate, key or list of authorities cannot be used.
    case unusableCredentials(String)
    /// The address cannot be listened on.
    case cannotListen(String)

    package var message: String {
        switch self {
        case .unreachable(let text), .timedOut(let text), .untrustedCertificate(_, let text), .tls(let text),
            .refused(_, let text), .protocolViolation(let text), .unusableCredentials(let text),
            .cannotListen(let text):
            text
        }
    }
}

extension SignalError {
    /// What went wrong while reaching `place`.
    init(_ error: any Error, reaching place: String) {
        switch error {
        case let error as SignalError: self = error
        case let error as NIOConnectionError: self = .init(connecting: error, place)
        case ChannelError.connectTimeout: self = .timedOut("\(place) does not answer")
        case let error as IOError: self = .unreachable("\(place): \(Self.text(error.errnoCode))")
        case let error as NIOSSLError: self = .tls("\(place): TLS failed (\(error))")
        case let error as BoringSSLError: self = .tls("\(place): TLS failed (\(error))")
        case ChannelError.eof, ChannelError.alreadyClosed, ChannelError.inputClosed, ChannelError.ioOnClosedChannel:
            self = .unreachable("\(place) closed the connection")
        default: self = .unreachable("\(place): \(error)")
        }
    }

    private init(connecting error: NIOConnectionError, _ place: String) {
        if let failure = error.connectionErrors.first {
            switch failure.error {
            case let failure as IOError: self = .unreachable("\(place): \(Self.text(failure.errnoCode))")
            case ChannelError.connectTimeout: self = .timedOut("\(place) does not answer")
            default: self = .unreachable("\(place): \(failure.error)")
            }
        } else {
            self = .unreachable("\(place): this name has no address")
        }
    }

    static func text(_ code: Int32) -> String { String(cString: strerror(code)).lowercased() }
}
