import Call
import Primitives
import Testing

struct ReconnectionTests {
    @Test func attemptsComeEverMoreSeldom() {
        var reconnection = Reconnection()
        #expect(reconnection.begin(now: .zero) == .init(number: 1, next: .seconds(2)))
        #expect(reconnection.begin(now: .seconds(1)) == nil)
        #expect(reconnection.handleTimeout(now: .seconds(1)) == nil)
        #expect(reconnection.handleTimeout(now: .seconds(2)) == .init(number: 2, next: .seconds(6)))
        #expect(reconnection.handleTimeout(now: .seconds(6)) == .init(number: 3, next: .seconds(14)))
        #expect(reconnection.handleTimeout(now: .seconds(14)) == .init(number: 4, next: .seconds(30)))
        #expect(reconnection.handleTimeout(now: .seconds(30)) == .init(number: 5, next: .seconds(46)))
        #expect(reconnection.end(now: .seconds(47)) == .seconds(47))
        #expect(reconnection.nextDeadline == nil && reconnection.end(now: .seconds(48)) == nil)
    }

    @Test func anotherNetworkIsTriedAtOnce() {
        var reconnection = Reconnection()
        #expect(reconnection.handleNetworkChange(now: .zero) == nil)
        _ = reconnection.begin(now: .zero)
        _ = reconnection.handleTimeout(now: .seconds(2))
        #expect(reconnection.handleNetworkChange(now: .seconds(3)) == .init(number: 3, next: .seconds(5)))
    }
}
