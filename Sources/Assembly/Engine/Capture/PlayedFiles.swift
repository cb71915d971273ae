import Devices
import Media
import MediaProcessing
import Primitives
import Runtime

/// Sound files that are mixed into what is sent (`ctl play`). Each is read by a thread of its own, a little ahead, so
/// that a slow disk never holds up the microphone.
package final class PlayedFiles: Sendable {
    private final class File: Sendable {
        let blocks = Mailbox<[Int16]>(capacity: 64, overflow: .dropNewest)
        let ahead = Protected(0)
        let stopped = AtomicFlag()
    }

    private let files = Protected<[File]>([])
    private static let mostAhead = 25

    package init() {}

    package var isPlaying: Bool { files.withLock { !$0.isEmpty } }

    /// Takes a source over; `done` is called, on some thread, when its last block has been mixed.
    package func play(_ source: any AudioSource, done: @escaping @Sendable () -> Void) {
        let file = File()
        let source = Handover(source)
        files.withLock { $0.append(file) }
        let thread = JoinableThread(name: "played file") { [self] in
            var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)
            while !file.stopped.isSet {
                guard file.ahead.value < Self.mostAhead else {
                    Clock.sleep(until: Clock.now() + .milliseconds(20))
                    continue
                }
                guard let count = try? source.value.read(into: &block), count > 0 else { break }
                for index in count..<block.count { block[index] = 0 }
                file.ahead.withLock { $0 += 1 }
                file.blocks.put(block)
            }
            while file.ahead.value > 0, !file.stopped.isSet { Clock.sleep(until: Clock.now() + .milliseconds(10)) }
            files.withLock { files in files.removeAll { $0 === file } }
            done()
        }
        _ = thread  // ends with its file
    }

    /// Adds the next block of every file. Called on the microphone's thread.
    func mix(into block: inout [Int16]) {
        let playing = files.value
        guard !playing.isEmpty else { return }
        for file in playing {
            guard let next = file.blocks.takeNow() else { continue }
            file.ahead.withLock { $0 -= 1 }
            for index in block.indices where index < next.count {
                block[index] = Int16(clamping: Int(block[index]) + Int(next[index]))
            }
        }
    }

    package func stop() {
        for file in files.value { file.stopped.set() }
    }
}
