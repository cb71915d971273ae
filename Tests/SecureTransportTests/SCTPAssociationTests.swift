import Glibc
import Primitives
import Testing

@testable import SecureTransport

/// Two associations and a link that loses and reorders packets.
private final class SCTPPair {
    let left: SCTPAssociation
    let right: SCTPAssociation
    private(set) var received: (left: [SCTPMessage], right: [SCTPMessage]) = ([], [])
    private(set) var longestPacket = 0
    private let loss: Double
    private var random: SeededGenerator
    private var lastStep = realNow()
    private var flying: [(toLeft: Bool, bytes: [UInt8])] = []

    init(loss: Double = 0, seed: UInt64 = 1, maxMessageSize: Int = 262_144) throws {
        left = try SCTPAssociation(maxMessageSize: maxMessageSize)
        right = try SCTPAssociation(maxMessageSize: maxMessageSize)
        self.loss = loss
        random = SeededGenerator(seed: seed)
    }

    func connect() {
        left.connect()
        right.connect()
    }

    /// Lets a millisecond pass, which is also what a packet takes to the other end. Without loss it may be a simulated
    /// one; with loss it must be real, for usrsctp looks at the system's clock before it sends a chunk again.
    func step() {
        let next = lastStep + .milliseconds(1)
        while loss > 0, realNow() < next { sched_yield() }
        let now = loss > 0 ? realNow() : next
        SCTPStack.handleTimers(elapsed: now - lastStep)
        lastStep = now
        let arriving = flying
        flying = []
        for packet in arriving { (packet.toLeft ? left : right).receive(packet.bytes) }
        collect(from: left, toLeft: false)
        collect(from: right, toLeft: true)
        while let message = left.pollReceived() { received.left.append(message) }
        while let message = right.pollReceived() { received.right.append(message) }
    }

    func run(seconds: Int, until done: (SCTPPair) -> Bool) {
        let end = lastStep + .seconds(Int64(seconds))
        while lastStep < end, !done(self) { step() }
    }

    private func collect(from sender: SCTPAssociation, toLeft: Bool) {
        while let packet = sender.pollTransmit() {
            longestPacket = max(longestPacket, packet.count)
            guard Double.random(in: 0..<1, using: &random) >= loss else { continue }
            let position = Bool.random(using: &random) || loss == 0 ? flying.count : max(0, flying.count - 1)
            flying.insert((toLeft, packet), at: position)
        }
    }
}

/// Compares without printing a megabyte where it fails.
private func expectEqual(_ received: [SCTPMessage], _ sent: [[UInt8]], at location: SourceLocation = #_sourceLocation) {
    #expect(received.count == sent.count, sourceLocation: location)
    let same = zip(received, sent).allSatisfy { $0.bytes == $1 }
    #expect(same, sourceLocation: location)
}

/// usrsctp's timers are common to all associations of the process, so these run one after another.
@Suite(.serialized) struct SCTPAssociationTests {
    @Test func bothConnectAndOneAssociationComesOfIt() throws {
        let pair = try SCTPPair()
        #expect(pair.left.state == .connecting)
        pair.connect()
        pair.run(seconds: 5) { $0.left.state == .up && $0.right.state == .up }
        #expect(pair.left.state == .up && pair.right.state == .up)
    }

    @Test(arguments: [0, 0.05, 0.2]) func aThousandMessagesArriveBothWaysInOrder(loss: Double) throws {
        let pair = try SCTPPair(loss: loss, seed: 9)
        pair.connect()
        let messages = (0..<1000).map { number in
            [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 1 + number % 300)
        }
        for message in messages {
            try pair.left.send(stream: 1, ppid: 51, message)
            try pair.right.send(stream: 2, ppid: 53, message)
        }
        pair.run(seconds: 30) { $0.received.left.count == 1000 && $0.received.right.count == 1000 }
        #expect(pair.left.state == .up && pair.right.state == .up)
        expectEqual(pair.received.right, messages)
        expectEqual(pair.received.left, messages)
        #expect(pair.received.right.allSatisfy { $0.stream == 1 && $0.ppid == 51 && $0.isOrdered })
        #expect(pair.received.left.allSatisfy { $0.stream == 2 && $0.ppid == 53 })
        #expect(pair.longestPacket <= 1160)
    }

