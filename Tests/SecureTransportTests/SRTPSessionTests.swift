import Primitives
import Testing

@testable import SecureTransport

struct SRTPSessionTests {
    private static func pair(_ profile: SRTPProfile) throws -> (SRTPSession, SRTPSession) {
        let length = profile.keyLength + profile.saltLength
        let (a, b) = (secureRandom(length), secureRandom(length))
        return (
            try SRTPSession(keys: SRTPKeys(profile: profile, local: a, remote: b)),
            try SRTPSession(keys: SRTPKeys(profile: profile, local: b, remote: a))
        )
    }

    private static func rtp(_ sequence: UInt16, ssrc: UInt32 = 77, payload: Int = 100) -> [UInt8] {
        var packet: [UInt8] = [0x80, 96]
        packet.appendU16(sequence)
        packet.appendU32(1234)
        packet.appendU32(ssrc)
        return packet + (0..<payload).map { UInt8(truncatingIfNeeded: $0) }
    }

    /// A receiver report without blocks.
    private static let rtcp: [UInt8] = [0x80, 201, 0, 1, 0, 0, 0, 77]

    @Test(arguments: SRTPProfile.allCases) func packetsSurviveBothWays(profile: SRTPProfile) throws {
        let (left, right) = try Self.pair(profile)
        for (sender, receiver) in [(left, right), (right, left)] {
            for sequence in UInt16(65_500)...65_535 {
                let plain = Self.rtp(sequence, payload: Int(sequence) % 1100)
                var packet = plain
                try sender.protectRTP(&packet)
                #expect(packet.count == plain.count + profile.tagLength)
                #expect(packet[..<12] == plain[..<12])
                try receiver.unprotectRTP(&packet)
                #expect(packet == plain)
            }
            var report = Self.rtcp
            try sender.protectRTCP(&report)
            #expect(report.count == 8 + 4 + profile.tagLength)
            try receiver.unprotectRTCP(&report)
            #expect(report == Self.rtcp)
        }
    }

    /// What lies behind a key in memory plays no part.
    @Test(arguments: SRTPProfile.allCases) func anyKeysWork(profile: SRTPProfile) throws {
        for number in UInt16(1)...200 {
            let (left, right) = try Self.pair(profile)
            let plain = Self.rtp(number)
            var packet = plain
            var report = Self.rtcp
            try left.protectRTP(&packet)
            try left.protectRTCP(&report)
            try right.unprotectRTP(&packet)
            try right.unprotectRTCP(&report)
            #expect(packet == plain && report == Self.rtcp)
        }
    }

    @Test func aRepeatMayBeSentInCounterMode() throws {
        let (left, _) = try Self.pair(.aes128CMHMACSHA1_80)
        var first = Self.rtp(10)
        try left.protectRTP(&first)
        var again = Self.rtp(10)
        try left.protectRTP(&again)
        #expect(first == again)
    }

    @Test func noNumberIsUsedTwiceByGCM() throws {
        let (left, _) = try Self.pair(.aeadAES128GCM)
        // Late ones are not used yet; 3000 is too old to tell.
        for sequence: UInt16 in [3000, 5000, 4500, 4900, 5001] {
            var packet = Self.rtp(sequence)
            try left.protectRTP(&packet)
        }
        for sequence: UInt16 in [3000, 5000, 4500, 4900, 5001, 3500] {
            var packet = Self.rtp(sequence, payload: 90)
            #expect(throws: SRTPError.malformed) { try left.protectRTP(&packet) }
            #expect(packet == Self.rtp(sequence, payload: 90), "it is left as it was")
        }
        for sequence: UInt16 in [5, 65_535, 6] {
            var other = Self.rtp(sequence, ssrc: 78)
            try left.protectRTP(&other)
        }
    }

