import Glibc

/// The fuzz program: libFuzzer tries one input after another. Which parser gets them is chosen by the environment, so
/// that one program is built for all (`Tests/Fuzz/run TARGET SECONDS`).
///
/// SwiftPM makes `main` of a release build another name of `fuzz_main`; that of a debug build is libFuzzer's own.
@_cdecl("fuzz_main")
public func fuzzMain(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    var count = count
    var arguments = arguments
    return runFuzzer(&count, &arguments) { tryInput($0, $1) }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func tryInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?

@_silgen_name("LLVMFuzzerRunDriver")
private func runFuzzer(
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<Arguments>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Each takes bytes as a peer could send them. It fails by trapping.
let targets: [String: @Sendable ([UInt8]) -> Void] = [
    "rtp": fuzzRTP,
    "rtcp": fuzzRTCP,
    "sdp": fuzzSDP,
    "signalling": fuzzSignalling,
    "link": fuzzLinksAndTokens,
    "channel": fuzzDataChannel,
    "channels": fuzzDataChannels,
    "terminal": fuzzTerminalInput,
    "pictures": fuzzPictures,
    "streams": fuzzStreams,
    "negotiation": fuzzNegotiation,
    "rooms": fuzzRooms,
    "livekit": fuzzLiveKit,
    "settings": fuzzSettings,
    "control": fuzzControl,
    "stun": fuzzSTUN,
    "whip": fuzzWHIP,
    "forwarding": fuzzForwarding,
]

private let target: @Sendable ([UInt8]) -> Void = {
    let name = getenv("FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = targets[name] else {
        fatalError("FUZZ_TARGET is one of \(targets.keys.sorted().joined(separator: ", "))")
    }
    return target
}()

/// Cuts an input into pieces: each is preceded by its length in one byte.
func pieces(of bytes: [UInt8]) -> [[UInt8]] {
    var pieces = [[UInt8]]()
    var rest = bytes[...]
    while let length = rest.popFirst() {
        pieces.append(Array(rest.prefix(Int(length))))
        rest = rest.dropFirst(Int(length))
    }
    return pieces
}