    @Test(arguments: [0, 0.05]) func longMessagesArriveWhole(loss: Double) throws {
        let pair = try SCTPPair(loss: loss, seed: 4)
        pair.connect()
        let sizes = [61_440, 262_144, 1, 200_000, 262_144]
        let messages = sizes.map(secureRandom)
        for message in messages { try pair.left.send(stream: 0, ppid: 53, message) }
        pair.run(seconds: 30) { $0.received.right.count == sizes.count }
        expectEqual(pair.received.right, messages)
        #expect(pair.longestPacket <= 1160)
        #expect(pair.left.bufferedAmount == 0 && pair.right.dropped == 0)
    }

    @Test func unorderedMessagesArriveToo() throws {
        let pair = try SCTPPair(loss: 0.1, seed: 2)
        pair.connect()
        for number in 0..<100 { try pair.left.send(stream: 0, ppid: 53, [UInt8(number), 1], ordered: false) }
        pair.run(seconds: 20) { $0.received.right.count == 100 }
        #expect(Set(pair.received.right.map { $0.bytes[0] }).count == 100)
        #expect(pair.received.right.allSatisfy { !$0.isOrdered })
    }

    @Test func aMessageTooLongForTheReceiverIsDroppedAndTheNextArrives() throws {
        let left = try SCTPAssociation(maxMessageSize: 200_000)
        let right = try SCTPAssociation(maxMessageSize: 1000)
        left.connect()
        right.connect()
        try left.send(stream: 0, ppid: 53, secureRandom(150_000))
        try left.send(stream: 0, ppid: 53, [1, 2, 3])
        var received: [SCTPMessage] = []
        for _ in 0..<20_000 where received.isEmpty {
            SCTPStack.handleTimers(elapsed: .milliseconds(10))
            while let packet = left.pollTransmit() { right.receive(packet) }
            while let packet = right.pollTransmit() { left.receive(packet) }
            while let message = right.pollReceived() { received.append(message) }
        }
        #expect(received.map(\.bytes) == [[1, 2, 3]])
        #expect(right.dropped == 1)
    }

