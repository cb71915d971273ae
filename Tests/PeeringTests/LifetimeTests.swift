import Primitives
import Runtime
import Testing

@testable import ICE
@testable import Peering

/// Connections and what they own are freed once their owner lets go, and do nothing afterwards.
@CallLoop
struct LifetimeTests {
    /// What one side is made of, without keeping it.
    @CallLoop
    private struct Remains {
        weak var connection: PeerConnection?
        weak var transport: PeerTransport?
        weak var path: ICEPath?
        weak var agent: ICEAgent?
        weak var previous: ICEAgent?

        init(_ party: Party) {
            connection = party.connection
            transport = party.connection.transport
            path = party.path
            agent = party.path.agent
            previous = party.path.previous
        }

        var areGone: Bool { connection == nil && transport == nil && path == nil && agent == nil && previous == nil }
    }

    private func expectGone(_ remains: [Remains]) async {
        for _ in 0..<3 { await loopTurn() }
        for remain in remains { #expect(remain.areGone, "\(remain)") }
    }

    @Test func aClosedConnectionIsFreed() async throws {
        let call = try Call()
        try await call.connect()
        call.left.talk()
        call.right.talk()
        try await call.expect("media flows") { call.left.frames.count > 2 && call.right.frames.count > 2 }
        let remains = [Remains(call.left), Remains(call.right)]
        call.left.release()
        call.right.release()
        await expectGone(remains)
    }

    @Test func aConnectionThatIsOnlyDroppedIsFreed() async throws {
        var call: Call? = try Call()
        try await call?.connect()
        let remains = [Remains(call!.left), Remains(call!.right)]
        call = nil
        await expectGone(remains)
    }

    @Test func aConnectionThatNeverStartedIsFreed() async throws {
        let call = try Call()
        let remains = [Remains(call.left), Remains(call.right)]
        call.left.release()
        call.right.release()
        await expectGone(remains)
    }

    @Test func aConnectionThatStillConnectsIsFreed() async throws {
        let call = try Call()
        call.start()
        try await call.expect("candidates are found") { !call.left.candidates.isEmpty }
        let remains = [Remains(call.left), Remains(call.right)]
        call.left.release()
        call.right.release()
        await expectGone(remains)
    }

    @Test func bothAgentsOfARestartAreFreed() async throws {
        let call = try Call()
        try await call.connect()
        call.left.connection.restartICE()
        try await call.expect("a restart is under way") { call.left.path.previous != nil }
        let remains = [Remains(call.left), Remains(call.right)]
        #expect(remains[0].previous != nil)
        call.left.release()
        call.right.release()
        await expectGone(remains)
    }

    /// The moments at which a handler lets go of the connection that calls it.
    enum Moment: String, CaseIterable, Sendable {
        case signal, connected, channelOpen, audio, frame, message
    }

    @Test(arguments: Moment.allCases)
    func mayBeClosedAndDroppedByItsOwnHandler(moment: Moment) async throws {
        let call = try Call()
        let remains = [Remains(call.left), Remains(call.right)]
        var isOver = false
        call.right.onEvent = { [unowned call] event in
            if case .connected = event { call.left.talk() }
            guard Self.matches(event, moment), !isOver else { return }
            isOver = true
            call.right.release()
        }
        call.left.onEvent = { [unowned call] event in
            if case .channelOpen = event { call.left.connection.send(text: "hello") }
        }
        call.start()
        try await call.expect("the moment comes") { isOver }
        call.left.release()
        call.left.onEvent = { _ in }
        call.right.onEvent = { _ in }
        await expectGone(remains)
    }

    private static func matches(_ event: PeerConnection.Event, _ moment: Moment) -> Bool {
        switch (event, moment) {
        case (.signal, .signal), (.connected, .connected), (.channelOpen, .channelOpen), (.audioPacket, .audio),
            (.videoFrame, .frame), (.message, .message):
            true
        default: false
        }
    }

    @Test func aLookUpThatIsUnderWayKeepsNothing() async throws {
        let call = try Call()
        call.start()
        try await call.expect("descriptions are exchanged") { !call.left.media.isEmpty && !call.right.media.isEmpty }
        call.right.connection.receive(
            .candidate(
                .init(
                    candidate: "candidate:9 1 UDP 2130706431 0d2a1e66-0000-4000-8000-1234567890ab.local 4000 typ host",
                    sdpMid: "0")))
        let remains = [Remains(call.left), Remains(call.right)]
        call.left.release()
        call.right.release()
        await expectGone(remains)
    }
}

@CallLoop
struct LoopTimerTests {
    @Test func firesOnceForEachDeadline() async {
        var fired = 0
        let timer = LoopTimer { _ in fired += 1 }
        for expected in 1...3 {
            timer.schedule(at: Clock.now())
            await turns(until: { fired == expected })
            #expect(fired == expected)
        }
    }

    @Test func mayBeClearedAndSetByItsHandler() async {
        var fired = 0
        var timer: LoopTimer?
        timer = LoopTimer { now in
            fired += 1
            timer?.schedule(at: fired < 5 ? now : nil)
        }
        timer?.schedule(at: Clock.now())
        await turns(until: { fired == 5 })
        timer = nil
        #expect(fired == 5)
    }

    @Test func isSilentOnceDropped() async {
        var fired = 0
        var timer: LoopTimer? = LoopTimer { _ in fired += 1 }
        timer?.schedule(at: Clock.now())
        timer = nil
        for _ in 0..<5 { await loopTurn() }
        #expect(fired == 0)
    }

    @Test func workOnTheLoopKeepsItsOrder() async {
        let seen = Protected<[Int]>([])
        for number in 0..<100 { CallLoop.post { seen.withLock { $0.append(number) } } }
        await loopTurn()
        #expect(seen.value == Array(0..<100))
    }

    private func turns(until done: () -> Bool) async {
        var left = 1_000
        while !done(), left > 0 {
            await loopTurn()
            left -= 1
        }
    }
}

@CallLoop
struct HostResolverTests {
    private func resolve(_ name: String, _ timeout: Duration = .seconds(20)) async -> [String] {
        await withCheckedContinuation { continuation in
            HostResolver.resolve(name, timeout: timeout) { continuation.resume(returning: $0) }
        }
    }

    @Test func givesNumbersBackAtOnce() async {
        #expect(await resolve("192.0.2.7") == ["192.0.2.7"])
        #expect(await resolve("fd00::2") == ["fd00::2"])
    }

    @Test func findsThisMachine() async {
        let found = await resolve("localhost")
        #expect(found.contains("127.0.0.1") || found.contains("::1"))
    }

    @Test func findsNothingUnderAnUnknownName() async {
        #expect(await resolve("4e2f1c8f-0000-4000-8000-1234567890ab.local", .milliseconds(300)).isEmpty)
    }
}
