import Media
import Primitives
import SecureTransport
import Signalling
import Simulation

/// Two peers joined by seeded network paths, with or without cryptography; a call as fast as it can be computed.
struct PeerPair {
    /// What travels without loss: signalling goes by TCP, and what DTLS and SCTP repair by clocks of their own.
    private enum Control {
        case signal(Signal)
        case handshake([UInt8])
        case message(SCTPMessage)
    }

    /// Offers first.
    var left: SimulatedPeer
    var right: SimulatedPeer
    private(set) var now = Instant.seconds(1_000)
    private var leftPath: NetworkSimulator<[UInt8]>
    private var rightPath: NetworkSimulator<[UInt8]>
    private var leftControl: NetworkSimulator<Control>
    private var rightControl: NetworkSimulator<Control>

    private var source = PictureSource()
    private(set) var audioSent = 0
    private(set) var framesSent = 0
    /// As sent by the left, by their number.
    private var answered = 0

    init(link: NetworkConditions, isProtected: Bool, seed: UInt64 = 7) throws {
        left = SimulatedPeer(
            isOfferer: true, protection: isProtected ? try Protection() : nil, seed: seed, now: now)
        right = SimulatedPeer(
            isOfferer: false, protection: isProtected ? try Protection() : nil, seed: seed &+ 100, now: now)
        leftPath = NetworkSimulator(link, seed: seed &+ 1)
        rightPath = NetworkSimulator(link, seed: seed &+ 2)
        let control = NetworkConditions(latency: link.latency)
        leftControl = NetworkSimulator(control, seed: seed &+ 3)
        rightControl = NetworkSimulator(control, seed: seed &+ 4)
    }

    /// Changes both directions.
    mutating func setLink(_ conditions: NetworkConditions) {
        leftPath.conditions = conditions
        rightPath.conditions = conditions
    }

    // MARK: Time

    mutating func connect() {
        left.start(asOfferer: true, now: now)
        right.start(asOfferer: false, now: now)
        run(for: .seconds(2))
    }

    mutating func run(for time: Duration) { run(until: now + time) }

    mutating func run(until end: Instant) {
        while true {
            settle()
            let arrivals = [
                leftPath.nextArrival, rightPath.nextArrival, leftControl.nextArrival, rightControl.nextArrival,
                left.nextDeadline, right.nextDeadline,
            ]
            guard let next = arrivals.compactMap({ $0 }).min(), next <= end else { break }
            // A deadline in the past is due now; the step keeps a peer that never moves on from hanging the test.
            now = max(next, now + .microseconds(1))
        }
        now = max(now, end)
        settle()
    }

    private mutating func settle() {
        while let packet = leftPath.receive(now: now) { right.receive(packet: packet, now: now) }
        while let packet = rightPath.receive(now: now) { left.receive(packet: packet, now: now) }
        while let item = leftControl.receive(now: now) { Self.give(item, to: &right, now: now) }
        while let item = rightControl.receive(now: now) { Self.give(item, to: &left, now: now) }
        Self.carry(from: &left, &leftPath, &leftControl, now: now)
        Self.carry(from: &right, &rightPath, &rightControl, now: now)
    }

    private static func give(_ item: Control, to peer: inout SimulatedPeer, now: Instant) {
        switch item {
        case .signal(let signal): peer.receive(signal, now: now)
        case .handshake(let datagram): peer.receive(handshake: datagram, now: now)
        case .message(let message): peer.receive(message)
        }
    }

    private static func carry(
        from peer: inout SimulatedPeer, _ path: inout NetworkSimulator<[UInt8]>,
        _ control: inout NetworkSimulator<Control>, now: Instant
    ) {
        peer.settle(now: now)
        for packet in peer.packets { path.send(packet, bytes: packet.count + 28, now: now) }
        for signal in peer.signals { control.send(.signal(signal), bytes: 100, now: now) }
        for datagram in peer.handshakes { control.send(.handshake(datagram), bytes: datagram.count, now: now) }
        for message in peer.messages { control.send(.message(message), bytes: message.bytes.count, now: now) }
        peer.packets = []
        peer.signals = []
        peer.handshakes = []
        peer.messages = []
    }

    // MARK: A call

    /// The left talks and shows pictures: 50 packets of sound and 25 frames a second. A key frame is made where one is
    /// asked for, one frame later, as an encoder does it.
    mutating func talk(for time: Duration) {
        let end = now + time
        while now < end {
            let isKeyFrame = framesSent == 0 || left.keyFramesAsked > answered
            answered = left.keyFramesAsked
            if left.sendVideo(source.next(isKeyFrame: isKeyFrame, time: now), now: now) { framesSent += 1 }
            for _ in 0..<2 {
                left.sendAudio(
                    Self.sound(audioSent), timestamp: UInt32(truncatingIfNeeded: audioSent * 960), now: now)
                audioSent += 1
                run(for: .milliseconds(20))
            }
        }
    }

    static func sound(_ number: Int) -> [UInt8] {
        var bytes: [UInt8] = [0x78]
        bytes.appendU32(UInt32(truncatingIfNeeded: number))
        return bytes + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 60)
    }

    /// Sounds that arrived, each once and as they were sent.
    var soundsHeard: Int {
        var numbers = Set<UInt32>()
        for packet in right.audio {
            var reader = ByteReader(packet.payload)
            guard reader.skip(1), let number = reader.u32(), packet.payload == Self.sound(Int(number)) else { continue }
            numbers.insert(number)
        }
        return numbers.count
    }

    /// Frames that a decoder could show in the order in which they came.
    var framesDecodable: Int { PictureSource.decodable(right.frames) }
}

/// Makes frames that tell which frame they refer to.
struct PictureSource {
    private var count = 0

    /// About 500 kbit/s at 25 frames a second.
    mutating func next(isKeyFrame: Bool, time: Instant) -> EncodedFrame {
        defer { count += 1 }
        var bytes: [UInt8] = [isKeyFrame ? 0x10 : 0x11]
        bytes.appendU32(UInt32(count))
        bytes.append(contentsOf: repeatElement(UInt8(truncatingIfNeeded: count), count: isKeyFrame ? 10_000 : 2_500))
        return EncodedFrame(
            bytes: bytes, isKeyFrame: isKeyFrame, timestamp: UInt32(truncatingIfNeeded: count * 3_600), time: time)
    }

    /// Each refers to the one before, unless it is a key frame. A damaged one counts for nothing.
    static func decodable(_ frames: [EncodedFrame]) -> Int {
        var last: UInt32?
        var decoded = 0
        for frame in frames {
            var reader = ByteReader(frame.bytes)
            guard reader.skip(1), let number = reader.u32(),
                frame.bytes.dropFirst(5).allSatisfy({ $0 == UInt8(truncatingIfNeeded: number) }),
                frame.isKeyFrame || last.map({ number == $0 + 1 }) == true
            else { continue }
            last = number
            decoded += 1
        }
        return decoded
    }
}
