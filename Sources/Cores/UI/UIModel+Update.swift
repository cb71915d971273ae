import Media
import Primitives
import TerminalGraphics

extension UIModel {
    private static let noticeTime = Duration.seconds(6)
    /// Louder than this one speaks, and goes on speaking in the pauses between words.
    private static let speakingLevel = 0.4
    private static let speakingTime = Duration.milliseconds(500)

    /// Takes in what happened and tells what shall be done about it.
    package mutating func update(_ message: UIMessage) -> [UIEffect] {
        switch message {
        case .tick(let now): tick(now)
        case .picture(let id, let frame): takePicture(of: id, frame)
        case .ownPicture(let frame): takeOwnPicture(frame)
        case .level(let id, let level): change(id) { $0.level = level.isFinite ? level.clamped(to: 0...1) : 0 }
        case .ownLevel(let level): changeOwnLevel(level)
        case .quality(let id, let quality): takeQuality(of: id, quality)
        case .connected(let id, let isConnected): change(id) { $0.isConnected = isConnected }
        case .muted(let id, let isMuted): change(id) { $0.isMuted = isMuted }
        case .trouble(let about, let text, let pause): changeTrouble(about, text, pause)
        case .notice(let text): notify(text)
        case .chat(let line): receive(line)
        case .modeChanged(let mode): changeMode(mode)
        case .recording(let file): changeRecording(file)
        case .ownState(let isMuted, let hasCamera): changeOwnState(isMuted: isMuted, hasCamera: hasCamera)
        default: return updateShape(message) + viewportChanges()
        }
        // The shape of the first picture decides the shape of the tiles.
        if case .picture = message { return viewportChanges() }
        return []
    }

    /// What may change the layout.
    private mutating func updateShape(_ message: UIMessage) -> [UIEffect] {
        switch message {
        case .input(let event): return handle(event)
        case .resized(let size): self.size = size
        case .profile(let profile): self.profile = profile
        case .joined(let room, let mode, let invitations): join(room, mode, invitations)
        case .participantJoined(let id, let name): add(id, name)
        case .participantLeft(let id, let reason): return remove(id, reason)
        case .camera(let id, let isOn): changeCamera(id, isOn)
        case .speaking(let id, let isSpeaking): changeSpeaking(id, isSpeaking)
        case .command(let command): obey(command)
        default: break
        }
        return []
    }

    private mutating func obey(_ command: UICommand) {
        switch command {
        case .focus(let id): focus = id
        case .arrange(let arrangement): self.arrangement = arrangement
        case .volume(let gain): volume = gain
        }
    }

    mutating func notify(_ text: String) {
        if notices.count >= 3 { notices.removeFirst() }
        notices.append(Notice(text: text, until: now + Self.noticeTime))
    }

    private mutating func tick(_ now: Instant) {
        if !room.isEmpty, joinedAt == nil { joinedAt = now }
        self.now = now
        notices.removeAll { $0.until <= now }
    }

    private mutating func change(_ id: String, _ body: (inout UIParticipant) -> Void) {
        guard let index = others.firstIndex(where: { $0.id == id }) else { return }
        body(&others[index])
    }

    // MARK: Media

    private mutating func takePicture(of id: String, _ frame: VideoFrame) {
        change(id) { $0.picture = frame }
        if others.first(where: { $0.picture != nil })?.id == id { adoptShape(of: frame.size) }
    }

    private mutating func takeOwnPicture(_ frame: VideoFrame) {
        own.picture = frame
        if !others.contains(where: { $0.picture != nil }) { adoptShape(of: frame.size) }
    }

    private static let shapes = [1, 4.0 / 3, 3.0 / 2, 16.0 / 9, 21.0 / 9]
    private static let smallestShape = PixelSize(64, 36)

    /// Gives the tiles the shape of a picture, as one of the usual ones: senders cut their pictures to what is asked of
    /// them in even numbers, and if the tiles followed each of those, picture and tile would chase each other for ever.
    private mutating func adoptShape(of size: PixelSize) {
        guard size.width >= Self.smallestShape.width, size.height >= Self.smallestShape.height else { return }
        let aspect = Double(size.width) / Double(size.height)
        pictureAspect = Self.shapes.min { abs($0 - aspect) < abs($1 - aspect) } ?? pictureAspect
    }

