import Primitives
import TerminalGraphics

extension UIModel {
    mutating func handle(_ event: InputEvent) -> [UIEffect] {
        switch event {
        case .key(let key): return keysMeant(by: key).flatMap { handle($0) }
        case .mouse(let mouse): return handle(mouse)
        case .paste(let text):
            if isTyping { draft.insert(text) }
            return []
        // A key let go while another window had the keyboard is never reported.
        case .focus(let hasKeyboard): return hasKeyboard ? [] : endTalk()
        case .reply: return []
        }
    }

    /// Escape and a key struck soon after look like that key with Alt. Where Alt means nothing, the two were meant.
    private func keysMeant(by key: KeyEvent) -> [KeyEvent] {
        guard case .character = key.code, key.modifiers == .alt, key.kind == .press, keys.action(for: key) == nil,
            !(isTyping && TextField.understands(alt: key.code))
        else { return [key] }
        return [KeyEvent(.escape), KeyEvent(key.code)]
    }

    private mutating func handle(_ key: KeyEvent) -> [UIEffect] {
        if key.kind == .release { return keys.action(for: key) == .talk ? endTalk() : [] }
        if key.code == .character("c"), key.modifiers == .control { return leave() }
        switch dialog {
        case .leaving: return answerLeaving(key)
        case .help, .invitation: return handleInDialog(key)
        case nil: break
        }
        if key.code == .escape { return escape() }
        if isTyping { return type(key) }
        guard let action = keys.action(for: key) else { return [] }
        if key.kind == .repeat, action != .volumeUp, action != .volumeDown { return [] }
        return perform(action)
    }

    // MARK: Actions

    mutating func perform(_ action: UIAction) -> [UIEffect] {
        switch action {
        case .mute: return setMuted(!own.isMuted)
        case .camera: return setCamera(!own.hasCamera)
        case .chat: show(.chat)
        case .people: show(.people)
        case .statistics: show(.statistics)
        case .record: return [.setRecording(recording == nil)]
        case .help: dialog = .help
        case .invite: return showInvitation()
        case .layout: return switchLayout()
        case .talk: return talk()
        case .volumeUp: return setVolume(volume + 0.1)
        case .volumeDown: return setVolume(volume - 0.1)
        case .next: return lookAtNext()
        case .leave: return leave()
        default:
            guard let index = action.focusIndex, index < others.count else { return [] }
            return look(at: others[index].id)
        }
        return []
    }

    private mutating func setMuted(_ isMuted: Bool) -> [UIEffect] {
        isTalkHeld = false
        own.isMuted = isMuted
        if isMuted { own.isSpeaking = false }
        return [.setMuted(isMuted)]
    }

    private mutating func setCamera(_ isOn: Bool) -> [UIEffect] {
        own.hasCamera = isOn
        if !isOn { own.picture = nil }
        return [.setCamera(isOn)]
    }

    /// Where releases are reported the microphone is open while the key is held, else the key toggles.
    private mutating func talk() -> [UIEffect] {
        guard profile.reportsKeyReleases else { return setMuted(!own.isMuted) }
        guard own.isMuted else {
            if !isTalkHeld { notify("you are not muted; \(keys.names(of: .mute).first ?? "m") mutes you") }
            return []
        }
        let effects = setMuted(false)
        isTalkHeld = true
        return effects
    }

    private mutating func endTalk() -> [UIEffect] { isTalkHeld ? setMuted(true) : [] }

    private mutating func setVolume(_ value: Double) -> [UIEffect] {
        volume = ((value * 10).rounded() / 10).clamped(to: 0...2)
        notify("volume \(Int((volume * 100).rounded())) %")
        return [.setVolume(volume)]
    }

    /// Shows a panel, or hides it where it is shown.
    private mutating func show(_ wanted: Panel) {
        panel = panel == wanted ? nil : wanted
        if panel == .chat { chat.markRead() }
    }

    private mutating func showInvitation() -> [UIEffect] {
        dialog = .invitation
        return invitation.isEmpty ? [] : [.copyToClipboard(invitation)]
    }

    private mutating func switchLayout() -> [UIEffect] {
        let all = Arrangement.allCases
        let index = all.firstIndex(of: arrangement) ?? 0
        arrangement = all[(index + 1) % all.count]
        guard arrangement == .grid, focus != nil else { return [] }
        focus = nil
        return [.focus(nil)]
    }

    private mutating func leave() -> [UIEffect] {
        guard isHost, dialog != .leaving else { return [.leave(endsRoom: isHost)] }
        dialog = .leaving
        return []
    }

    private mutating func lookAtNext() -> [UIEffect] {
        guard !others.isEmpty else { return [] }
        guard let index = others.firstIndex(where: { $0.id == focus }) else { return look(at: others[0].id) }
        return look(at: index + 1 < others.count ? others[index + 1].id : nil)
    }

    /// Looks at somebody, or, where that is so already, at nobody in particular.
    mutating func look(at id: String?) -> [UIEffect] {
        focus = focus == id ? nil : id
        return [.focus(focus)]
    }

    // MARK: Dialogs

    private mutating func escape() -> [UIEffect] {
        if panel != nil {
            panel = nil
            return []
        }
        guard focus != nil else { return [] }
        focus = nil
        return [.focus(nil)]
    }

    private mutating func answerLeaving(_ key: KeyEvent) -> [UIEffect] {
        switch key.code {
        case .character("y"), .character("Y"), .enter: return [.leave(endsRoom: true)]
        default: if key.code == .escape || key.code == .character("n") || key.code == .character("q") { dialog = nil }
        }
        return []
    }

    private mutating func handleInDialog(_ key: KeyEvent) -> [UIEffect] {
        let action = keys.action(for: key)
        switch action {
        case .mute, .camera, .talk: if key.code != .enter { return perform(action ?? .mute) }
        case .invite where dialog == .help: return showInvitation()
        case .help where dialog == .invitation:
            dialog = .help
            return []
        default: break
        }
        dialog = nil
        return []
    }

    // MARK: Chat

    private mutating func type(_ key: KeyEvent) -> [UIEffect] {
        switch key.code {
        case .enter: return sendDraft()
        case .pageUp: chat.scroll(by: 5)
        case .pageDown: chat.scroll(by: -5)
        case .up: chat.scroll(by: 1)
        case .down: chat.scroll(by: -1)
        default: _ = draft.handle(key)
        }
        limitChatScroll()
        return []
    }

    private mutating func sendDraft() -> [UIEffect] {
        let text = String(draft.text.drop { $0 == " " })
        draft.clear()
        return text.isEmpty ? [] : [.sendChat(text)]
    }

    mutating func limitChatScroll() {
        let area = ScreenLayout(self).panel
        chat.limitScroll(to: ChatPanel.lines(of: self, columns: area.columns).count - ChatPanel.visibleRows(in: area))
    }
}
