import Primitives

@testable import SecureTransport

/// The real monotonic clock, which DTLS needs (OpenSSL's timer runs on its own).
func realNow() -> Instant {
    let elapsed = ContinuousClock.now - clockStart
    return Instant(
        nanoseconds: elapsed.components.seconds * 1_000_000_000 + elapsed.components.attoseconds / 1_000_000_000)
}

private let clockStart = ContinuousClock.now

/// Random bytes, the same for each seed.
func garbageBytes(_ counts: ClosedRange<Int>, _ random: inout SeededGenerator) -> [UInt8] {
    (0..<Int.random(in: counts, using: &random)).map { _ in .random(in: 0...255, using: &random) }
}

/// Two DTLS endpoints and a link between them that may lose, change or invent datagrams.
final class DTLSPair {
    let client: DTLSEndpoint
    let server: DTLSEndpoint
    /// What becomes of the datagram with this number (both directions counted together).
    var fate: (Int, [UInt8]) -> [[UInt8]] = { _, datagram in [datagram] }
    private(set) var datagrams: [[UInt8]] = []

    init(
        clientExpects: [CertificateFingerprint]? = nil, serverExpects: [CertificateFingerprint]? = nil,
        clientProfiles: [SRTPProfile] = SRTPProfile.allCases, serverProfiles: [SRTPProfile] = SRTPProfile.allCases,
        mtu: Int = 1200
    ) throws {
        let first = try Certificate.selfSigned()
        let second = try Certificate.selfSigned()
        client = try DTLSEndpoint(
            certificate: first, role: .client, expectedFingerprints: clientExpects ?? [second.fingerprint],
            profiles: clientProfiles, mtu: mtu)
        server = try DTLSEndpoint(
            certificate: second, role: .server, expectedFingerprints: serverExpects ?? [first.fingerprint],
            profiles: serverProfiles, mtu: mtu)
    }

    func start() {
        server.start(now: realNow())
        client.start(now: realNow())
    }

    /// Carries datagrams until neither end has one.
    func exchange() {
        var moved = true
        while moved {
            moved = carry(from: client, to: server)
            moved = carry(from: server, to: client) || moved
        }
    }

    /// Lets time pass and retransmissions happen until `done` or for ten seconds.
    func run(until done: (DTLSPair) -> Bool) {
        let end = realNow() + .seconds(10)
        exchange()
        while !done(self), realNow() < end {
            client.handleTimeout(now: realNow())
            server.handleTimeout(now: realNow())
            exchange()
        }
    }

    var bothConnected: Bool { client.keys != nil && server.keys != nil }

    private func carry(from sender: DTLSEndpoint, to receiver: DTLSEndpoint) -> Bool {
        var moved = false
        while let datagram = sender.pollTransmit() {
            moved = true
            datagrams.append(datagram)
            for changed in fate(datagrams.count - 1, datagram) { receiver.receive(changed, now: realNow()) }
        }
        return moved
    }
}

extension DTLSEndpoint {
    var keys: SRTPKeys? {
        if case .connected(let keys) = state { keys } else { nil }
    }
}