    @Test func aRepetitionByGCMIsTheSamePacket() throws {
        let (left, _) = try Self.pair(.aeadAES128GCM)
        let plain = Self.rtp(10)
        let sent = (0..<2).map { attempt in
            var packet = plain + [UInt8](repeating: 0, count: SRTPSession.spareBytes)
            let count = packet.withUnsafeMutableBytes {
                left.protectRTP($0, count: plain.count, isRepetition: attempt == 1)
            }
            return Array(packet.prefix(count ?? 0))
        }
        #expect(sent[0].count == plain.count + 16 && sent[0] == sent[1])
    }

    @Test(arguments: [UInt64(1), 63, 64, 1023, 1024, 5000]) func theWindowOfWhatWasSentMovesOn(step: UInt64) {
        var window = SentWindow(first: 70_000)
        for number in stride(from: 70_000 + step, through: 70_000 + 20 * step, by: Int(step)) {
            let taken = [number, number, number - step].map { window.insert($0) }
            #expect(taken == [true, false, false], "a new one, the same again, the one before")
            let leftOut = window.insert(number - 1)
            #expect(step == 1 || leftOut)
        }
    }

    @Test(arguments: SRTPProfile.allCases) func aReplayIsRefused(profile: SRTPProfile) throws {
        let (left, right) = try Self.pair(profile)
        var first = Self.rtp(10)
        try left.protectRTP(&first)
        var again = first
        try right.unprotectRTP(&first)
        #expect(throws: SRTPError.replayed) { try right.unprotectRTP(&again) }
        var report = Self.rtcp
        try left.protectRTCP(&report)
        var copy = report
        try right.unprotectRTCP(&report)
        #expect(throws: SRTPError.replayed) { try right.unprotectRTCP(&copy) }
    }

    @Test(arguments: SRTPProfile.allCases) func theWindowHoldsAThousandPackets(profile: SRTPProfile) throws {
        let (left, right) = try Self.pair(profile)
        var packets = try (UInt16(0)..<2000).map { sequence in
            var packet = Self.rtp(sequence)
            try left.protectRTP(&packet)
            return packet
        }
        try right.unprotectRTP(&packets[0])
        try right.unprotectRTP(&packets[1500])
        try right.unprotectRTP(&packets[600])
        #expect(throws: SRTPError.replayed) { try right.unprotectRTP(&packets[400]) }
    }

    @Test(arguments: SRTPProfile.allCases) func aChangedByteIsNoticed(profile: SRTPProfile) throws {
        let (left, right) = try Self.pair(profile)
        var packet = Self.rtp(10, payload: 40)
        try left.protectRTP(&packet)
        // Version and header layout are left alone: those are malformed rather than forged.
        for index in packet.indices.dropFirst(1) {
            var changed = packet
            changed[index] ^= 1
            #expect(throws: SRTPError.self) { try right.unprotectRTP(&changed) }
        }
        var report = Self.rtcp
        try left.protectRTCP(&report)
        for index in report.indices {
            var changed = report
            changed[index] ^= 4
            #expect(throws: SRTPError.self) { try right.unprotectRTCP(&changed) }
        }
        try right.unprotectRTP(&packet)
        try right.unprotectRTCP(&report)
    }

    @Test(arguments: SRTPProfile.allCases) func anotherSessionsPacketsAreRefused(profile: SRTPProfile) throws {
        let (left, _) = try Self.pair(profile)
        let (_, stranger) = try Self.pair(profile)
        var packet = Self.rtp(1)
        try left.protectRTP(&packet)
        #expect(throws: SRTPError.authenticationFailed) { try stranger.unprotectRTP(&packet) }
    }

