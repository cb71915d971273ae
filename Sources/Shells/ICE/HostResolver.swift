import Glibc
import Primitives
import Runtime

/// Looks names up by the system's resolver without blocking anybody.
package enum HostResolver {
    /// Numeric addresses of `name`, IPv4 first, on the loop; empty where nothing was found within `timeout`.
    @CallLoop
    package static func resolve(
        _ name: String, timeout: Duration, then handler: @escaping @CallLoop @Sendable ([String]) -> Void
    ) {
        let answered = AtomicFlag()
        let answer: @CallLoop @Sendable ([String]) -> Void = { addresses in
            guard !answered.isSet else { return }
            answered.set()
            handler(addresses)
        }
        if isNumeric(name) { return answer([name]) }
        let alarm = LoopTimer { _ in answer([]) }
        alarm.schedule(at: Clock.now() + timeout)
        // The system's resolver has no way to be called off: its thread ends when it ends.
        _ = JoinableThread(name: "resolver") {
            let addresses = lookUp(name)
            CallLoop.post {
                alarm.schedule(at: nil)
                answer(addresses)
            }
        }
    }

    private static func isNumeric(_ name: String) -> Bool {
        var address = in6_addr()  // large enough for both
        return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1
    }

    private static func lookUp(_ name: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var found: [(isIPv4: Bool, text: String)] = []
        var entry = list
        while let info = entry {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let status = getnameinfo(
                info.pointee.ai_addr, info.pointee.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
            if status == 0 {
                let numeric = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
                found.append((info.pointee.ai_family == AF_INET, numeric))
            }
            entry = info.pointee.ai_next
        }
        return found.filter(\.isIPv4).map(\.text) + found.filter { !$0.isIPv4 }.map(\.text)
    }
}
