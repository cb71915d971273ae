import Glibc
import Primitives
import Runtime
import SecureTransport
import SignalTransport
import Signalling

/// What others have to be asked for: addresses, STUN servers, a confab server.
enum NetworkChecks {
    static func addresses() -> [Finding] {
        let addresses = reachableAddresses()
        guard !addresses.isEmpty else {
            return [
                Finding(
                    "network", "addresses", .warning, "loopback only", advice: "calls reach nobody but this machine")
            ]
        }
        return [Finding("network", "addresses", .fine, addresses.joined(separator: " "))]
    }

    /// Asks each `stun:` or `turn:` server that answers over UDP who we are (RFC 8489 §6).
    static func iceServers(_ urls: [String]) -> [Finding] {
        guard !urls.isEmpty else {
            return [
                Finding(
                    "network", "ICE servers", .fine, "none configured; the server may name some",
                    advice: "where people sit behind NATs, a TURN server helps: --ice-server turn:user:password@host")
            ]
        }
        return urls.map { text in
            guard let url = ICEServer(parsing: text)?.urls.first else {
                return Finding(
                    "network", "ICE server", .failure, "not understood", advice: "stun:HOST or turn:USER:PASSWORD@HOST")
            }
            return ask(url)
        }
    }

    private static func ask(_ url: String) -> Finding {
        let scheme = url.prefix { $0 != ":" }
        guard ["stun", "turn"].contains(scheme), !url.includes("transport=tcp") else {
            return Finding("network", url, .fine, "reached over TCP or TLS only; not asked")
        }
        let rest = url.dropFirst(scheme.count + 1).prefix { $0 != "?" }
        let parts = rest.split(separator: ":")
        guard parts.count <= 2, let host = parts.first else { return Finding("network", url, .fine, "not asked") }
        guard let milliseconds = STUNProbe.roundTrip(String(host), port: parts.count == 2 ? String(parts[1]) : "3478")
        else {
            return Finding(
                "network", url, .failure, "no answer within 2 s",
                advice: "is the name right, and does a firewall let UDP through?")
        }
        return Finding("network", url, .fine, "answers in \(milliseconds) ms")
    }

    /// The server of a link, as a client would reach it.
    static func server(_ link: JoinLink?, certificateFile: String?) -> [Finding] {
        guard let link else {
            return [
                Finding(
                    "server", "server", .fine, "none given",
                    advice: "confab doctor LINK asks one; server = \"https://…\" in the configuration names a default")
            ]
        }
        guard case .confab(let address, _) = link.target else {
            return [Finding("server", "server", .fine, "\(link.text) is no confab server; not asked")]
        }
        let trust: TLSTrust =
            link.fingerprint.map { .fingerprint($0) } ?? certificateFile.map { .authorities(file: $0) } ?? .system
        let loop = SignalLoop()
        defer { loop.shutDown() }
        let began = Clock.now()
        let answer = Mailbox<Result<HTTPResponse, SignalError>>(capacity: 1, overflow: .dropNewest)
        SignalClient(loop: loop, configuration: .init(trust: trust)).request(
            "GET", SignalURL(server: address, path: "/healthz"), headers: [], body: []
        ) { answer.put($0) }
        switch answer.take(until: began + .seconds(15)) {
        case .success(let response)? where response.status == 200:
            let took = (Clock.now() - began).milliseconds
            let secure = address.isSecure ? "" : address.isLoopback ? "" : "; without TLS, browsers give no camera"
            return [Finding("server", address.httpURL, .fine, "answers in \(took) ms\(secure)")]
        case .success(let response)?:
            return [
                Finding(
                    "server", address.httpURL, .failure, "answers \(response.status)",
                    advice: "is this a confab server?")
            ]
        case .failure(let error)?:
            return [
                Finding(
                    "server", address.httpURL, .failure, error.message,
                    advice: "is it running (confab serve), and is the address right?")
            ]
        case nil:
            return [
                Finding("server", address.httpURL, .failure, "no answer within 15 s", advice: "is a firewall between?")
            ]
        }
    }
}

/// One Binding request over UDP.
enum STUNProbe {
    /// Milliseconds until the answer; nil where none came within two seconds.
    static func roundTrip(_ host: String, port: String) -> Int? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, port, &hints, &found) == 0, let address = found else { return nil }
        defer { freeaddrinfo(found) }
        let descriptor = socket(address.pointee.ai_family, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        // Type Binding request, no attributes, the magic cookie, 96 random bits.
        let transaction = secureRandom(12)
        let request: [UInt8] = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42] + transaction
        let began = Clock.now()
        for attempt in 1...4 {
            sendto(descriptor, request, request.count, 0, address.pointee.ai_addr, address.pointee.ai_addrlen)
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wait, 1, Int32(attempt * 200)) > 0 else { continue }
            var answer = [UInt8](repeating: 0, count: 1_500)
            let count = recv(descriptor, &answer, answer.count, 0)
            if count >= 20, answer[0] == 1, answer[8..<20].elementsEqual(transaction) {
                return Int((Clock.now() - began).milliseconds)
            }
        }
        return nil
    }
}
