import Primitives
import SDP
import STUN
import SecureTransport

/// The lite side of ICE for one transport (RFC 8445 §2.5): it answers checks and sends none.
struct LiteAgent {
    /// Passwords by the name under which they were given out. After a restart the former ones hold until a check comes
    /// under the new name.
    private(set) var passwords: [(name: String, password: String)] = []
    /// The peer's name, once its description told it; a check must name both.
    var remoteName: String?

    /// The peer has been silent when no check came for so long (RFC 7675 §5.1).
    static let patience = Duration.seconds(30)

    /// False where the name is known already.
    mutating func add(_ credentials: ICECredentials) -> Bool {
        guard !passwords.contains(where: { $0.name == credentials.ufrag }) else { return false }
        passwords.append((credentials.ufrag, credentials.password))
        return true
    }

    /// The names that are of no use any more, as a check came under `name`.
    mutating func retire(before name: String) -> [String] {
        guard let index = passwords.firstIndex(where: { $0.name == name }), index > 0 else { return [] }
        let old = passwords[..<index].map(\.name)
        passwords.removeFirst(index)
        return old
    }

    /// The answer to a Binding request, or nil where it is not authentic.
    func answer(_ request: STUNMessage, named name: String, from peer: TransportAddress) -> [UInt8]? {
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let password = passwords.last(where: { $0.name == parts[0] })?.password,
            remoteName == nil || parts[1] == remoteName ?? "" || passwords.count > 1
        else { return nil }
        let key = Array(password.utf8)
        let mac: ([UInt8]) -> [UInt8] = { HMAC.sha1(key: key, message: $0) }
        guard request.hasIntegrity(mac: mac, equal: constantTimeEqual) else { return nil }
        // A lite agent is controlled as long as the other side is a full one (RFC 8445 §6.1.1).
        guard !request.isFromControlled else {
            var refusal = STUNWriter(.error, transaction: request.transaction)
            refusal.addError(487, "Role Conflict")
            return refusal.finish(mac: mac)
        }
        var success = STUNWriter(.success, transaction: request.transaction)
        success.addMappedAddress(peer)
        return success.finish(mac: mac)
    }
}
