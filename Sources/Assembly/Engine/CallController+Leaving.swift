import Call
import Primitives
import Runtime

// The end of a call: politely, with files finished, within three seconds.
extension CallController {
    /// Leaves because the user, a signal or an option asks for it: exit status 0.
    package func leave(_ reason: LeftReason) { end(reason, status: 0) }

    func end(_ reason: LeftReason, status: Int32) {
        guard phase != .leaving, phase != .finished else { return }
        let wasIdle = phase == .idle
        phase = .leaving
        exitStatus = status
        for peer in peers.values {
            peer.close()
            departed.append(peer)
        }
        peers.removeAll()
        for member in server?.members.values.map({ $0 }) ?? [] { departed.append(member) }
        carryOut(session.leave())
        server?.leave()
        observer.event(.left(reason))
        if (socket == nil && server?.socket == nil) || wasIdle { return finishLeaving() }
        // The server closes when it has read `leave`; one that does not is not waited for.
        CallLoop.after(.milliseconds(500)) { [weak self] in self?.finishLeaving() }
    }

    /// Stops the devices on a thread of its own, as their periods may take a while, then tells the summary.
    func finishLeaving() {
        guard phase == .leaving else { return }
        phase = .finished
        scheduleTimer()
        let media = media
        let recorders = recording.recorders
        _ = JoinableThread(name: "farewell") { [weak self] in
            for recorder in recorders { recorder.stop() }
            media.stop()
            CallLoop.post { self?.finish() }
        }
    }

    private func finish() {
        recording.finish()
        if exitStatus == 0, recording.hasFailed { exitStatus = ExitStatus.cannotCreate }
        let duration = joinedAt.map { Clock.now() - $0 } ?? .zero
        observer.event(.summary(duration: duration, exitStatus: exitStatus, departed.map(summary)))
        observer.finished(exitStatus)
    }
}