    @Test func whatCannotBeSentIsSaid() throws {
        let association = try SCTPAssociation(maxMessageSize: 100)
        #expect(throws: SCTPError.empty) { try association.send(stream: 0, ppid: 51, []) }
        #expect(throws: SCTPError.tooLong) { try association.send(stream: 0, ppid: 51, secureRandom(101)) }
        #expect(throws: SCTPError.noSuchStream) { try association.send(stream: 5000, ppid: 51, [1]) }
        #expect(throws: SCTPError.bufferFull) {
            for _ in 0..<100_000 { try association.send(stream: 0, ppid: 51, secureRandom(100)) }
        }
        association.close()
        #expect(association.state == .closed)
        #expect(throws: SCTPError.notOpen) { try association.send(stream: 0, ppid: 51, [1]) }
    }

    @Test func closingTellsThePeer() throws {
        let pair = try SCTPPair()
        pair.connect()
        pair.run(seconds: 5) { $0.left.state == .up && $0.right.state == .up }
        pair.left.close()
        pair.left.close()
        pair.run(seconds: 2) { $0.right.state != .up }
        #expect(pair.left.state == .closed && pair.right.state == .closed)
        pair.right.close()
        pair.run(seconds: 2) { _ in false }
    }

    @Test func aStreamIsEndedAndUsedAgain() throws {
        let pair = try SCTPPair()
        pair.connect()
        try pair.left.send(stream: 3, ppid: 51, [1])
        pair.run(seconds: 5) { !$0.received.right.isEmpty }
        pair.left.resetStream(3)
        var ended: UInt16?
        pair.run(seconds: 5) { pair in
            ended = ended ?? pair.right.pollReset()
            return ended != nil
        }
        #expect(ended == 3 && pair.right.pollReset() == nil && pair.left.pollReset() == nil)
        pair.run(seconds: 1) { _ in false }
        try pair.left.send(stream: 3, ppid: 51, [2])
        pair.run(seconds: 5) { $0.received.right.count == 2 }
        #expect(pair.received.right.map(\.bytes) == [[1], [2]])
    }

    @Test func associationsMayLiveOnSeveralThreads() async throws {
        try await withThrowingTaskGroup(of: Int.self) { group in
            for thread in 0..<4 {
                group.addTask {
                    var arrived = 0
                    for round in 0..<5 {
                        let pair = try SCTPPair(seed: UInt64(thread))
                        pair.connect()
                        for number in 0..<50 { try pair.left.send(stream: 0, ppid: 51, [UInt8(number), UInt8(round)]) }
                        pair.run(seconds: 20) { $0.received.right.count == 50 }
                        arrived += pair.received.right.count
                    }
                    return arrived
                }
            }
            for try await arrived in group { #expect(arrived == 250) }
        }
    }

    @Test func aSilentPeerMeansFailure() throws {
        let association = try SCTPAssociation()
        association.connect()
        for _ in 0..<20_000 where association.state == .connecting {
            SCTPStack.handleTimers(elapsed: .milliseconds(10))
            while association.pollTransmit() != nil {}
        }
        #expect(association.state == .failed)
    }

    @Test func associationsDoNotMixAndMayGoInAnyOrder() throws {
        var pairs = try (0..<4).map { try SCTPPair(loss: 0.05, seed: $0) }
        for pair in pairs { pair.connect() }
        for round in 0..<50 {
            for (number, pair) in pairs.enumerated() {
                try pair.left.send(stream: 0, ppid: 51, [UInt8(number), UInt8(round)])
                pair.step()
            }
        }
        pairs.remove(at: 1)
        pairs.remove(at: 0)
        for _ in 0..<5000 where pairs.contains(where: { $0.received.right.count < 50 }) {
            for pair in pairs { pair.step() }
        }
        for (index, pair) in pairs.enumerated() {
            #expect(pair.received.right.map(\.bytes) == (0..<50).map { [UInt8(index + 2), UInt8($0)] })
        }
        pairs = []
        for _ in 0..<1000 { SCTPStack.handleTimers(elapsed: .milliseconds(100)) }
    }

    @Test func garbageNeverTrapsAndDoesNotDisturb() throws {
        let pair = try SCTPPair()
        pair.connect()
        pair.run(seconds: 5) { $0.left.state == .up && $0.right.state == .up }
        var random = SeededGenerator(seed: 8)
        var samples: [[UInt8]] = []
        try pair.right.send(stream: 0, ppid: 51, secureRandom(3000))
        while let packet = pair.right.pollTransmit() { samples.append(packet) }
        for round in 0..<3000 {
            var garbage = samples.randomElement(using: &random) ?? []
            if round % 3 == 0 {
                garbage = garbageBytes(0...200, &random)
            }
            if !garbage.isEmpty {
                garbage[Int.random(in: 0..<garbage.count, using: &random)] ^= .random(in: 1...255, using: &random)
            }
            pair.left.receive(garbage)
        }
        for packet in samples { pair.left.receive(packet) }
        try pair.left.send(stream: 0, ppid: 51, [42])
        pair.run(seconds: 20) { !$0.received.right.isEmpty && !$0.received.left.isEmpty }
        #expect(pair.received.right.map(\.bytes) == [[42]])
    }

    /// In a process of its own: usrsctp's time is the whole process's, and other tests let it pass as well.
    @Test func timeOfSeveralOwnersPassesOnce() async {
        await #expect(processExitsWith: .success) {
            let pair = try SCTPPair()
            pair.left.connect()
            while pair.left.pollTransmit() != nil {}
            // 250 ms on three owners' clocks is 250 ms: the first repetition of INIT comes after 300 ms.
            let begin = Instant.seconds(1_000_000)
            for step in 0...25 {
                for _ in 0..<3 { SCTPStack.handleTimers(now: begin + .milliseconds(Int64(step) * 10)) }
            }
            precondition(pair.left.pollTransmit() == nil, "time passed more than once")
            SCTPStack.handleTimers(now: begin + .milliseconds(400))
            precondition(pair.left.pollTransmit() != nil, "INIT was not repeated")
        }
    }
}
