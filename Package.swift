// swift-tools-version: 6.1
import PackageDescription

// Targets are grouped by level; a target imports only what is listed for it, and never a higher level.
// Sources/README.md is the map.

/// Set by `make check`, `make quick` and `make test`. Whoever only builds is not stopped by what a newer compiler warns of.
let strict: [SwiftSetting] = Context.environment["CONFAB_STRICT"] == "1" ? [.unsafeFlags(["-warnings-as-errors"])] : []

let swiftSettings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
    ] + strict

/// One module below `Sources/<level>/<name>`.
func module(
    _ level: String, _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(level)/\(name)", exclude: exclude,
        swiftSettings: swiftSettings)
}

/// One C library of the system: a module map and a shim below `Sources/System/<name>`.
func library(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", resources: resources,
        swiftSettings: swiftSettings)
}

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOWebSocket", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
]
let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let protobuf: Target.Dependency = .product(name: "SwiftProtobuf", package: "swift-protobuf")

let vocabulary = [
    module("Vocabulary", "Primitives"),
    module("Vocabulary", "Media", ["Primitives"]),
]

let formats = [
    module("Formats", "RTP", ["Primitives"]),
    module("Formats", "SDP", ["Primitives"]),
    module("Formats", "STUN", ["Primitives"]),
    module("Formats", "Signalling", ["Primitives"]),
    module("Formats", "LiveKitProtocol", ["Primitives", protobuf], exclude: ["proto", "generate"]),
    module("Formats", "Settings"),
    module("Formats", "WebM", ["Primitives", "Media"]),
]

let cores = [
    module("Cores", "Streams", ["Primitives", "Media", "RTP", "CongestionControl"]),
    module("Cores", "CongestionControl", ["Primitives", "RTP"]),
    module("Cores", "Simulation", ["Primitives"]),
    module("Cores", "PeerSession", ["Primitives", "Media", "RTP", "SDP", "Signalling", "Streams"]),
    module("Cores", "Call", ["Primitives", "Media", "Signalling", "SDP"]),
    module("Cores", "SFU", ["Primitives", "RTP", "Streams", "CongestionControl"]),
    module("Cores", "LiveKitClient", ["Primitives", "Media", "Signalling", "LiveKitProtocol"]),
    module("Cores", "RoomService", ["Primitives", "Signalling"]),
    module("Cores", "LiveKitRoom", ["Primitives", "RTP", "SDP", "Signalling", "LiveKitProtocol"]),
    module("Cores", "MediaProcessing", ["Primitives", "Media"]),
    module("Cores", "Recording", ["Primitives", "Media", "RTP", "Streams", "WebM"]),
    module("Cores", "TerminalGraphics", ["Primitives", "Media"]),
    module("Cores", "UI", ["Primitives", "Media", "TerminalGraphics"]),
]

