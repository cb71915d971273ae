import Glibc
import Media
import Primitives
import Runtime

@testable import Devices

/// Sound devices for tests: PCMs of ALSA's own plugins, which keep no time, and two of a private PulseAudio, which do.
///
/// ALSA reads its configuration once, so one file serves every test of the process.
enum TestSound {
    /// Whether the configuration could be set up; the reason where not.
    static let isReady: Bool = {
        let folder = Scratch()
        let config = """
            </usr/share/alsa/alsa.conf>
            pcm.silent { type null }
            pcm.played { type file slave.pcm "silent" file "\(folder.file("played.raw"))" format raw }
            pcm.recorded { type file slave.pcm "silent" file "/dev/null" infile "\(folder.file("tone.raw"))" format raw }
            pcm.client_a { type asym
                playback.pcm { type pulse server "unix:\(folder.file("native"))" device a }
                capture.pcm { type pulse server "unix:\(folder.file("native"))" device b.monitor } }
            pcm.client_b { type asym
                playback.pcm { type pulse server "unix:\(folder.file("native"))" device b }
                capture.pcm { type pulse server "unix:\(folder.file("native"))" device a.monitor } }
            pcm.!default { type pulse server "unix:\(folder.file("nobody"))" }
            """
        setenv("ALSA_CONFIG_PATH", folder.file("asound.conf", Array(config.utf8)), 1)
        keptFolder = Unmanaged.passRetained(folder)
        return FileKind.of("/usr/share/alsa/alsa.conf") == .regular
    }()

    static var folder: Scratch {
        _ = isReady
        return keptFolder!.takeUnretainedValue()
    }

    nonisolated(unsafe) private static var keptFolder: Unmanaged<Scratch>?

    static let canRunPulse = isReady && Programs.has("pulseaudio")

    /// A sound server with two null sinks, `a` and `b`. Lives as long as the value.
    static func startPulse() throws -> ChildProcess {
        let folder = TestSound.folder
        let script = folder.file(
            "test.pa",
            Array(
                """
                load-module module-native-protocol-unix auth-anonymous=1 socket=\(folder.file("native"))
                load-module module-null-sink sink_name=a rate=48000 channels=2
                load-module module-null-sink sink_name=b rate=48000 channels=2

                """.utf8))
        let server = try ChildProcess(
            ["pulseaudio", "-n", "-F", script, "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no"],
            environment: ["HOME": folder.path, "XDG_RUNTIME_DIR": folder.path, "PULSE_RUNTIME_PATH": folder.path])
        let deadline = Clock.now() + .seconds(20)
        while FileKind.of(folder.file("native")) == .missing, Clock.now() < deadline {
            Clock.sleep(until: Clock.now() + .milliseconds(20))
        }
        return server
    }
}