    private mutating func takeQuality(of id: String, _ quality: UIQuality) {
        let now = now
        change(id) { participant in
            let time = (now - participant.measuredAt).seconds
            let frames = quality.framesDecoded - (participant.quality?.framesDecoded ?? quality.framesDecoded)
            // Two reports at once say nothing about the rate.
            let rate = time > 0.2 ? Double(max(0, frames)) / time : participant.quality?.framesPerSecond ?? 0
            participant.quality = quality
            participant.quality?.framesPerSecond = rate
            participant.measuredAt = now
        }
    }

    /// Nobody tells us that we speak; the meter does.
    private mutating func changeOwnLevel(_ level: Double) {
        own.level = level.isFinite ? level.clamped(to: 0...1) : 0
        if own.level > Self.speakingLevel { ownSpeechUntil = now + Self.speakingTime }
        own.isSpeaking = !own.isMuted && now < ownSpeechUntil
    }

    // MARK: The call

    private mutating func join(_ room: String, _ mode: String, _ invitations: [String]) {
        self.room = room
        self.mode = mode
        self.invitations = invitations
    }

    private mutating func add(_ id: String, _ name: String) {
        if others.contains(where: { $0.id == id }) {
            change(id) { $0.name = name }
        } else {
            others.append(UIParticipant(id: id, name: name))
            notify("\(name) joined")
        }
    }

    private mutating func remove(_ id: String, _ reason: String) -> [UIEffect] {
        guard let index = others.firstIndex(where: { $0.id == id }) else { return [] }
        let name = others.remove(at: index).name
        troubles.removeAll { $0.about.hasSuffix(id) }
        viewports[id] = nil
        if lastSpeaker == id { lastSpeaker = nil }
        let event =
            switch reason {
            case "removed": "was removed"
            case "timeout": "was lost"
            case "replaced": "joined from elsewhere"
            default: "left"
            }
        notify("\(name) \(event)")
        guard focus == id else { return [] }
        focus = nil
        return [.focus(nil)]
    }

    private mutating func changeCamera(_ id: String, _ isOn: Bool) {
        change(id) {
            $0.hasCamera = isOn
            if !isOn { $0.picture = nil }
        }
    }

    private mutating func changeSpeaking(_ id: String, _ isSpeaking: Bool) {
        change(id) { $0.isSpeaking = isSpeaking }
        if isSpeaking { lastSpeaker = id }
    }

    private mutating func changeMode(_ mode: String) {
        guard mode != self.mode else { return }
        self.mode = mode
        notify(mode == "server" ? "the call moved to the server" : "the call is now \(mode)")
    }

    private mutating func changeRecording(_ file: String?) {
        if let file, recording == nil { notify("recording to \(file)") }
        if let old = recording, file == nil { notify("recorded \(old)") }
        recording = file
    }

    private mutating func changeOwnState(isMuted: Bool, hasCamera: Bool) {
        own.isMuted = isMuted
        own.hasCamera = hasCamera
        if isMuted { own.isSpeaking = false }
        if !hasCamera { own.picture = nil }
    }

    private mutating func changeTrouble(_ about: String, _ text: String?, _ pause: Duration?) {
        let position = troubles.firstIndex { $0.about == about }
        guard let text else {
            if let position { troubles.remove(at: position) }
            return
        }
        let trouble = Trouble(about: about, text: text, retryAt: pause.map { now + $0 })
        if let position { troubles[position] = trouble } else { troubles.append(trouble) }
    }

    private mutating func receive(_ line: ChatLine) {
        chat.append(line, isVisible: panel == .chat)
        if panel != .chat, !line.isOwn { notify("\(line.name): \(line.text)") }
    }

    // MARK: Viewports

    /// Which pictures are shown in another size than was last told.
    private mutating func viewportChanges() -> [UIEffect] {
        let layout = ScreenLayout(self)
        var effects: [UIEffect] = []
        for participant in others {
            let tile = layout.tiles.first { $0.person == .other(participant.id) }
            let isShown = receivesVideo && participant.hasCamera
            let size = tile.map { isShown ? profile.pixelSize(of: $0.picture.size) : .none } ?? .none
            let shown = size.isNone ? PixelSize.none : size
            guard viewports[participant.id] != shown else { continue }
            viewports[participant.id] = shown
            effects.append(.viewport(id: participant.id, shown))
        }
        return effects
    }
}