let system = [
    library("CVpx", pkgConfig: "vpx", apt: "libvpx-dev"),
    library("COpus", pkgConfig: "opus", apt: "libopus-dev"),
    library("CYuv", apt: "libyuv-dev"),
    library("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
    library("COpenSSL", pkgConfig: "openssl", apt: "libssl-dev"),
    library("CSRTP", pkgConfig: "libsrtp2", apt: "libsrtp2-dev"),
    library("CUsrsctp", apt: "libusrsctp-dev"),
    library("CGLib", pkgConfig: "glib-2.0", apt: "libglib2.0-dev"),
    library("CALSA", pkgConfig: "alsa", apt: "libasound2-dev"),
    library("CV4L2", pkgConfig: "libv4l2", apt: "libv4l-dev"),
    library("CNcurses", apt: "libncurses-dev"),
    library("CLinux", apt: "libc6-dev"),
    library("CWebRTCAudio", pkgConfig: "webrtc-audio-processing", apt: "libwebrtc-audio-processing-dev"),
    .target(
        name: "CVoiceProcessing", dependencies: ["CWebRTCAudio"], path: "Sources/System/CVoiceProcessing",
        publicHeadersPath: "include",
        cxxSettings: [.define("WEBRTC_POSIX"), .define("WEBRTC_AUDIO_PROCESSING_ONLY_BUILD")],
        linkerSettings: [.linkedLibrary("webrtc_audio_processing")]),
    .target(
        name: "CWebM", path: "Sources/System/CWebM", publicHeadersPath: "include",
        linkerSettings: [.linkedLibrary("webm")]),
    .target(
        name: "CNice", dependencies: ["CGLib"], path: "Sources/System/CNice", publicHeadersPath: "include",
        linkerSettings: [.linkedLibrary("gobject-2.0")]),
    .target(name: "CSockets", path: "Sources/System/CSockets", publicHeadersPath: "include"),
    .target(name: "CTerminal", path: "Sources/System/CTerminal", publicHeadersPath: "include"),
    .target(
        name: "CPixels", path: "Sources/System/CPixels", publicHeadersPath: "include",
        cSettings: [.unsafeFlags(["-O2"])]),
    .target(
        name: "CWebClient", path: "Sources/System/CWebClient", exclude: ["web"], publicHeadersPath: "include",
        cSettings: [.unsafeFlags(["-std=c23"])]),
]

let engines = [
    module("Engines", "VoiceProcessing", ["Primitives", "Media", "CVoiceProcessing"]),
    module("Engines", "Codecs", ["Primitives", "Media", "RTP", "CVpx", "COpus", "CYuv"]),
    module("Engines", "CellFitting", ["Primitives", "Media", "CPixels"]),
    module("Engines", "PixelGraphics", ["Media", "CPixels", "CYuv", "CZlib"]),
    module("Engines", "SecureTransport", ["Primitives", "RTP", "Signalling", "COpenSSL", "CSRTP", "CUsrsctp"]),
]

let shells = [
    module("Shells", "Runtime", ["Primitives", "CLinux", "CSockets", "CGLib", log]),
    module("Shells", "MediaSockets", ["Primitives", "STUN", "Runtime", "CSockets"]),
    module("Shells", "ICE", ["Primitives", "Runtime", "CNice"]),
    module(
        "Shells", "Devices", ["Primitives", "Media", "MediaProcessing", "Runtime", "CLinux", "CALSA", "CV4L2", "CWebM"]),
    module(
        "Shells", "TerminalIO",
        [
            "Primitives", "Media", "TerminalGraphics", "CellFitting", "PixelGraphics", "Runtime", "CLinux", "CNcurses",
            "CTerminal",
        ]),
    module("Shells", "Scripting", ["Primitives", "Runtime", "CLinux", "CSockets"]),
    module("Shells", "SignalTransport", ["Primitives", "Signalling", "Runtime", "COpenSSL", log] + nio),
]

/// Nothing looks up symbols in the program, and relocations can be packed: 6 MB less are read at every start. Of Foundation
/// only the essentials are used, but the static archives of the toolchain pull in the rest, with 45 MB of Unicode tables.
let linking =
    ["-use-ld=lld"]
    + [
        "--no-export-dynamic", "-z", "pack-relative-relocs", "--remap-inputs=*/libFoundation.a=/dev/null",
        "--remap-inputs=*/libCoreFoundation.a=/dev/null",
        "--remap-inputs=*/libFoundationInternationalization.a=/dev/null",
        "--remap-inputs=*/lib_FoundationICU.a=/dev/null",
    ].flatMap { ["-Xlinker", $0] }

let assembly = [
    module(
        "Assembly", "Peering",
        [
            "Primitives", "Media", "RTP", "SDP", "Signalling", "Streams", "PeerSession", "SecureTransport", "Runtime",
            "ICE", log,
        ]),
    module(
        "Assembly", "Engine",
        [
            "Primitives", "Media", "RTP", "SDP", "Signalling", "LiveKitProtocol", "Streams", "PeerSession", "Call",
            "LiveKitClient", "MediaProcessing", "Recording", "WebM", "Codecs", "VoiceProcessing", "SecureTransport",
            "Runtime", "ICE", "Devices", "SignalTransport", "Peering", log,
        ]),
    module(
        "Assembly", "MediaServer",
        [
            "Primitives", "RTP", "SDP", "STUN", "Signalling", "Streams", "CongestionControl", "PeerSession", "SFU",
            "SecureTransport", "Runtime", "MediaSockets", log,
        ]),
    module(
        "Assembly", "LoadGenerator",
        [
            "Primitives", "RTP", "SDP", "STUN", "Signalling", "PeerSession", "SecureTransport", "Runtime",
            "MediaSockets",
            "SignalTransport", log,
        ]),
    module(
        "Assembly", "Server",
        [
            "Primitives", "SDP", "Signalling", "LiveKitProtocol", "PeerSession", "RoomService", "LiveKitRoom", "SFU",
            "SecureTransport", "Runtime", "SignalTransport", "MediaServer", "CWebClient", log,
        ]),
    .executableTarget(
        name: "confab",
        dependencies: [
            "Primitives", "Media", "Signalling", "Call", "MediaProcessing", "TerminalGraphics", "UI", "SecureTransport",
            "SignalTransport",
            "Runtime", "Settings",
            "Codecs", "Devices", "TerminalIO", "Scripting", "Engine", "LoadGenerator", "Server", log,
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ],
        path: "Sources/confab", swiftSettings: swiftSettings,
        linkerSettings: [.unsafeFlags(linking, .when(configuration: .release))]),
]

let testTargets = [
    tests("ArchitectureTests", []),
    tests("PrimitivesTests", ["Primitives"]),
    tests("RTPTests", ["Primitives", "RTP"]),
    tests("SDPTests", ["Primitives", "SDP"]),
    tests("STUNTests", ["Primitives", "STUN"]),
    tests("SignallingTests", ["Primitives", "Signalling"]),
    tests("LiveKitProtocolTests", ["Primitives", "LiveKitProtocol"]),
    tests("LiveKitRoomTests", ["Primitives", "RTP", "SDP", "Signalling", "LiveKitProtocol", "LiveKitRoom"]),
    tests("SettingsTests", ["Settings"]),
    tests("WebMTests", ["Primitives", "Media", "WebM"]),
    tests("RecordingTests", ["Primitives", "Media", "RTP", "Streams", "WebM", "Recording"]),
    tests("CongestionControlTests", ["Primitives", "RTP", "CongestionControl"]),
    tests("StreamsTests", ["Primitives", "Media", "RTP", "Streams", "CongestionControl", "Simulation", "LinkModel"]),
    .target(
        name: "LinkModel", dependencies: ["Primitives", "Media", "RTP", "CongestionControl", "Streams", "Simulation"],
        path: "Tests/Benchmarks/LinkModel", swiftSettings: swiftSettings),
    tests(
        "PeerSessionTests", ["Primitives", "Media", "RTP", "SDP", "Signalling", "Streams", "PeerSession", "Simulation"]),
    tests("CallTests", ["Primitives", "Media", "Signalling", "Call"]),
    tests("SFUTests", ["Primitives", "RTP", "Streams", "SFU", "Simulation"]),
    tests(
        "MediaServerTests",
        [
            "Primitives", "RTP", "SDP", "STUN", "Signalling", "Streams", "PeerSession", "SFU", "SecureTransport",
            "Runtime", "MediaSockets", "MediaServer", "LoadGenerator",
        ]),
    tests("LiveKitClientTests", ["Primitives", "Media", "Signalling", "LiveKitProtocol", "LiveKitClient"]),
    tests("RoomServiceTests", ["Primitives", "Signalling", "RoomService"]),
    tests("MediaProcessingTests", ["Primitives", "Media", "MediaProcessing"]),
    tests(
        "TerminalTests",
        [
            "Primitives", "Media", "MediaProcessing", "TerminalGraphics", "CellFitting", "PixelGraphics", "UI",
            "TerminalIO", "Runtime", "CZlib",
        ]),
    tests("CodecsTests", ["Primitives", "Media", "Codecs", "MediaProcessing"]),
    tests("VoiceProcessingTests", ["Primitives", "Media", "MediaProcessing", "VoiceProcessing", "RoomModel"]),
    .target(
        name: "RoomModel", dependencies: ["Primitives", "Media", "MediaProcessing", "VoiceProcessing"],
        path: "Tests/Benchmarks/RoomModel", swiftSettings: swiftSettings),
    tests("SecureTransportTests", ["Primitives", "RTP", "Signalling", "SecureTransport"]),
    tests("DevicesTests", ["Primitives", "Media", "MediaProcessing", "Runtime", "Devices"]),
    tests(
        "ServerTests",
        [
            "Primitives", "Signalling", "LiveKitProtocol", "RoomService", "Runtime", "SignalTransport",
            "SecureTransport", "Server",
        ]),
    tests(
        "PeeringTests",
        [
            "Primitives", "Media", "RTP", "SDP", "Signalling", "Streams", "PeerSession", "SecureTransport", "Runtime",
            "ICE", "Peering", "Simulation",
        ]),
]

/// Programs for working on confab, which join the package only with `CONFAB_TOOLS=1`.
let tools: [Target] = [
    .executableTarget(
        name: "ui-demo",
        dependencies: ["Primitives", "Media", "MediaProcessing", "TerminalGraphics", "UI", "TerminalIO", "Runtime"],
        path: "Tests/Terminal/Demo", swiftSettings: swiftSettings),
    .executableTarget(
        name: "device-probe", dependencies: ["Primitives", "Media", "MediaProcessing", "Runtime", "Devices"],
        path: "Tests/Devices/Probe", swiftSettings: swiftSettings),
    .executableTarget(
        name: "network-table", dependencies: ["Primitives", "LinkModel"], path: "Tests/Benchmarks/NetworkTable",
        swiftSettings: swiftSettings),
    .executableTarget(
        name: "speech-path", dependencies: ["Primitives", "Media", "RTP", "Streams", "Codecs", "Simulation"],
        path: "Tests/Benchmarks/speech/Path", swiftSettings: swiftSettings + [.unsafeFlags(["-parse-as-library"])]),
    .executableTarget(
        name: "voice-path", dependencies: ["Primitives", "RoomModel", "VoiceProcessing"],
        path: "Tests/Benchmarks/voice/Path", swiftSettings: swiftSettings + [.unsafeFlags(["-parse-as-library"])]),
]

/// Parsers under libFuzzer (`make fuzz`), which join the package only with `CONFAB_FUZZ=1`.
let fuzzing: [Target] = [
    .executableTarget(
        name: "fuzz",
        dependencies: [
            "Primitives", "Media", "RTP", "SDP", "STUN", "SFU", "Signalling", "Settings", "LiveKitProtocol", "Streams",
            "PeerSession",
            "RoomService", "LiveKitRoom", "TerminalGraphics", "TerminalIO", "Call",
        ],
        path: "Tests/Fuzz/Sources", swiftSettings: swiftSettings + [.unsafeFlags(["-parse-as-library"])])
]

var targets = vocabulary + formats + cores + system + engines + shells + assembly + testTargets
if Context.environment["CONFAB_TOOLS"] != nil { targets += tools }
if Context.environment["CONFAB_FUZZ"] != nil { targets += fuzzing }

/// `CONFAB_ONLY=RTPTests,SDPTests` keeps those targets and what they need, so that a part builds and tests alone.
if let only = Context.environment["CONFAB_ONLY"] {
    func dependencies(of target: Target) -> [String] {
        target.dependencies.compactMap {
            if case .byNameItem(let name, _) = $0 { name } else { nil }
        }
    }
    var kept = Set<String>()
    var pending = only.split(separator: ",").map(String.init)
    while let name = pending.popLast() {
        guard kept.insert(name).inserted, let target = targets.first(where: { $0.name == name }) else { continue }
        pending += dependencies(of: target)
    }
    targets = targets.filter { kept.contains($0.name) }
}

let package = Package(
    name: "confab",
    products: targets.contains { $0.name == "confab" } ? [.executable(name: "confab", targets: ["confab"])] : [],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0"),
    ],
    targets: targets,
    cxxLanguageStandard: .cxx17
)
