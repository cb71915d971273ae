import Primitives
import Testing

@testable import SecureTransport

struct DTLSEndpointTests {
    @Test func bothEndsGetTheSameKeysCrosswise() throws {
        let pair = try DTLSPair()
        pair.start()
        pair.exchange()
        let client = try #require(pair.client.keys)
        let server = try #require(pair.server.keys)
        #expect(client.profile == .aeadAES128GCM)
        #expect(client.local == server.remote && client.remote == server.local)
        #expect(client.local != client.remote)
        #expect(pair.client.nextDeadline == nil && pair.server.nextDeadline == nil)
    }

    @Test func whoRestsWakesWhenSomethingHappens() throws {
        let pair = try DTLSPair()
        pair.start()
        pair.exchange()
        for round in UInt8(0)..<3 {
            pair.client.rest()
            pair.server.rest()
            #expect(pair.client.send([1, 2, round]))
            pair.exchange()
            #expect(pair.server.pollReceived() == [1, 2, round])
        }
        pair.server.rest()
        pair.client.rest()
        pair.client.close()
        pair.exchange()
        #expect(pair.server.state == .closed)
    }

    @Test func aPeerWithoutGCMGetsCounterMode() throws {
        let old: [SRTPProfile] = [.aes128CMHMACSHA1_80]
        for (client, server) in [(old, SRTPProfile.allCases), (SRTPProfile.allCases, old)] {
            let pair = try DTLSPair(clientProfiles: client, serverProfiles: server)
            pair.start()
            pair.exchange()
            #expect(pair.client.keys?.profile == .aes128CMHMACSHA1_80)
            #expect(pair.client.keys?.local == pair.server.keys?.remote)
            #expect(pair.client.keys?.local.count == 30)
        }
    }

    @Test func withoutACommonProfileThereAreNoKeys() throws {
        let pair = try DTLSPair(clientProfiles: [.aes128CMHMACSHA1_80], serverProfiles: [.aeadAES128GCM])
        pair.start()
        pair.exchange()
        #expect(pair.client.state == .failed(.noSRTPProfile))
        #expect(pair.server.state == .failed(.noSRTPProfile))
    }

    @Test(arguments: [300, 600, 1200]) func noDatagramOfTheHandshakeExceedsTheMTU(mtu: Int) throws {
        let pair = try DTLSPair(mtu: mtu)
        pair.start()
        pair.exchange()
        #expect(pair.bothConnected)
        #expect(pair.datagrams.allSatisfy { $0.count <= mtu })
    }

    @Test(arguments: 0..<6) func recoversFromTheLossOfAnyDatagram(lost: Int) throws {
        let pair = try DTLSPair(mtu: 600)
        pair.fate = { number, datagram in number == lost ? [] : [datagram] }
        let begin = realNow()
        pair.start()
        pair.run { $0.bothConnected }
        #expect(pair.bothConnected)
        #expect(pair.client.keys?.local == pair.server.keys?.remote)
        #expect(realNow() - begin < .seconds(3))
    }

    @Test func survivesDuplicatesAndReordering() throws {
        let pair = try DTLSPair(mtu: 400)
        var held: [UInt8]?
        pair.fate = { number, datagram in
            if number % 3 == 1, held == nil {
                held = datagram
                return []
            }
            defer { held = nil }
            return [datagram, datagram] + (held.map { [$0] } ?? [])
        }
        pair.start()
        pair.run { $0.bothConnected }
        #expect(pair.bothConnected)
    }

    @Test func theFirstFlightIsRepeatedAfterATenthOfASecond() throws {
        let pair = try DTLSPair()
        let begin = realNow()
        pair.client.start(now: begin)
        let deadline = try #require(pair.client.nextDeadline)
        #expect(deadline - begin <= .milliseconds(101) && deadline - begin >= .milliseconds(80))
        #expect(pair.client.pollTransmit() != nil)
        #expect(pair.client.pollTransmit() == nil)
        while realNow() < deadline {}
        pair.client.handleTimeout(now: realNow())
        #expect(pair.client.pollTransmit() != nil)
        let next = try #require(pair.client.nextDeadline)
        #expect(next - realNow() > .milliseconds(150))
    }

