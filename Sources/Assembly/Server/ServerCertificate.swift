import Glibc
import Primitives
import Runtime
import SecureTransport
import SignalTransport

extension TLSIdentity {
    /// The identity that a configuration asks for, or nil where it wants no TLS.
    static func forServer(_ configuration: ServerConfiguration) throws(ServerError) -> TLSIdentity? {
        switch configuration.tls {
        case .none: return nil
        case .automatic:
            let names =
                ["localhost", "127.0.0.1", "::1"] + [hostName()].compactMap { $0 } + reachableAddresses()
                + [configuration.nodeAddress].compactMap { $0 }
            return try kept(in: configuration.folders.data, names: names)
        case .files(let certificate, let key):
            return try identity(try text(of: certificate), try text(of: key), "\(certificate), \(key)")
        }
    }

    /// The self-signed certificate in `folder`, made where there is none or it has expired. It stays the same when the
    /// machine's addresses change, since those who were invited hold on to its fingerprint.
    private static func kept(in folder: String, names: [String]) throws(ServerError) -> TLSIdentity {
        let path = folder + "/server.pem"
        if let text = try PrivateFile.read(path), let kept = try? Certificate(pem: text, key: text),
            kept.expiry > Clock.wallNanoseconds() / 1_000_000_000
        {
            return try identity(kept.pem, kept.privateKeyPEM, path)
        }
        let tenYears = Duration.seconds(3_650 * 86_400)
        let made: Certificate
        do throws(CertificateError) {
            made = try Certificate.selfSigned(names: unique(names), validity: tenYears)
        } catch {
            throw .cannotWrite("no certificate can be made: \(error)")
        }
        try PrivateFile.makeFolder(folder)
        try PrivateFile.write(made.pem + made.privateKeyPEM, to: path)
        return try identity(made.pem, made.privateKeyPEM, path)
    }

    private static func identity(_ certificate: String, _ key: String, _ path: String) throws(ServerError)
        -> TLSIdentity
    {
        do {
            return try TLSIdentity(certificatesPEM: certificate, privateKeyPEM: key)
        } catch {
            throw .cannotRead("\(path): \(error.message)")
        }
    }

    private static func text(of path: String) throws(ServerError) -> String {
        guard let text = try PrivateFile.read(path) else { throw .cannotRead("\(path): no such file") }
        return text
    }

    private static func unique(_ names: [String]) -> [String] {
        var seen = Set<String>()
        return names.filter { seen.insert($0).inserted }
    }
}

/// This machine's name, where it has one that a certificate can carry.
func hostName() -> String? {
    var system = utsname()
    guard uname(&system) == 0 else { return nil }
    let name = withUnsafeBytes(of: &system.nodename) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        .lowercased()
    let isPlain = name.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
            UInt8(ascii: "."):
            true
        default: false
        }
    }
    return !name.isEmpty && isPlain ? name : nil
}
