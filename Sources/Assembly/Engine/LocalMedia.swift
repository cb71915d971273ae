import Codecs
import Devices
import Media
import Primitives
import Runtime

/// The own microphone, camera and speaker, opened as the configuration says.
///
/// Opened before joining, so that a device that is not there is told before anybody else is disturbed.
package final class LocalMedia: Sendable {
    package let microphone: Microphone
    package let camera: CameraSender
    package let lipSync = LipSyncBoard()
    package let playout: Playout
    package let decoder: PictureDecoder
    /// The recordings asked for, opened and not yet begun.
    let recorders: [Recorder]
    /// What `auto` found, or why it found nothing; one line each.
    package let notes: [String]
    package let hasCamera: Bool
    package let hasMicrophone: Bool

    private let devices: Protected<Handover<OpenedDevices>?>
    private let configuration: CallConfiguration
    private let onSound = Protected<(@Sendable (Microphone.Event) -> Void)?>(nil)

    /// Mixes a sound file into what is sent; the seconds it lasts are not known beforehand. Without a microphone the
    /// file is all that is sent.
    package func play(_ path: String, done: @escaping @Sendable () -> Void) throws(DeviceError) {
        guard AudioDevices.isFile(path) else { throw .cannotOpen("\(path) is no sound file") }
        var wanted = configuration
        wanted.microphone = path
        var notes: [String] = []
        guard let source = try Self.openMicrophone(wanted, &notes)?.source else {
            throw .cannotOpen("\(path): no sound in it")
        }
        if !microphone.isRunning, let handler = onSound.value {
            microphone.start(SilentSource(), reopen: nil, handler: handler)
        }
        microphone.playedFiles.play(source, done: done)
    }

    /// Files that waited for company begin to play.
    package func releaseFiles() {
        microphone.release()
        camera.release()
    }

    private struct OpenedDevices {
        var microphone: (source: any AudioSource, isSubstitute: Bool)?
        var speaker: (sink: any AudioSink, isSubstitute: Bool)
        var pictures: (any VideoSource)?
    }

    package init(_ configuration: CallConfiguration) throws(DeviceError) {
        self.configuration = configuration
        var notes: [String] = []
        let opened = try Self.openMicrophone(configuration, &notes)
        let speaker = try Self.openSpeaker(configuration, &notes)
        let pictures = configuration.audioOnly ? nil : try Self.openCamera(configuration, &notes)
        hasMicrophone = opened != nil
        hasCamera = pictures != nil
        let reference = EchoReference()
        microphone = Microphone(
            muted: configuration.muted, opensByVoice: configuration.opensByVoice,
            held: configuration.waitFor != nil && AudioDevices.isFile(configuration.microphone),
            voice: configuration.voice, reference: reference)
        camera = CameraSender(
            enabled: pictures != nil,
            held: configuration.waitFor != nil && VideoDevices.isFile(configuration.camera))
        devices = Protected(Handover(OpenedDevices(microphone: opened, speaker: speaker, pictures: pictures)))
        self.notes = notes
        recorders = try Self.openRecorders(configuration)
        playout = Playout(lipSync: lipSync, reference: reference)
        decoder = PictureDecoder(lipSync: lipSync)
    }

    /// Starts all threads. Handlers are called on them. Only the first call does anything.
    package func start(
        microphone onMicrophone: @escaping @Sendable (Microphone.Event) -> Void,
        camera onCamera: @escaping @Sendable (CameraSender.Event) -> Void,
        playout onPlayout: @escaping @Sendable (Playout.Event) -> Void,
        decoder onDecoder: @escaping @Sendable (PictureDecoder.Event) -> Void
    ) {
        guard let opened = devices.value?.value else { return }
        devices.value = nil
        onSound.value = onMicrophone
        let configuration = configuration
        if let found = opened.microphone {
            microphone.start(
                found.source, isSubstitute: found.isSubstitute,
                reopen: { () throws(DeviceError) in
                    var notes: [String] = []
                    guard let found = try Self.openMicrophone(configuration, &notes) else {
                        throw .gone("no microphone")
                    }
                    return found
                }, handler: onMicrophone)
        }
        if let pictures = opened.pictures {
            camera.start(
                pictures,
                reopen: { () throws(DeviceError) in try Self.find(configuration, Self.openCamera) },
                handler: onCamera)
        }
        playout.start(
            opened.speaker.sink, isSubstitute: opened.speaker.isSubstitute,
            reopen: { () throws(DeviceError) in
                var notes: [String] = []
                let found = try Self.openSpeaker(configuration, &notes)
                // Nothing to hear by is what there is already.
                guard !found.isSubstitute || found.sink.keepsTime else { throw .gone("no speaker") }
                return found
            }, handler: onPlayout)
        decoder.start(handler: onDecoder)
    }

    /// Stops all threads and finishes files; returns when that is done. Blocks for up to a period of each device.
    package func stop() {
        microphone.stop()
        camera.stop()
        playout.stop()
        decoder.stop()
    }

    /// A device that was lost is waited for, while at the beginning `auto` makes do with nothing or a synthetic twin.
    private static func find<Device>(
        _ configuration: CallConfiguration,
        _ open: (CallConfiguration, inout [String]) throws(DeviceError) -> Device?
    ) throws(DeviceError) -> Device {
        var notes: [String] = []
        guard let found = try open(configuration, &notes), notes.isEmpty else {
            throw .gone(notes.first ?? "there is no such device")
        }
        return found
    }

    private static func openMicrophone(
        _ configuration: CallConfiguration, _ notes: inout [String]
    ) throws(DeviceError) -> (source: any AudioSource, isSubstitute: Bool)? {
        let opened = try AudioDevices.open(
            source: configuration.microphone, pcm: pcm(configuration),
            fallback: configuration.usesSyntheticDevices ? .synthetic : .nothing)
        if let note = opened.note { notes.append(note) }
        switch opened.input {
        case .none: return nil
        case .samples(let source): return (source, opened.isSubstitute)
        case .encoded(let file):
            guard let decoder = try? OpusDecoder() else { throw .unusable("\(file.name): no Opus decoder") }
            return (DecodedAudio(file) { (try? decoder.decode($0.bytes)) ?? [] }, false)
        }
    }

    private static func openSpeaker(
        _ configuration: CallConfiguration, _ notes: inout [String]
    ) throws(DeviceError) -> (sink: any AudioSink, isSubstitute: Bool) {
        let opened = try AudioDevices.open(sink: configuration.speaker, pcm: pcm(configuration))
        if let note = opened.note { notes.append(note) }
        return (opened.sink, opened.isSubstitute)
    }

    private static func openCamera(
        _ configuration: CallConfiguration, _ notes: inout [String]
    ) throws(DeviceError) -> (any VideoSource)? {
        let opened = try VideoDevices.open(
            configuration.camera, size: configuration.size, framesPerSecond: configuration.framesPerSecond,
            fallback: configuration.usesSyntheticDevices ? .synthetic : .nothing)
        if let note = opened.note { notes.append(note) }
        switch opened.input {
        case .none: return nil
        case .pictures(let source): return source
        case .encoded(let file):
            let decoder = VP8Decoder(maximumSize: PixelSize(1920, 1920))
            return DecodedVideo(file) { frame in
                (try? decoder.decode(frame.bytes, captureTime: frame.time)) ?? nil
            }
        }
    }

    private static func openRecorders(_ configuration: CallConfiguration) throws(DeviceError) -> [Recorder] {
        var recorders: [Recorder] = []
        if let path = configuration.record { recorders.append(try Recorder(.file(path))) }
        if let path = configuration.recordEach { recorders.append(try Recorder(.folder(path))) }
        return recorders
    }

    private static func pcm(_ configuration: CallConfiguration) throws(DeviceError) -> PCMFormat {
        guard let format = PCMFormat(rate: configuration.pcmRate, channels: configuration.pcmChannels) else {
            throw .unusable("no PCM has \(configuration.pcmChannels) channels at \(configuration.pcmRate) Hz")
        }
        return format
    }
}
