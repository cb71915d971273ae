import CLinux
import Glibc
import Primitives
import Runtime

/// Runs a shell command for each event of one kind. The call only ever puts an event into a bounded queue: a command
/// that is slow delays its own next run, one that fails is reported, and neither touches the call.
package final class EventHooks: Sendable {
    package struct Hook: Hashable, Sendable {
        /// `any` means every event.
        package var event: String
        package var command: String

        package init(event: String, command: String) {
            self.event = event
            self.command = command
        }
    }

    /// An event as a command gets it.
    package struct Occurrence: Sendable {
        package var event: String
        /// The JSON line, for standard input.
        package var line: [UInt8]
        package var variables: [String: String]

        package init(event: String, line: [UInt8], variables: [String: String]) {
            self.event = event
            self.line = line
            self.variables = variables
        }
    }

    private let workers: [Worker]

    /// `complain` is told, on some thread, of commands that fail and of events that found the queue full.
    package init(_ hooks: [Hook], complain: @escaping @Sendable (String) -> Void) {
        workers = hooks.map { Worker($0, complain: complain) }
    }

    package func run(_ occurrence: Occurrence) {
        for worker in workers where [occurrence.event, "any"].contains(worker.hook.event) { worker.put(occurrence) }
    }

    /// Waits until everything has been run, for at most so long; commands that still run are left alone.
    package func finish(within duration: Duration) {
        let deadline = Clock.now() + duration
        for worker in workers { worker.finish(until: deadline) }
    }
}

/// One `--exec`: a queue and a thread, so that its runs keep the order of the events.
private final class Worker: Sendable {
    let hook: EventHooks.Hook
    private let queue = Mailbox<EventHooks.Occurrence>(capacity: 64, overflow: .dropNewest)
    private let finished = Mailbox<Void>(capacity: 1, overflow: .dropNewest)
    private let complain: @Sendable (String) -> Void

    init(_ hook: EventHooks.Hook, complain: @escaping @Sendable (String) -> Void) {
        self.hook = hook
        self.complain = complain
        let thread = JoinableThread(name: "exec \(hook.event)") { [self] in
            while let occurrence = queue.take() { perform(occurrence) }
            finished.put(())
        }
        _ = thread  // ends when the queue is closed and empty
    }

    func put(_ occurrence: EventHooks.Occurrence) {
        let before = queue.dropped
        queue.put(occurrence)
        if queue.dropped > before { complain("--exec \(hook.event): the command is too slow; an event was left out") }
    }

    func finish(until deadline: Instant) {
        queue.close()
        _ = finished.take(until: deadline)
    }

    private func perform(_ occurrence: EventHooks.Occurrence) {
        let input = confab_memory_file("event")
        guard input >= 0 else { return complain("--exec \(hook.event): no file for the event") }
        defer { close(input) }
        writeAll(occurrence.line + [10], to: input)
        lseek(input, 0, SEEK_SET)
        // Standard output carries only what was asked for: what commands print goes where messages go.
        let (pid, code) = Spawn.run(
            ["sh", "-c", hook.command], environment: occurrence.variables, input: input, output: STDERR_FILENO,
            errors: STDERR_FILENO)
        guard code == 0 else { return complain("--exec \(hook.event): \(String(cString: strerror(code)))") }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        guard status != 0 else { return }
        let shown = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + (status & 0x7f)
        complain("--exec \(hook.event): \(hook.command): status \(shown)")
    }
}
