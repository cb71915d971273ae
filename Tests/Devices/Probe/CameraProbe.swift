import Devices
import Glibc
import Media
import Primitives
import Runtime

enum CameraProbe {
    static func run(_ path: String, _ size: String, _ rate: Int, seconds: Int64) {
        let began = Clock.now()
        guard let camera = open(path, size: PixelSize(parsing: size) ?? PixelSize(640, 360), rate: rate) else { return }
        let opened = Clock.now()
        var frames = 0
        var latency = Duration.zero
        var sizes: Set<PixelSize> = []
        var first: Instant?
        var problem = ""
        do throws(DeviceError) {
            while Clock.now() - (first ?? opened) < .seconds(seconds) {
                guard let frame = try camera.nextFrame(now: Clock.now()) else { continue }
                frames += 1
                first = first ?? Clock.now()
                latency += Clock.now() - frame.captureTime
                sizes.insert(frame.size)
            }
        } catch {
            problem = error.message
        }
        let elapsed = (Clock.now() - (first ?? opened)).seconds
        Report.line([
            "camera": .text(path), "wish": .text("\(size) at \(rate)"), "sizes": .list(sizes.map(\.description)),
            "promised": .number(camera.framesPerSecond), "frames": .number(Double(frames)),
            "fps": .number(Double(max(0, frames - 1)) / elapsed), "openMs": .number((opened - began).seconds * 1_000),
            "firstFrameMs": .number(first.map { ($0 - opened).seconds * 1_000 } ?? -1),
            "latencyMs": .number(latency.seconds * 1_000 / Double(max(1, frames))),
            "damaged": .number(Double((camera as? any CountsLosses)?.lossCount ?? 0)), "error": .text(problem),
        ])
    }

    /// Streams for a second, lets `command` take the camera away, waits for the error, then tries until it is back.
    static func unplug(_ path: String, by command: String, again: String) {
        streamUntilGone(path, unplugging: command)
        // Now it must be refused with a reason.
        _ = open(path, size: PixelSize(320, 180), rate: 30)
        run(again)
        comeBack(path)
    }

    private static func streamUntilGone(_ path: String, unplugging command: String) {
        guard let camera = open(path, size: PixelSize(320, 180), rate: 30) else { return }
        var frames = 0
        let began = Clock.now()
        var unplugged: Instant?
        do throws(DeviceError) {
            while true {
                if try camera.nextFrame(now: Clock.now()) != nil { frames += 1 }
                if unplugged == nil, Clock.now() - began > .seconds(1) {
                    run(command)
                    unplugged = Clock.now()
                }
            }
        } catch {
            Report.line([
                "camera": .text(path), "framesBefore": .number(Double(frames)), "error": .text("\(error)"),
                "noticedAfterMs": .number((Clock.now() - (unplugged ?? began)).seconds * 1_000),
            ])
        }
    }

    private static func comeBack(_ path: String) {
        var attempts = 0
        while attempts < 50 {
            attempts += 1
            if let camera = try? VideoDevices.open(path, size: PixelSize(320, 180), framesPerSecond: 30),
                case .pictures(let source) = camera.input, let frame = try? source.nextFrame(now: Clock.now())
            {
                return Report.line([
                    "camera": .text(path), "cameBackAfterAttempts": .number(Double(attempts)),
                    "size": .text("\(frame.size)"),
                ])
            }
            Clock.sleep(until: Clock.now() + .milliseconds(200))
        }
        Report.line(["camera": .text(path), "error": .text("did not come back")])
    }

    private static func open(_ path: String, size: PixelSize, rate: Int) -> (any VideoSource)? {
        do throws(DeviceError) {
            if case .pictures(let source) = try VideoDevices.open(path, size: size, framesPerSecond: rate).input {
                return source
            }
        } catch {
            Report.line(["camera": .text(path), "error": .text("\(error)")])
        }
        return nil
    }

    private static func run(_ command: String) {
        var pid = pid_t()
        let words = ["sh", "-c", command]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        guard posix_spawn(&pid, "/bin/sh", nil, nil, &arguments, environ) == 0 else { return }
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }
}