    @Test func aClientRefusesAStrangersCertificate() throws {
        let stranger = try Certificate.selfSigned().fingerprint
        let pair = try DTLSPair(clientExpects: [stranger])
        pair.start()
        pair.exchange()
        #expect(pair.client.state == .failed(.fingerprintMismatch))
        #expect(pair.server.state == .failed(.refusedByPeer(alert: "bad certificate")))
        #expect(pair.client.nextDeadline == nil)
    }

    @Test func aServerRefusesAStrangersCertificate() throws {
        let stranger = try Certificate.selfSigned().fingerprint
        let pair = try DTLSPair(serverExpects: [stranger])
        pair.start()
        pair.exchange()
        #expect(pair.server.state == .failed(.fingerprintMismatch))
        #expect(pair.client.state == .failed(.refusedByPeer(alert: "bad certificate")))
        #expect(pair.server.keys == nil && pair.client.keys == nil)
        #expect(!pair.server.send([1, 2, 3]))
    }

    @Test func withoutAnyFingerprintNobodyIsTrusted() throws {
        let pair = try DTLSPair(clientExpects: [])
        pair.start()
        pair.exchange()
        #expect(pair.client.state == .failed(.fingerprintMismatch))
    }

    @Test func anyOfSeveralFingerprintsWillDo() throws {
        let pair = try DTLSPair()
        pair.client.expectedFingerprints.insert(try Certificate.selfSigned().fingerprint, at: 0)
        pair.start()
        pair.exchange()
        #expect(pair.bothConnected)
    }

    @Test func rolesAndFingerprintsMayBeDecidedLate() throws {
        let pair = try DTLSPair(clientExpects: [], serverExpects: [])
        let first = try Certificate.selfSigned()
        let second = try Certificate.selfSigned()
        let a = try DTLSEndpoint(certificate: first, role: .client)
        let b = try DTLSEndpoint(certificate: second, role: .client)
        b.role = .server
        a.expectedFingerprints = [second.fingerprint]
        b.expectedFingerprints = [first.fingerprint]
        a.start(now: realNow())
        let hello = try #require(a.pollTransmit())
        b.receive(hello, now: realNow())
        #expect(b.state == .idle && b.pollTransmit() == nil)
        b.start(now: realNow())
        b.receive(hello, now: realNow())
        #expect(b.pollTransmit() != nil)
        _ = pair
    }

    @Test func carriesMessagesBothWaysAndCloses() throws {
        let pair = try DTLSPair()
        pair.start()
        pair.exchange()
        for size in [1, 100, 1160] {
            let message = secureRandom(size)
            #expect(pair.client.send(message))
            pair.exchange()
            #expect(pair.server.pollReceived() == message)
            #expect(pair.server.send(message))
            pair.exchange()
            #expect(pair.client.pollReceived() == message)
        }
        #expect(pair.datagrams.allSatisfy { $0.count <= 1200 })
        pair.client.close()
        pair.exchange()
        #expect(pair.client.state == .closed && pair.server.state == .closed)
        #expect(!pair.client.send([1]))
    }

    @Test func garbageNeverTraps() throws {
        var random = SeededGenerator(seed: 11)
        for round in 0..<60 {
            let pair = try DTLSPair(mtu: 500)
            pair.fate = { number, datagram in
                var garbage = garbageBytes(1...200, &random)
                garbage[0] = UInt8.random(in: 20...63, using: &random)
                var changed = datagram
                for _ in 0..<(round % 4) {
                    changed[Int.random(in: 0..<changed.count, using: &random)] ^= .random(in: 1...255, using: &random)
                }
                let cut = Array(datagram.prefix(Int.random(in: 0...datagram.count, using: &random)))
                return [garbage, changed, cut, datagram]
            }
            pair.start()
            pair.exchange()
            #expect(pair.client.state != .idle)
        }
    }

    @Test func garbageDoesNotDisturbAConnection() throws {
        var random = SeededGenerator(seed: 3)
        let pair = try DTLSPair()
        pair.start()
        pair.exchange()
        for _ in 0..<500 {
            var garbage = garbageBytes(1...200, &random)
            garbage[0] = UInt8.random(in: 20...25, using: &random)
            pair.server.receive(garbage, now: realNow())
            pair.client.receive(garbage, now: realNow())
        }
        #expect(pair.client.send([7, 7]))
        pair.exchange()
        #expect(pair.server.pollReceived() == [7, 7])
        #expect(pair.bothConnected)
    }
}
