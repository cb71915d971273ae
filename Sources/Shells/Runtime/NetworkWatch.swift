import CGLib
import Glibc
import Primitives

/// Tells when this machine's network has become another: an address gone or new, another default route, or the machine
/// woken after sleep.
///
/// It listens to the kernel (rtnetlink) on the call loop. Changes come in flocks and are told once, 50 ms after the first.
@CallLoop
package final class NetworkWatch {
    package struct Change: Sendable {
        /// Numeric addresses of interfaces that are up, loopback left aside, before and now.
        package var before: Set<String>
        package var now: Set<String>
        package var isRouteChanged: Bool
        /// The machine slept meanwhile.
        package var isResumed: Bool

        /// Connections from this address lead nowhere any more.
        package func isGone(_ address: String) -> Bool { before.contains(address) && !now.contains(address) }
        /// Whether there is anything to connect from.
        package var isOnline: Bool { !now.isEmpty }
    }

    private static let gathering = Duration.milliseconds(50)
    private static let sleepCheck = Duration.seconds(5)
    /// The clock that counts sleep is ahead by more than this after one.
    private static let shortestSleep = Duration.seconds(2)

    private let handler: @CallLoop (Change) -> Void
    private let socket: Int32
    private var source: UnsafeMutablePointer<GSource>?
    private var addresses = Set<String>()
    private var isRouteChanged = false
    private var slept = Duration.zero
    private var gatherTimer: LoopTimer!
    private var sleepTimer: LoopTimer!

    /// Where the kernel does not let us listen, only sleep is noticed.
    package init(_ handler: @escaping @CallLoop (Change) -> Void) {
        self.handler = handler
        socket = confab_open_network_news()
        addresses = Self.interfaceAddresses()
        slept = Self.timeAsleep()
        gatherTimer = LoopTimer { [weak self] _ in self?.compare(isResumed: false) }
        sleepTimer = LoopTimer { [weak self] now in self?.checkSleep(now: now) }
        sleepTimer.schedule(at: Clock.now() + Self.sleepCheck)
        guard socket >= 0 else { return }
        source = confab_watch_new(CallLoop.context, socket, newsEntry, Unmanaged.passUnretained(self).toOpaque())
    }

    isolated deinit {
        if let source {
            g_source_destroy(source)
            g_source_unref(source)
        }
        if socket >= 0 { g_close(socket, nil) }
    }

    fileprivate func readNews() {
        let news = confab_read_network_news(socket)
        guard news != 0 else { return }
        if news & confab_default_route_changed != 0 { isRouteChanged = true }
        if !isGathering { gatherTimer.schedule(at: Clock.now() + Self.gathering) }
        isGathering = true
    }

    private var isGathering = false

    private func compare(isResumed: Bool) {
        isGathering = false
        let before = addresses
        addresses = Self.interfaceAddresses()
        let change = Change(
            before: before, now: addresses, isRouteChanged: isRouteChanged, isResumed: isResumed)
        isRouteChanged = false
        if before != addresses || change.isRouteChanged || isResumed { handler(change) }
    }

    private func checkSleep(now: Instant) {
        sleepTimer.schedule(at: now + Self.sleepCheck)
        let slept = Self.timeAsleep()
        defer { self.slept = slept }
        if slept - self.slept > Self.shortestSleep { compare(isResumed: true) }
    }

    /// What the machine has slept since it was started: only one of the clocks stands still meanwhile.
    private static func timeAsleep() -> Duration {
        var awake = timespec()
        var all = timespec()
        clock_gettime(CLOCK_MONOTONIC, &awake)
        clock_gettime(CLOCK_BOOTTIME, &all)
        return .seconds(Int64(all.tv_sec - awake.tv_sec)) + .nanoseconds(Int64(all.tv_nsec - awake.tv_nsec))
    }

    private static func interfaceAddresses() -> Set<String> {
        var list: UnsafeMutablePointer<ifaddrs>?
        guard getifaddrs(&list) == 0 else { return [] }
        defer { freeifaddrs(list) }
        var found = Set<String>()
        var entry = list
        while let interface = entry?.pointee {
            entry = interface.ifa_next
            if let text = address(of: interface) { found.insert(text) }
        }
        return found
    }

    /// Nil for loopback, for interfaces that do not run, and for what is no IP address.
    private static func address(of interface: ifaddrs) -> String? {
        guard confab_leads_outside(interface.ifa_flags) != 0, let address = interface.ifa_addr else { return nil }
        let length: Int
        switch Int32(address.pointee.sa_family) {
        case AF_INET: length = MemoryLayout<sockaddr_in>.size
        case AF_INET6: length = MemoryLayout<sockaddr_in6>.size
        default: return nil
        }
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let status = getnameinfo(
            address, socklen_t(length), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        guard status == 0 else { return nil }
        let numeric = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // fe80::1%eth0: every interface has one, and calls hardly use it.
        return numeric.contains("%") ? nil : numeric
    }
}

/// GLib calls it on the loop.
private func newsEntry(_ context: gpointer?) {
    guard let context else { return }
    let watch = Unmanaged<NetworkWatch>.fromOpaque(context).takeUnretainedValue()
    CallLoop.assumeIsolated { watch.readNews() }
}
