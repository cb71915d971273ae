import NIOCore

extension Channel {
    /// Ends our side after what was written, and leaves the other side a moment to read it: to close while unread input
    /// waits would reset the connection, and the last words would be lost.
    func closeGently() {
        let written = eventLoop.makePromise(of: Void.self)
        written.futureResult.whenComplete { [eventLoop] _ in
            eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { self.close(promise: nil) }
        }
        close(mode: .output, promise: written)
    }
}
