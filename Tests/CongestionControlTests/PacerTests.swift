import CongestionControl
import Primitives
import Testing

/// Sends all that waits, sleeping until each deadline; gives the times.
private func drain(_ pacer: inout Pacer<Int>, from start: Instant) -> [(packet: Int, at: Instant)] {
    var now = start
    var sent: [(Int, Instant)] = []
    for _ in 0..<10_000 {
        while let packet = pacer.poll(now: now) { sent.append((packet, now)) }
        guard let deadline = pacer.nextDeadline else { break }
        now = max(now, deadline)
    }
    return sent
}

@Test func aFrameIsSpreadOverTime() {
    var pacer = Pacer<Int>(target: .kilobits(960))  // paced at 300 bytes a millisecond
    for i in 0..<30 { pacer.enqueue(i, bytes: 1_200, priority: .video) }
    let sent = drain(&pacer, from: .zero)
    #expect(sent.map(\.packet) == Array(0..<30))
    #expect(.milliseconds(100)...(.milliseconds(120)) ~= sent[29].at)
    #expect(sent.filter { $0.at < .milliseconds(10) }.count <= 4)
    #expect(pacer.isEmpty && pacer.queued == 0 && pacer.nextDeadline == nil)
}

@Test func soundGoesAtOnceAndRetransmissionsBeforePictures() {
    var pacer = Pacer<Int>(target: .kilobits(100))
    for i in 0..<4 { pacer.enqueue(i, bytes: 1_200, priority: .video) }
    while pacer.poll(now: .zero) != nil {}
    pacer.enqueue(100, bytes: 1_200, priority: .retransmission)
    pacer.enqueue(200, bytes: 100, priority: .audio)
    #expect(pacer.nextDeadline == .zero)
    #expect(pacer.poll(now: .zero) == 200)
    #expect(pacer.poll(now: .zero) == nil)
    #expect(drain(&pacer, from: .zero).map(\.packet).first == 100)
}

@Test func alongQueueIsEmptiedFaster() {
    var pacer = Pacer<Int>(target: .kilobits(50))
    for i in 0..<100 { pacer.enqueue(i, bytes: 1_200, priority: .video) }
    let sent = drain(&pacer, from: .zero)
    #expect(sent.count == 100)
    #expect(sent[60].at < .milliseconds(700))
}

@Test func aFullQueueLosesItsOldest() {
    var pacer = Pacer<Int>(target: .kilobits(100), capacity: 4)
    for i in 0..<6 { pacer.enqueue(i, bytes: 10, priority: .video) }
    #expect(pacer.dropped == 2)
    #expect(pacer.queued == 40)
    #expect(pacer.poll(now: .zero) == 2)
}

@Test func targetChangesThePace() {
    var pacer = Pacer<Int>(target: .kilobits(96))
    for i in 0..<10 { pacer.enqueue(i, bytes: 1_200, priority: .video) }
    pacer.setTarget(.kilobits(9_600), now: .zero)
    #expect(drain(&pacer, from: .zero)[9].at < .milliseconds(10))
}