    @Test(arguments: SRTPProfile.allCases) func garbageAndStumpsNeverTrap(profile: SRTPProfile) throws {
        let (left, right) = try Self.pair(profile)
        var random = SeededGenerator(seed: 5)
        for length in 0..<80 {
            for _ in 0..<50 {
                var packet = garbageBytes(length...length, &random)
                if length > 0, Bool.random(using: &random) { packet[0] = packet[0] & 0x3f | 0x80 }
                var copy = packet
                #expect(throws: SRTPError.self) { try right.unprotectRTP(&packet) }
                #expect(throws: SRTPError.self) { try right.unprotectRTCP(&copy) }
            }
        }
        var whole = Self.rtp(1)
        try left.protectRTP(&whole)
        for count in 0..<whole.count {
            var stump = Array(whole.prefix(count))
            #expect(throws: SRTPError.self) { try right.unprotectRTP(&stump) }
        }
        for count in 0..<12 {
            var stump = Array(Self.rtp(1).prefix(count))
            #expect(throws: SRTPError.tooShort) { try left.protectRTP(&stump) }
        }
        // Headers that promise more than there is.
        for first in UInt8(0x80)...0xbf {
            var packet = Self.rtp(2, payload: 0)
            packet[0] = first
            try? left.protectRTP(&packet)
        }
    }

    @Test func sourcesAreBounded() throws {
        let (left, right) = try Self.pair(.aeadAES128GCM)
        for ssrc in UInt32(1)...1024 {
            var packet = Self.rtp(1, ssrc: ssrc)
            try left.protectRTP(&packet)
            try right.unprotectRTP(&packet)
        }
        var packet = Self.rtp(1, ssrc: 5000)
        try left.protectRTP(&packet)
        #expect(throws: SRTPError.tooManySources) { try right.unprotectRTP(&packet) }
        var known = Self.rtp(2, ssrc: 7)
        try left.protectRTP(&known)
        try right.unprotectRTP(&known)
    }

    @Test func roomInTheArrayAvoidsACopy() throws {
        let (left, _) = try Self.pair(.aeadAES128GCM)
        var packet: [UInt8] = []
        packet.reserveCapacity(1200 + SRTPSession.spareBytes)
        packet += Self.rtp(1, payload: 1100)
        let before = packet.withUnsafeBytes { $0.baseAddress }
        try left.protectRTP(&packet)
        #expect(packet.withUnsafeBytes { $0.baseAddress } == before)
    }

    @Test func keysDoNotShowInALog() {
        let keys = SRTPKeys(
            profile: .aeadAES128GCM, local: [UInt8](repeating: 0xab, count: 28),
            remote: [UInt8](repeating: 0xab, count: 28))
        #expect("\(keys)" == "SRTPKeys(aeadAES128GCM)")
        #expect(!String(reflecting: DTLSEndpoint.State.connected(keys)).contains("171"))
    }
}

/// Our own transforms against libsrtp's, which opens what they made.
struct ProtectorTests {
    /// Two wraps of the number, contributing sources, extensions, no payload, and one packet that is late.
    private static let packets = ((0..<1_400).map { 65_000 + $0 * 97 } + [65_000 + 1_399 * 97 - 3])
        .map { number in
            var plain: [UInt8] = [0x92, 96]
            plain.appendU16(UInt16(truncatingIfNeeded: number))
            plain.appendU32(5)
            plain.appendU32(0xdead_beef)
            plain += [1, 2, 3, 4, 5, 6, 7, 8, 0xbe, 0xde, 0, 1, 0x10, 9, 0, 0]
            return plain + [UInt8](repeating: 7, count: number % 900)
        }

    /// Lets one side protect a packet and the other open it; answers what came out.
    private static func pass(
        _ plain: [UInt8], protect: (UnsafeMutableRawBufferPointer, Int) throws -> Int?,
        open: (UnsafeMutableRawBufferPointer) throws -> Int
    ) throws -> [UInt8] {
        var packet = plain + [UInt8](repeating: 0, count: SRTPSession.spareBytes)
        return try packet.withUnsafeMutableBytes { buffer in
            let sealed = try protect(buffer, plain.count) ?? 0
            let opened = try open(UnsafeMutableRawBufferPointer(rebasing: buffer[..<sealed]))
            return Array(buffer[..<opened])
        }
    }

