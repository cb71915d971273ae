import Primitives

/// Why a source or sink stopped, in words a user can act upon.
package enum DeviceError: Error, Equatable, Sendable {
    /// No such device or file, or it cannot be opened (exit status 66): `message` names it and the way out.
    case cannotOpen(String)
    /// Someone else holds it.
    case busy(String)
    /// It went away while in use.
    case gone(String)
    /// It cannot do what was asked, or its data make no sense.
    case unusable(String)
    /// An output could not be written (exit status 73).
    case cannotWrite(String)

    package var message: String {
        switch self {
        case .cannotOpen(let text), .busy(let text), .gone(let text), .unusable(let text), .cannotWrite(let text): text
        }
    }
}

/// Where sound comes from. Used by one thread at a time; `read` blocks on devices.
package protocol AudioSource: AnyObject {
    /// Fills `block` (`AudioFormat.blockSamples` samples) and returns how many were got; fewer only at the end of the
    /// input, 0 when there is nothing more.
    func read(into block: inout [Int16]) throws(DeviceError) -> Int
    /// Whether `read` itself takes as long as the sound lasts (a device does, a file does not).
    var keepsTime: Bool { get }
    /// For messages: `default`, `hw:1,0`, `speech.wav`.
    var name: String { get }
    /// How long ago the newest sample of the last block was recorded; the echo canceller needs it.
    var delay: Duration { get }
}

extension AudioSource {
    package var delay: Duration { .zero }
}

/// Where sound goes. Used by one thread at a time; `write` blocks on devices.
package protocol AudioSink: AnyObject {
    func write(_ block: [Int16]) throws(DeviceError)
    var keepsTime: Bool { get }
    var name: String { get }
    /// How long what is written now waits before it is heard.
    var delay: Duration { get }
    /// Ends the output properly (a file gets its final header). Nothing may be written afterwards.
    func finish() throws(DeviceError)
}

extension AudioSink {
    package func finish() throws(DeviceError) {}
}

/// Where pictures come from. Used by one thread at a time.
package protocol VideoSource: AnyObject {
    /// The next picture. Blocks on devices, for at most a second: nil means nothing came in that time (read again),
    /// or, where `ended` is true, that there is no more. `now` stamps synthetic pictures.
    func nextFrame(now: Instant) throws(DeviceError) -> VideoFrame?
    var ended: Bool { get }
    var keepsTime: Bool { get }
    /// Pictures a second where it does not keep time.
    var framesPerSecond: Double { get }
    var name: String { get }
}