    @Test func libsrtpOpensCounterMode() throws {
        let key = secureRandom(30)
        guard var protector = CounterModeProtector(key: key) else { throw SRTPError.malformed }
        let receiver = try SRTPContext(.receivingMedia, key: key, profile: .aes128CMHMACSHA1_80)
        for plain in Self.packets {
            let opened = try Self.pass(plain) {
                protector.protect($0, count: $1)
            } open: {
                try receiver.transform($0, count: $0.count)
            }
            #expect(opened == plain)
        }
    }

    @Test func libsrtpOpensGCM() throws {
        let key = secureRandom(28)
        guard var protector = GCMProtector(key: key) else { throw SRTPError.malformed }
        let receiver = try SRTPContext(.receivingMedia, key: key, profile: .aeadAES128GCM)
        for plain in Self.packets {
            let opened = try Self.pass(plain) {
                protector.protect($0, count: $1)
            } open: {
                try receiver.transform($0, count: $0.count)
            }
            #expect(opened == plain)
        }
    }

    private static let reports = (0..<300).map { number in
        let source = [0xde, 0xad, 0xbe, UInt8(number % 3)]
        let blocks = [UInt8](repeating: 9, count: 4 * (number % 60))
        return [0x81, 201, 0, UInt8(number % 60 + 1)] + source + blocks
    }

    @Test func libsrtpOpensReportsByGCM() throws {
        let key = secureRandom(28)
        guard var protector = GCMProtector(key: key) else { throw SRTPError.malformed }
        let receiver = try SRTPContext(.receivingControl, key: key, profile: .aeadAES128GCM)
        for plain in Self.reports {
            let opened = try Self.pass(plain) {
                protector.protectControl($0, count: $1)
            } open: {
                try receiver.transform($0, count: $0.count)
            }
            #expect(opened == plain)
        }
    }

    @Test func opensLibsrtpsReportsByGCM() throws {
        let key = secureRandom(28)
        let sender = try SRTPContext(.sendingControl, key: key, profile: .aeadAES128GCM)
        guard var opener = GCMControlOpener(key: key) else { throw SRTPError.malformed }
        for plain in Self.reports {
            let opened = try Self.pass(plain) {
                try sender.transform($0, count: $1)
            } open: {
                try opener.open($0)
            }
            #expect(opened == plain)
        }
    }

    @Test func theWindowOfReportsHoldsSixtyFour() {
        var window = ReplayWindow()
        #expect(window.isNew(0))
        for number in [100, 101, 140] as [UInt32] { window.insert(number) }
        let isNew = [76, 77, 99, 100, 101, 102, 139, 140, 141].map { window.isNew($0) }
        #expect(isNew == [false, true, true, false, false, true, true, false, true])
        window.insert(102)
        window.insert(5_000)
        #expect(!window.isNew(102) && window.isNew(4_999) && !window.isNew(5_000))
    }

    @Test func gcmRefusesWhatIsNoPacketOrHasNoRoom() throws {
        guard var protector = GCMProtector(key: secureRandom(28)) else { throw SRTPError.malformed }
        var bytes: [UInt8] = [0x8f, 96] + [UInt8](repeating: 0xff, count: 40)
        let headerTooLong = bytes.withUnsafeMutableBytes { protector.protect($0, count: 14) }
        #expect(headerTooLong == nil)
        var full = [UInt8](repeating: 0x80, count: 30)
        let (media, control) = full.withUnsafeMutableBytes {
            (protector.protect($0, count: 15), protector.protectControl($0, count: 12))
        }
        #expect(media == nil && control == nil)
    }

    @Test func whatIsNoPacketIsRefused() throws {
        guard var protector = CounterModeProtector(key: secureRandom(30)) else { throw SRTPError.malformed }
        for header in [[0x8f, 96], [0x90, 96]] as [[UInt8]] {
            var bytes = header + [UInt8](repeating: 0xff, count: 40)
            let count = bytes.withUnsafeMutableBytes { protector.protect($0, count: 14) }
            #expect(count == nil)
        }
        var full = [UInt8](repeating: 0x80, count: 20)
        let count = full.withUnsafeMutableBytes { protector.protect($0, count: 15) }
        #expect(count == nil, "no room for the tag")
    }
}
